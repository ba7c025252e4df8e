// What a client makes of a server's bytes after the upgrade (RFC 6455, section 5). It shares no code with the
// server and refuses whatever a server must not send.
import TestSupport

/// Reads a server's frames out of bytes that come in any pieces.
struct ServerFrames {
  enum Frame: Equatable {
    case text(String)
    case binary([UInt8])
    case ping([UInt8])
    case pong([UInt8])
    case close(UInt16?, String)
  }

  private var bytes: [UInt8] = []
  private var start = 0
  /// The first thing that was wrong; nothing is read behind it.
  private(set) var offence: String?
  /// What was agreed on about compression; nil: nothing was, and no message may be compressed.
  var peer: PeerDeflate?
  /// Texts that were compressed, and texts that were not.
  private(set) var deflatedTexts = 0
  private(set) var plainTexts = 0
  /// A close frame was read.
  private(set) var isClosed = false

  /// Whether the bytes so far end in the middle of a frame.
  var isInFrame: Bool { start < bytes.count }

  /// Takes bytes and returns the frames that are whole now.
  mutating func take(_ more: [UInt8]) -> [Frame] {
    bytes += more
    var frames: [Frame] = []
    while offence == nil, let frame = next() { frames.append(frame) }
    if start == bytes.count {
      bytes = []
      start = 0
    }
    return frames
  }

  private mutating func next() -> Frame? {
    guard bytes.count - start >= 2 else { return nil }
    if isClosed { return refuse("a frame after the close frame") }
    let (first, second) = (bytes[start], bytes[start + 1])
    let isDeflated = first & 0x40 != 0 && peer != nil && (1...2).contains(first & 0x0F)
    if first & 0xF0 != (isDeflated ? 0xC0 : 0x80) { return refuse("a fragment or a reserved bit: \(first)") }
    if second & 0x80 != 0 { return refuse("a masked frame") }
    let digits = second == 127 ? 8 : second == 126 ? 2 : 0
    guard bytes.count - start >= 2 + digits else { return nil }
    let length =
      digits == 0
      ? Int(second) : bytes[(start + 2)..<(start + 2 + digits)].reduce(0) { $0 << 8 | Int($1) }
    if digits == 2 && length < 126 || digits == 8 && length < 65_536 { return refuse("a long length") }
    let end = start + 2 + digits + length
    guard bytes.count >= end else { return nil }
    defer { start = end }
    let payload = Array(bytes[(start + 2 + digits)..<end])
    if first & 0x0F == 1 { if isDeflated { deflatedTexts += 1 } else { plainTexts += 1 } }
    guard isDeflated else { return frame(first & 0x0F, payload) }
    guard let inflated = peer?.inflate(payload) else { return refuse("a message that cannot be inflated") }
    return frame(first & 0x0F, inflated)
  }

  private mutating func frame(_ opcode: UInt8, _ payload: [UInt8]) -> Frame? {
    switch opcode {
    case 1:
      guard let text = String(validating: payload, as: UTF8.self) else { return refuse("text is not UTF-8") }
      return .text(text)
    case 2: return .binary(payload)
    case 8:
      isClosed = true
      guard payload.count >= 2 else { return .close(nil, "") }
      let code = UInt16(payload[0]) << 8 | UInt16(payload[1])
      return .close(code, String(decoding: payload[2...], as: UTF8.self))
    case 9: return .ping(payload)
    case 10: return .pong(payload)
    default: return refuse("opcode \(opcode)")
    }
  }

  private mutating func refuse(_ sentence: String) -> Frame? {
    offence = sentence
    return nil
  }
}

/// Frames as a client writes them: whole and masked.
enum ClientFrames {
  static func text(_ text: String) -> [UInt8] { frame(1, Array(text.utf8)) }
  static func ping(_ payload: String = "") -> [UInt8] { frame(9, Array(payload.utf8)) }
  static func pong() -> [UInt8] { frame(10, []) }
  static func close(_ code: UInt16?) -> [UInt8] {
    frame(8, code.map { [UInt8($0 >> 8), UInt8($0 & 0xFF)] } ?? [])
  }

  /// - Parameter bits: RSV1 is 0x40.
  static func frame(_ opcode: UInt8, _ payload: [UInt8], fin: Bool = true, bits: UInt8 = 0) -> [UInt8] {
    let mask: [UInt8] = [0x12, 0x34, 0x56, 0x78]
    var bytes: [UInt8] = [(fin ? 0x80 : 0) | bits | opcode]
    if payload.count < 126 {
      bytes.append(0x80 | UInt8(payload.count))
    } else {
      bytes += [0x80 | 126, UInt8(payload.count >> 8 & 0xFF), UInt8(payload.count & 0xFF)]
    }
    bytes += mask
    for (index, byte) in payload.enumerated() { bytes.append(byte ^ mask[index % 4]) }
    return bytes
  }
}
