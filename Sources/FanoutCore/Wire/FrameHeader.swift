// The header of a frame (RFC 6455, section 5.2), read byte by byte: of a client's 6, 8 or 14 bytes, of a server's 2, 4 or
// 10, that may arrive in any number of pieces. Each byte is judged when it arrives, so a wrong header never waits for its rest.

/// A header while it arrives.
struct FrameHeader: Sendable {
  /// Who sends the frames: a client must mask them, a server must not (RFC 6455, section 5.1).
  enum Sender: Sendable {
    case client, server
  }

  let sender: Sender
  /// Whether compressed messages were agreed on (RFC 7692).
  let acceptsDeflated: Bool
  private var first: UInt8 = 0
  private var second: UInt8 = 0
  /// Bytes taken so far.
  private var count: UInt8 = 0
  /// Of the payload, in bytes.
  private(set) var length: UInt64 = 0
  /// The mask with its first byte lowest, so that it lies in memory as it came.
  private(set) var mask: UInt32 = 0

  init(from sender: Sender = .client, acceptsDeflated: Bool = false) {
    (self.sender, self.acceptsDeflated) = (sender, acceptsDeflated)
  }

  var isEmpty: Bool { count == 0 }
  var isFirstByte: Bool { count == 1 }
  var isFinal: Bool { first & 0x80 != 0 }
  /// Whether a compressed message begins with this frame.
  var isDeflated: Bool { first & 0x40 != 0 }
  /// Judged with the first byte: an unknown opcode never gets past `take`.
  var opcode: Opcode { Opcode(rawValue: first & 0x0F) ?? .continuation }
  var isComplete: Bool { count >= 2 && count == 2 + lengthBytes + maskBytes }

  /// What follows the second byte to say the length: 0, 2 or 8 bytes.
  private var lengthBytes: UInt8 {
    switch second & 0x7F {
    case 126: 2
    case 127: 8
    default: 0
    }
  }

  private var maskBytes: UInt8 { sender == .client ? 4 : 0 }

  /// Appends the bytes that were taken.
  func append(to bytes: inout [UInt8]) {
    let (lengthEnd, all) = (2 + lengthBytes, [first, second])
    for index in 0..<count {
      switch index {
      case 0, 1: bytes.append(all[Int(index)])
      case 2..<lengthEnd:
        // The bytes of the length that have come are its lowest ones so far.
        let behind = min(count, lengthEnd) - 1 - index
        bytes.append(UInt8(truncatingIfNeeded: length >> UInt64(8 * behind)))
      default: bytes.append(UInt8(truncatingIfNeeded: mask >> UInt32(8 * (index - lengthEnd))))
      }
    }
  }

  /// Appends the header of a client's frame whose mask is zeros.
  static func append(
    _ opcode: Opcode, isFinal: Bool, isDeflated: Bool = false, length: Int, to bytes: inout [UInt8]
  ) {
    bytes.append(opcode.rawValue | (isFinal ? 0x80 : 0) | (isDeflated ? 0x40 : 0))
    switch length {
    case ..<126: bytes.append(0x80 | UInt8(length))
    case ..<0x1_0000:
      bytes.append(0x80 | 126)
      bytes += [UInt8(length >> 8), UInt8(length & 0xFF)]
    default:
      bytes.append(0x80 | 127)
      for index in (0..<8).reversed() { bytes.append(UInt8(truncatingIfNeeded: length >> (8 * index))) }
    }
    bytes += [0, 0, 0, 0]
  }

  /// Takes one more byte of a header that is not complete.
  mutating func take(_ byte: UInt8) throws(DecodingFailure) {
    switch count {
    case 0: try takeFirst(byte)
    case 1: try takeSecond(byte)
    case 2..<2 + lengthBytes:
      length = length << 8 | UInt64(byte)
      if count == 1 + lengthBytes { try checkLength() }
    default: mask |= UInt32(byte) << UInt32(8 * (count - 2 - lengthBytes))
    }
    count += 1
  }

  private mutating func takeFirst(_ byte: UInt8) throws(DecodingFailure) {
    // RSV1 stands on the first frame of a compressed message and nowhere else (RFC 7692, section 6.1).
    let mayBeDeflated = acceptsDeflated && (1...2).contains(byte & 0x0F)
    guard byte & (mayBeDeflated ? 0x30 : 0x70) == 0 else { throw .protocolError("reserved bits must be 0") }
    guard let opcode = Opcode(rawValue: byte & 0x0F) else { throw .protocolError("unknown opcode") }
    guard !opcode.isControl || byte & 0x80 != 0 else { throw .protocolError("fragmented control frame") }
    first = byte
  }

  private mutating func takeSecond(_ byte: UInt8) throws(DecodingFailure) {
    guard (byte & 0x80 != 0) == (sender == .client) else {
      throw .protocolError(
        sender == .client ? "frames of a client must be masked" : "frames of a server must not be masked")
    }
    guard !opcode.isControl || byte & 0x7F <= UInt8(FrameEncoder.maximumControlPayload) else {
      throw .protocolError("control frame over 125 bytes")
    }
    second = byte
    if lengthBytes == 0 { length = UInt64(byte & 0x7F) }
  }

  private func checkLength() throws(DecodingFailure) {
    guard length >> 63 == 0 else { throw .protocolError("length over 63 bits") }
    guard length >= (lengthBytes == 2 ? 126 : 0x1_0000) else {
      throw .protocolError("length not in its shortest form")
    }
  }
}
