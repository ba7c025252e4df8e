// HTTP/1.1 requests as the parser yields them: one owned byte array and flat ranges into it, so that a request
// costs two allocations for its head and may travel to another thread as it is.

/// The head of a request (RFC 9112, sections 3 and 5): method, target and fields, exactly as received.
public struct HTTPRequestHead: Sendable {
  /// The request line and the fields, up to and including the empty line.
  public let bytes: [UInt8]
  public let methodRange: Range<Int>
  public let targetRange: Range<Int>
  /// The target before its first `?`.
  public let pathRange: Range<Int>
  /// In order of arrival: the name of field i at 2i, as received, and its value at 2i + 1, without surrounding blanks.
  public let fields: [Range<Int>]
  /// HTTP/1.`minorVersion`.
  public let minorVersion: Int
  /// Whether the target was in absolute-form with the scheme https.
  let asksForTLS: Bool
  /// Which of the fields that HTTP itself reads there are.
  let known: HTTPKnownFields

  /// - Parameter fields: names and values by turns, as ranges of `bytes`.
  public init(
    bytes: [UInt8], methodRange: Range<Int>, targetRange: Range<Int>, fields: [Range<Int>], minorVersion: Int
  ) {
    var known = HTTPKnownFields()
    for index in stride(from: 0, to: fields.count, by: 2) {
      known.insert(HTTPKnownFields(naming: fields[index], of: bytes))
    }
    self.init(
      bytes: bytes, methodRange: methodRange, targetRange: targetRange, fields: fields,
      minorVersion: minorVersion, known: known)
  }

  init(
    bytes: [UInt8], methodRange: Range<Int>, targetRange: Range<Int>, fields: [Range<Int>], minorVersion: Int,
    known: HTTPKnownFields, asksForTLS: Bool = false
  ) {
    self.asksForTLS = asksForTLS
    self.bytes = bytes
    self.methodRange = methodRange
    self.targetRange = targetRange
    self.fields = fields
    self.minorVersion = minorVersion
    self.known = known
    let end = bytes[targetRange].firstIndex(of: UInt8(ascii: "?")) ?? targetRange.upperBound
    pathRange = targetRange.lowerBound..<end
  }

  public var method: String { string(methodRange) }
  /// The request target as sent: origin-form (`/path?query`) or absolute-form reduced to it by the parser.
  public var target: String { string(targetRange) }
  /// The target before `?`, percent-encoding untouched.
  public var path: String { string(pathRange) }
  /// The target after the first `?`, percent-encoding untouched; nil without one.
  public var query: String? { queryRange.map(string) }

  public var queryRange: Range<Int>? {
    pathRange.upperBound < targetRange.upperBound ? pathRange.upperBound + 1..<targetRange.upperBound : nil
  }

  /// Whether there is an `Origin` field: a browser asks, perhaps for a page of another server.
  public var hasOrigin: Bool { known.contains(.origin) }

  /// Whether there is an `X-Request-Id` field.
  var namesItself: Bool { known.contains(.requestID) }

  /// Whether the method is one that HTTP defines (RFC 9110, section 9, and RFC 5789), whatever this path makes of it.
  var hasKnownMethod: Bool {
    switch methodRange.count {
    case 3: isMethod("GET") || isMethod("PUT")
    case 4: isMethod("POST") || isMethod("HEAD")
    case 5: isMethod("PATCH") || isMethod("TRACE")
    case 6: isMethod("DELETE")
    case 7: isMethod("OPTIONS")
    default: false
    }
  }

  public func isMethod(_ method: String) -> Bool { bytes.matches(methodRange, method) }

  /// Whether the path, as it was sent, is `path`.
  public func isPath(_ path: String) -> Bool { bytes.matches(pathRange, path) }

  /// Whether the path, as it was sent, begins with `prefix`.
  public func hasPath(prefix: String) -> Bool {
    let count = prefix.utf8.count
    guard pathRange.count >= count else { return false }
    return bytes.matches(pathRange.lowerBound..<pathRange.lowerBound + count, prefix)
  }

  /// The value of the first field of this name (ASCII case does not matter), or nil.
  public func first(_ name: String) -> String? { firstRange(name).map(string) }

  /// Where the value of the first field of this name stands in `bytes`.
  public func firstRange(_ name: String) -> Range<Int>? {
    for index in stride(from: 0, to: fields.count, by: 2) where equals(fields[index], name) {
      return fields[index + 1]
    }
    return nil
  }

  /// The values of all fields of this name, in order of arrival.
  public func all(_ name: String) -> [String] { values(name).map(string) }

  /// The same as ranges of `bytes`.
  func values(_ name: String) -> [Range<Int>] {
    var values: [Range<Int>] = []
    for index in stride(from: 0, to: fields.count, by: 2) where equals(fields[index], name) {
      values.append(fields[index + 1])
    }
    return values
  }

  public func string(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }
}

/// A whole request: its head and its decoded body.
public struct HTTPRequest: Sendable {
  public let head: HTTPRequestHead
  public let body: [UInt8]
  public init(head: HTTPRequestHead, body: [UInt8]) { (self.head, self.body) = (head, body) }
}

/// The fields that decide how a request is framed, what becomes of its connection, and who may read the answer. A head is
/// searched for them once, while it is read; afterwards only those that are there are looked for.
struct HTTPKnownFields: OptionSet, Sendable {
  let rawValue: UInt8

  static let host = HTTPKnownFields(rawValue: 1)
  static let contentLength = HTTPKnownFields(rawValue: 2)
  static let transferEncoding = HTTPKnownFields(rawValue: 4)
  static let connection = HTTPKnownFields(rawValue: 8)
  static let upgrade = HTTPKnownFields(rawValue: 16)
  static let expect = HTTPKnownFields(rawValue: 32)
  static let origin = HTTPKnownFields(rawValue: 64)
  static let requestID = HTTPKnownFields(rawValue: 128)

  init(rawValue: UInt8) { self.rawValue = rawValue }

  /// The one that `name` names, if any.
  init(naming name: Range<Int>, of buffer: [UInt8]) {
    let (text, field): (String, HTTPKnownFields) =
      switch name.count {
      case 4: ("host", .host)
      case 6: buffer.equals(name, "origin") ? ("origin", .origin) : ("expect", .expect)
      case 7: ("upgrade", .upgrade)
      case 10: ("connection", .connection)
      case 12: ("x-request-id", .requestID)
      case 14: ("content-length", .contentLength)
      case 17: ("transfer-encoding", .transferEncoding)
      default: ("", [])
      }
    self = buffer.equals(name, text) ? field : []
  }
}
