// Answers that the executable gives itself, from the loop, without the control plane: refusals as problem documents
// (RFC 9457), plain texts, and the fields that every one of them carries.
import FanoutCore

enum Answers {
  static let securityFields: [(name: String, value: String)] = [
    (name: "X-Content-Type-Options", value: "nosniff"),
    (name: "Referrer-Policy", value: "no-referrer"),
    (name: "Cross-Origin-Resource-Policy", value: "same-origin"),
  ]

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
      ] + securityFields + fields,
      body: Array(body.utf8))
  }

  static let problemBase = "urn:seatcast:problem:"

  /// The control plane's queue is full.
  static let overloaded = problem(
    503, "overloaded", title: "Overloaded",
    fields: [(name: "Retry-After", value: "1")])

  static func text(_ status: Int, _ text: String, contentType: String = "text/plain; charset=utf-8")
    -> HTTPResponse
  {
    HTTPResponse(
      status: status,
      fields: [(name: "Content-Type", value: contentType), (name: "Cache-Control", value: "no-store")]
        + securityFields,
      body: Array(text.utf8))
  }

  /// The answer to anything but `GET` and `HEAD` on a page of ours; nil for those.
  static func unlessReading(_ head: HTTPRequestHead) -> HTTPResponse? {
    let allow = (name: "Allow", value: "GET, HEAD, OPTIONS")
    if head.isMethod("GET") || head.isMethod("HEAD") { return nil }
    switch head.method {
    case "OPTIONS": return HTTPResponse(status: 204, fields: [allow] + securityFields)
    default: return problem(405, "method-not-allowed", title: "Method not allowed", fields: [allow])
    }
  }
}
