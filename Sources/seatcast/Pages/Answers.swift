// Answers that the executable gives itself, from the loop, without the control plane: refusals as problem documents
// (RFC 9457) and plain texts; and the fields that every answer of the server carries, whoever makes it.
import FanoutCore

enum Answers {
  /// Finished field lines of every answer of this server, pages, API and refusals of the core alike.
  /// - Parameters:
  ///   - isSecure: TLS is on: browsers then use https for half a year (RFC 6797, section 6.1).
  ///   - isShared: pages of other origins may load the answer as a script.
  static func commonLines(isSecure: Bool, isShared: Bool = false) -> [UInt8] {
    var lines = "X-Content-Type-Options: nosniff\r\nReferrer-Policy: no-referrer\r\n"
    lines += "Cross-Origin-Resource-Policy: \(isShared ? "cross-origin" : "same-origin")\r\n"
    if isSecure { lines += "Strict-Transport-Security: max-age=15552000\r\n" }
    return Array(lines.utf8)
  }

  /// Of everything that is no page: it loads nothing, and nobody may frame it.
  static let noContentPolicy =
    (name: "Content-Security-Policy", value: "default-src 'none'; frame-ancestors 'none'")

  /// - Parameters:
  ///   - type: the stable name of the problem, as in the control plane's own (docs/API.md).
  ///   - title: plain words without quotes or backslashes.
  ///   - members: further members of the document, with finished JSON.
  static func problem(
    _ status: Int, _ type: String, title: String, members: [(name: String, json: String)] = [],
    fields: [(name: String, value: String)] = []
  ) -> HTTPResponse {
    let more = members.map { #","\#($0.name)":\#($0.json)"# }.joined()
    let body = #"{"type":"\#(problemBase)\#(type)","title":"\#(title)","status":\#(status)\#(more)}"#
    return HTTPResponse(
      status: status,
      fields: [
        (name: "Content-Type", value: "application/problem+json"), (name: "Cache-Control", value: "no-store"),
        noContentPolicy,
      ] + fields,
      body: Array(body.utf8))
  }

  /// A problem document with the name of the request that it answers, as its last member; any other answer as it is.
  static func named(_ response: HTTPResponse, _ id: RequestID) -> HTTPResponse {
    guard response.body.last == UInt8(ascii: "}"), isProblem(response.fieldLines) else { return response }
    var response = response
    response.body.removeLast()
    // Names are made of letters, digits and marks that need no escape.
    response.body.append(contentsOf: #","requestId":"\#(id.text)"}"#.utf8)
    return response
  }

  /// Every problem document tells its type first.
  private static func isProblem(_ lines: [UInt8]) -> Bool {
    let type = "content-type: application/problem+json\r\n"
    return zip(lines, type.utf8).allSatisfy { $0 | ($0 >= 0x41 && $0 <= 0x5A ? 0x20 : 0) == $1 }
      && lines.count >= type.utf8.count
  }

  static let problemBase = "urn:seatcast:problem:"

  /// The control plane's queue is full.
  static let overloaded = problem(
    503, "overloaded", title: "Overloaded", fields: [retrySoon])

  static let retrySoon = (name: "Retry-After", value: "1")

  static func text(
    _ status: Int, _ text: String, contentType: String = "text/plain; charset=utf-8",
    fields: [(name: String, value: String)] = []
  ) -> HTTPResponse {
    HTTPResponse(
      status: status,
      fields: [
        (name: "Content-Type", value: contentType), (name: "Cache-Control", value: "no-store"),
        noContentPolicy,
      ] + fields,
      body: Array(text.utf8))
  }

  /// The answer to anything but `GET` and `HEAD` on a page of ours; nil for those.
  static func unlessReading(_ head: HTTPRequestHead) -> HTTPResponse? {
    let allow = (name: "Allow", value: "GET, HEAD, OPTIONS")
    if head.isMethod("GET") || head.isMethod("HEAD") { return nil }
    switch head.method {
    case "OPTIONS": return HTTPResponse(status: 204, fields: [allow, noContentPolicy])
    default: return problem(405, "method-not-allowed", title: "Method not allowed", fields: [allow])
    }
  }
}
