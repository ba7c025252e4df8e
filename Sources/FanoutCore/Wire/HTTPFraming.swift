// How long a request's body is (RFC 9112, section 6). Two answers to this question are the root of request
// smuggling: whatever is ambiguous is refused, nothing is repaired.

/// What follows a head.
struct HTTPFraming: Sendable, Equatable {
  enum Body: Sendable, Equatable {
    case none
    /// That many bytes, at least one.
    case length(Int)
    case chunked
  }

  let body: Body
  /// Whether the client waits for `100 Continue` before it sends the body.
  let expectsContinue: Bool

  /// - Parameter bodyBytes: the longest body taken; more: 413.
  init(of head: HTTPRequestHead, bodyBytes: Int) throws(HTTPFailure) {
    let isChunked = try Self.isChunked(head)
    guard !isChunked || !head.known.contains(.contentLength) else {
      throw .badRequest("A request must not have both Content-Length and Transfer-Encoding.")
    }
    let length = try Self.length(of: head, bodyBytes: bodyBytes)
    body = isChunked ? .chunked : length == 0 ? .none : .length(length)
    expectsContinue = try Self.expectsContinue(head) && body != .none
  }

  /// Section 6.1: `chunked` is the only coding known here. Without it at the end the length is not known (section 6.3).
  private static func isChunked(_ head: HTTPRequestHead) throws(HTTPFailure) -> Bool {
    guard head.known.contains(.transferEncoding) else { return false }
    guard head.minorVersion >= 1 else { throw .badRequest("HTTP/1.0 has no Transfer-Encoding.") }
    let codings = head.listItems("transfer-encoding").map { $0.lowercased() }
    guard codings.last == "chunked", codings.count(where: { $0 == "chunked" }) == 1 else {
      throw .badRequest("The last transfer coding must be chunked, once.")
    }
    guard codings.count == 1 else {
      throw HTTPFailure(status: 501, sentence: "The only transfer coding understood is chunked.")
    }
    return true
  }

  /// Section 6.2: digits only; the same length twice is one length.
  private static func length(of head: HTTPRequestHead, bodyBytes: Int) throws(HTTPFailure) -> Int {
    guard head.known.contains(.contentLength), let first = try lengthField(of: head) else { return 0 }
    let digits = head.bytes.span.extracting(first)
    for index in digits.indices where !HTTPByte.isDigit(digits[index]) {
      throw .badRequest("The Content-Length is not a number.")
    }
    guard !digits.isEmpty else { throw .badRequest("The Content-Length is not a number.") }
    var length = 0
    for index in digits.indices {
      let digit = digits[index]
      let (tens, overflow) = length.multipliedReportingOverflow(by: 10)
      length = tens + Int(digit - UInt8(ascii: "0"))
      guard !overflow, length <= bodyBytes else { throw .bodyTooBig }
    }
    return length
  }

  /// The value of the first field; all others must be the same.
  private static func lengthField(of head: HTTPRequestHead) throws(HTTPFailure) -> Range<Int>? {
    var first: Range<Int>?
    for index in stride(from: 0, to: head.fields.count, by: 2)
    where head.equals(head.fields[index], "content-length") {
      let value = head.fields[index + 1]
      guard head.bytes[first ?? value] == head.bytes[value] else {
        throw .badRequest("The Content-Length fields differ.")
      }
      first = first ?? value
    }
    return first
  }

  /// RFC 9110, section 10.1.1: an HTTP/1.0 client cannot be asked to go on.
  private static func expectsContinue(_ head: HTTPRequestHead) throws(HTTPFailure) -> Bool {
    guard head.known.contains(.expect) else { return false }
    let expectations = head.listItems("expect")
    guard expectations.allSatisfy({ $0.lowercased() == "100-continue" }) else {
      throw HTTPFailure(status: 417, sentence: "The only expectation understood is 100-continue.")
    }
    return !expectations.isEmpty && head.minorVersion >= 1
  }
}
