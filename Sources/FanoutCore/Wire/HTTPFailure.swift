// Why a request is refused by grammar or by a limit, before anybody has looked at what it asks for.

/// The status and the reason with which a request is refused. The connection is closed after the answer.
struct HTTPFailure: Error, Sendable, Equatable {
  let status: Int
  /// For people: one sentence in ASCII without quotes, without anything that the client sent.
  let sentence: String

  static func badRequest(_ sentence: String) -> HTTPFailure { HTTPFailure(status: 400, sentence: sentence) }

  /// Nothing of a refusal may be kept, framed or loaded from.
  private static let fields = [
    (name: "Content-Type", value: "application/problem+json"),
    (name: "Cache-Control", value: "no-store"),
    (name: "Content-Security-Policy", value: "default-src 'none'; frame-ancestors 'none'"),
  ]

  /// The answer: a problem document (RFC 9457) whose title is the status' phrase.
  func response(fields: [(name: String, value: String)] = []) -> HTTPResponse {
    var body: [UInt8] = []
    body.append(utf8: #"{"type":"about:blank","title":""#)
    body.append(utf8: HTTPStatus.phrase(of: status))
    body.append(utf8: #"","status":"#)
    body.appendDecimal(UInt64(clamping: status))
    body.append(utf8: #","detail":""#)
    body.append(utf8: sentence)
    body.append(utf8: "\"}")
    return HTTPResponse(status: status, fields: Self.fields + fields, body: body)
  }
}
