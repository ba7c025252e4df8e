// Frames of the server: never masked, never fragmented, lengths in their shortest form (RFC 6455, section 5.2).

/// What a frame carries (RFC 6455, section 5.2).
enum Opcode: UInt8, Sendable {
  case continuation = 0x0
  case text = 0x1
  case binary = 0x2
  case close = 0x8
  case ping = 0x9
  case pong = 0xA

  var isControl: Bool { rawValue & 0x8 != 0 }
}

enum FrameEncoder {
  /// The largest payload of a control frame (RFC 6455, section 5.5).
  static let maximumControlPayload = 125

  /// How many bytes the header of a server frame with this payload takes: 2, 4 or 10.
  static func headerByteCount(forPayload count: Int) -> Int {
    count < 126 ? 2 : count <= 0xFFFF ? 4 : 10
  }

  /// Appends the header of a frame whose payload of `count` bytes follows.
  /// - Parameter isDeflated: the payload is the first or only part of a compressed message (RFC 7692, section 6).
  static func appendHeader(
    _ opcode: Opcode, fin: Bool = true, isDeflated: Bool = false, payload count: Int,
    to output: inout [UInt8]
  ) {
    output.append(opcode.rawValue | (fin ? 0x80 : 0) | (isDeflated ? 0x40 : 0))
    switch headerByteCount(forPayload: count) {
    case 2: output.append(UInt8(truncatingIfNeeded: count))
    case 4:
      output.append(126)
      appendBigEndian(count, bytes: 2, to: &output)
    default:
      output.append(127)
      appendBigEndian(count, bytes: 8, to: &output)
    }
  }

  /// Appends a whole frame. The payload of a text frame must be UTF-8, that of a ping or pong at most 125 bytes.
  static func append(_ opcode: Opcode, _ payload: [UInt8], to output: inout [UInt8]) {
    appendHeader(opcode, payload: payload.count, to: &output)
    output.append(contentsOf: payload)
  }

  static func appendText(_ text: [UInt8], to output: inout [UInt8]) { append(.text, text, to: &output) }
  static func appendBinary(_ bytes: [UInt8], to output: inout [UInt8]) { append(.binary, bytes, to: &output) }
  static func appendPing(_ bytes: [UInt8], to output: inout [UInt8]) { append(.ping, bytes, to: &output) }
  static func appendPong(_ bytes: [UInt8], to output: inout [UInt8]) { append(.pong, bytes, to: &output) }

  /// Appends a close frame. A reason over 123 bytes is cut at the last whole character that fits;
  /// without a code the frame is empty, and so is its reason.
  static func appendClose(_ code: CloseCode?, reason: String = "", to output: inout [UInt8]) {
    guard let code else { return appendHeader(.close, payload: 0, to: &output) }
    var text = [UInt8](reason.utf8)
    if text.count > maximumControlPayload - 2 {
      var end = maximumControlPayload - 2
      while end > 0, text[end] & 0xC0 == 0x80 { end -= 1 }
      text.removeSubrange(end...)
    }
    appendHeader(.close, payload: text.count + 2, to: &output)
    appendBigEndian(Int(code.rawValue), bytes: 2, to: &output)
    output.append(contentsOf: text)
  }

  private static func appendBigEndian(_ number: Int, bytes: Int, to output: inout [UInt8]) {
    for index in (0..<bytes).reversed() { output.append(UInt8(truncatingIfNeeded: number >> (8 * index))) }
  }
}
