// The first line of a request (RFC 9112, section 3): method, target, version.

/// A request line as ranges of the buffer that holds it.
struct HTTPRequestLine: Sendable {
  let method: Range<Int>
  /// In origin-form, or `*`.
  let target: Range<Int>
  /// Host and port of a target in absolute-form, which overrule the `Host` field (section 3.2.2).
  let authority: Range<Int>?
  /// Whether a target in absolute-form names the scheme https.
  let isSecure: Bool
  let minorVersion: Int
}

extension HTTPRequestLine {
  /// Parses the line that is the last of `buffer`. An absolute-form target without a path gets one: the
  /// only case in which `buffer` grows, by one byte.
  /// - Parameter line: without its line end.
  init(parsing line: Range<Int>, of buffer: inout [UInt8]) throws(HTTPFailure) {
    let parts = try Self.parts(of: line, buffer)
    (method, minorVersion) = (parts.method, parts.minorVersion)
    (target, authority, isSecure) = try Self.target(parts.target, of: &buffer, method: method)
  }

  private static func parts(
    of line: Range<Int>, _ buffer: [UInt8]
  ) throws(HTTPFailure) -> (method: Range<Int>, target: Range<Int>, minorVersion: Int) {
    let bytes = buffer.span
    var (first, last) = (line.lowerBound, line.upperBound - 1)
    while first < line.upperBound, bytes[first] != HTTPByte.space { first += 1 }
    while last > first, bytes[last] != HTTPByte.space { last -= 1 }
    guard last > first + 1 else {
      throw .badRequest("The request line must be a method, a target and a version.")
    }
    guard first > line.lowerBound, bytes.areAll(line.lowerBound..<first, in: .token) else {
      throw .badRequest("The method is not a token.")
    }
    let minorVersion = try minorVersion(bytes.extracting(last + 1..<line.upperBound))
    guard bytes.areAll(first + 1..<last, in: .target) else {
      throw .badRequest("The request target holds a character that must be percent-encoded.")
    }
    return (line.lowerBound..<first, first + 1..<last, minorVersion)
  }

  /// `HTTP/1.` and a digit; another major version is 505.
  private static func minorVersion(_ version: Span<UInt8>) throws(HTTPFailure) -> Int {
    guard version.count == 8, isNamed(version), HTTPByte.isDigit(version[5]),
      version[6] == UInt8(ascii: "."), HTTPByte.isDigit(version[7])
    else { throw .badRequest("The version must be HTTP/ and two digits.") }
    guard version[5] == UInt8(ascii: "1") else {
      throw HTTPFailure(status: 505, sentence: "This server speaks HTTP/1.1.")
    }
    return Int(version[7] - UInt8(ascii: "0"))
  }

  private static func isNamed(_ version: Span<UInt8>) -> Bool {
    let name = "HTTP/".utf8.span
    for index in name.indices where version[index] != name[index] { return false }
    return true
  }

  private static func target(
    _ range: Range<Int>, of buffer: inout [UInt8], method: Range<Int>
  ) throws(HTTPFailure) -> (Range<Int>, authority: Range<Int>?, isSecure: Bool) {
    if buffer.matches(method, "CONNECT") { throw refusal(ofConnecting: buffer.span.extracting(range)) }
    switch buffer[range.lowerBound] {
    case UInt8(ascii: "/"): return (range, nil, false)
    case UInt8(ascii: "*") where range.count == 1:
      guard buffer[method].elementsEqual("OPTIONS".utf8) else {
        throw .badRequest("Only OPTIONS may ask for the server as a whole.")
      }
      return (range, nil, false)
    default: return try absoluteForm(range, of: &buffer)
    }
  }

  /// `CONNECT` takes the authority-form and nothing else (section 3.2.3). This server is no proxy.
  private static func refusal(ofConnecting target: Span<UInt8>) -> HTTPFailure {
    HTTPAuthority.isValid(target)
      ? HTTPFailure(status: 501, sentence: "This server is no proxy: it does not take CONNECT.")
      : .badRequest("CONNECT must name a host and a port.")
  }

  /// `http://authority/path?query` becomes `/path?query` (section 3.2.2).
  private static func absoluteForm(
    _ range: Range<Int>, of buffer: inout [UInt8]
  ) throws(HTTPFailure) -> (Range<Int>, authority: Range<Int>?, isSecure: Bool) {
    guard let scheme = ["http://", "https://"].first(where: { hasPrefix($0, buffer[range]) }) else {
      throw .badRequest("The request target must begin with a slash.")
    }
    let start = range.lowerBound + scheme.utf8.count
    let end = buffer[start..<range.upperBound].firstIndex {
      $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "?")
    }
    let authority = start..<(end ?? range.upperBound)
    guard HTTPAuthority.isValid(buffer.span.extracting(authority)) else {
      throw .badRequest("The request target has no valid host.")
    }
    let isSecure = scheme == "https://"
    guard let end else { return (start - 1..<start, authority, isSecure) }
    if buffer[end] == UInt8(ascii: "/") { return (end..<range.upperBound, authority, isSecure) }
    buffer.insert(UInt8(ascii: "/"), at: end)
    return (end..<range.upperBound + 1, authority, isSecure)
  }

  private static func hasPrefix(_ prefix: String, _ bytes: ArraySlice<UInt8>) -> Bool {
    bytes.count >= prefix.utf8.count
      && zip(bytes, prefix.utf8).allSatisfy { asciiLowercased($0) == $1 }
  }
}
