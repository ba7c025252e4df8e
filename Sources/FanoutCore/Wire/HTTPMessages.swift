// HTTP/1.1 requests as the parser yields them: one owned byte array and ranges into it, so that a request
// costs a handful of allocations and may travel to another thread as it is.

/// The head of a request (RFC 9112, sections 3 and 5): method, target and fields, exactly as received.
public struct HTTPRequestHead: Sendable {
  /// The request line and the fields, up to and including the empty line.
  public let bytes: [UInt8]
  public let methodRange: Range<Int>
  public let targetRange: Range<Int>
  /// In order of arrival; names as received, values without surrounding white space.
  public let fields: [FieldRange]
  /// HTTP/1.`minorVersion`.
  public let minorVersion: Int

  public struct FieldRange: Sendable {
    public let name: Range<Int>
    public let value: Range<Int>
    public init(name: Range<Int>, value: Range<Int>) { (self.name, self.value) = (name, value) }
  }

  public init(
    bytes: [UInt8], methodRange: Range<Int>, targetRange: Range<Int>, fields: [FieldRange], minorVersion: Int
  ) {
    self.bytes = bytes
    self.methodRange = methodRange
    self.targetRange = targetRange
    self.fields = fields
    self.minorVersion = minorVersion
  }

  public var method: String { string(methodRange) }
  /// The request target as sent: origin-form (`/path?query`) or absolute-form reduced to it by the parser.
  public var target: String { string(targetRange) }
  /// The target before `?`, percent-encoding untouched.
  public var path: String { string(pathRange) }
  /// The target after the first `?`, percent-encoding untouched; nil without one.
  public var query: String? {
    pathRange.upperBound < targetRange.upperBound
      ? string(pathRange.upperBound + 1..<targetRange.upperBound) : nil
  }

  private var pathRange: Range<Int> {
    let end = bytes[targetRange].firstIndex(of: UInt8(ascii: "?")) ?? targetRange.upperBound
    return targetRange.lowerBound..<end
  }

  /// The value of the first field of this name (ASCII case does not matter), or nil.
  public func first(_ name: String) -> String? {
    fields.first { equals($0.name, name) }.map { string($0.value) }
  }

  /// The values of all fields of this name, in order of arrival.
  public func all(_ name: String) -> [String] {
    fields.filter { equals($0.name, name) }.map { string($0.value) }
  }

  public func string(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }
}

/// A whole request: its head and its decoded body.
public struct HTTPRequest: Sendable {
  public let head: HTTPRequestHead
  public let body: [UInt8]
  public init(head: HTTPRequestHead, body: [UInt8]) { (self.head, self.body) = (head, body) }
}

/// The byte in lower case when it is an ASCII letter, else itself.
@inline(__always)
func asciiLowercased(_ byte: UInt8) -> UInt8 {
  byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z") ? byte | 0x20 : byte
}
