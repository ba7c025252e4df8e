// The trace that a request belongs to, as `traceparent` tells it (W3C Trace Context, level 1, section 3.2). Read strictly: what
// is malformed tells nothing. Pure.

struct TraceContext: Equatable, Sendable {
  /// 32 and 16 lower-case hexadecimal digits.
  let traceID: String
  let parentID: String
  /// Whether the caller may have recorded the trace.
  let isSampled: Bool

  /// - Parameter fields: the values of all `traceparent` fields; more than one tell nothing.
  init?(_ fields: [String]) {
    guard fields.count == 1 else { return nil }
    let text = Array(fields[0].utf8)
    // version-traceid-parentid-flags: 2, 32, 16 and 2 digits. Later versions may have more behind another dash.
    guard text.count >= 55, text[2] == Self.dash, text[35] == Self.dash, text[52] == Self.dash else {
      return nil
    }
    let parts = [text[0..<2], text[3..<35], text[36..<52], text[53..<55]]
    guard parts.allSatisfy({ $0.allSatisfy(Self.isDigit) }) else { return nil }
    let version = String(decoding: parts[0], as: UTF8.self)
    switch version {
    case "ff": return nil
    case "00": guard text.count == 55 else { return nil }
    default: guard text.count == 55 || text[55] == Self.dash else { return nil }
    }
    let isZero = { (part: ArraySlice<UInt8>) in part.allSatisfy { $0 == UInt8(ascii: "0") } }
    guard !isZero(parts[1]), !isZero(parts[2]) else { return nil }
    traceID = String(decoding: parts[1], as: UTF8.self)
    parentID = String(decoding: parts[2], as: UTF8.self)
    isSampled = (UInt8(String(decoding: parts[3], as: UTF8.self), radix: 16) ?? 0) & 1 == 1
  }

  private static let dash = UInt8(ascii: "-")

  private static func isDigit(_ byte: UInt8) -> Bool {
    byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9")
      || byte >= UInt8(ascii: "a") && byte <= UInt8(ascii: "f")
  }
}
