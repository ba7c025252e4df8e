// Answers become bytes here. Framing fields are the encoder's alone (RFC 9112, section 6), so no answer can
// contradict its own length. Everything else of an answer is finished already and is copied as it is.

/// What a request says about the shape of its answer.
struct ResponseContext: Sendable, Equatable {
  /// The request was `HEAD`: the answer has the same fields and no body.
  var isHead = false
  /// Whether the connection stays open.
  var keepsAlive = true
  /// Of the request; an HTTP/1.0 client must be told that the connection stays open.
  var minorVersion = 1
  /// Finished lines that this answer gets whoever makes it.
  var fieldLines: [UInt8] = []
  /// Told in `X-Request-Id`; nil: in no field.
  var requestID: RequestID?
}

enum HTTPResponseEncoder {
  /// The interim answer to `Expect: 100-continue` (RFC 9110, section 10.1.1).
  static let continueBytes = [UInt8]("HTTP/1.1 100 Continue\r\n\r\n".utf8)

  /// Room for the status line and the fields that are added here.
  private static let ownBytes = 200

  /// Appends `response` as one whole HTTP/1.1 message. An answer that turns into an event stream has no
  /// length and ends with the connection.
  /// - Parameters:
  ///   - common: finished lines that every answer has.
  ///   - date: the current `HTTPDate.bytes`, cached by the caller.
  static func append(
    _ response: HTTPResponse, context: ResponseContext, common: [UInt8] = [], date: [UInt8],
    to output: inout [UInt8]
  ) {
    if output.isEmpty {
      output.reserveCapacity(
        response.fieldLines.count + response.body.count + common.count + context.fieldLines.count + ownBytes)
    }
    let words = Self.words
    output.append(contentsOf: words.startLine(response.status))
    output.append(contentsOf: date)
    output.append(contentsOf: words.lineEnd)
    output.append(contentsOf: response.fieldLines)
    output.append(contentsOf: response.commonLines ?? common)
    if response.commonLines == nil { output.append(contentsOf: context.fieldLines) }
    if let id = context.requestID {
      output.append(contentsOf: words.requestID)
      id.append(to: &output)
      output.append(contentsOf: words.lineEnd)
    }
    let isStream = response.stream != nil
    appendConnection(
      keepsAlive: context.keepsAlive && !isStream, response.offersUpgrade, context, to: &output)
    guard !isStream, !HTTPStatus.isBodiless(response.status) else {
      output.append(contentsOf: words.lineEnd)
      return
    }
    output.append(contentsOf: words.contentLength)
    output.appendDecimal(UInt64(response.body.count))
    output.append(contentsOf: words.headEnd)
    if !context.isHead { output.append(contentsOf: response.body) }
  }

  /// An `Upgrade` field must be named in `Connection` (RFC 9110, section 7.8).
  private static func appendConnection(
    keepsAlive: Bool, _ offersUpgrade: Bool, _ context: ResponseContext, to output: inout [UInt8]
  ) {
    let option = !keepsAlive ? "close" : context.minorVersion == 0 ? "keep-alive" : ""
    if option.isEmpty && !offersUpgrade { return }
    output.append(utf8: "Connection: ")
    if offersUpgrade { output.append(utf8: option.isEmpty ? "Upgrade" : "Upgrade, ") }
    output.append(utf8: option)
    output.append(utf8: "\r\n")
  }

  private static let words = Words()

  /// What is the same in every answer, made once.
  private struct Words {
    let lineEnd = [UInt8]("\r\n".utf8)
    let requestID = [UInt8]("X-Request-Id: ".utf8)
    let contentLength = [UInt8]("Content-Length: ".utf8)
    let headEnd = [UInt8]("\r\n\r\n".utf8)
    /// For each status from 100 to 599: the status line and the name of the first field.
    private let startLines = (100..<600).map { Self.makeStartLine($0) }

    /// A status outside three digits is a mistake of this server, and is answered as one.
    func startLine(_ status: Int) -> [UInt8] {
      if status >= 100, status < 600 { return startLines[status - 100] }
      return Self.makeStartLine((600...999).contains(status) ? status : 500)
    }

    private static func makeStartLine(_ status: Int) -> [UInt8] {
      [UInt8]("HTTP/1.1 \(status) \(HTTPStatus.phrase(of: status))\r\nDate: ".utf8)
    }
  }
}

extension HTTPFailure {
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
