// RFC 6455 frames, both ways, written for tests: it shares no code with the server, masks what a client
// sends, can also build what must be refused, and refuses what a server must not send.

/// The head bits and payload of one frame, as a client puts it on the wire.
public struct ClientFrame: Sendable {
  public var fin = true
  /// The three reserved bits, 0 to 7.
  public var reserved: UInt8 = 0
  public var opcode: UInt8
  public var payload: [UInt8]
  /// nil: unmasked, which a client must not do.
  public var mask: [UInt8]? = [0x37, 0xfa, 0x21, 0x3d]
  /// What the length field says instead of the payload's real length.
  public var declaredLength: UInt64?

  public init(opcode: UInt8, payload: [UInt8] = [], fin: Bool = true) {
    self.opcode = opcode
    self.payload = payload
    self.fin = fin
  }

  public static func text(_ text: String, fin: Bool = true) -> ClientFrame {
    ClientFrame(opcode: 1, payload: Array(text.utf8), fin: fin)
  }
  public static func binary(_ bytes: [UInt8]) -> ClientFrame { ClientFrame(opcode: 2, payload: bytes) }
  public static func continuation(_ bytes: [UInt8], fin: Bool) -> ClientFrame {
    ClientFrame(opcode: 0, payload: bytes, fin: fin)
  }
  public static func ping(_ bytes: [UInt8] = []) -> ClientFrame { ClientFrame(opcode: 9, payload: bytes) }
  public static func pong(_ bytes: [UInt8] = []) -> ClientFrame { ClientFrame(opcode: 10, payload: bytes) }
  public static func close(_ code: UInt16?, _ reason: String = "") -> ClientFrame {
    let payload = code.map { [UInt8($0 >> 8), UInt8($0 & 0xff)] + Array(reason.utf8) }
    return ClientFrame(opcode: 8, payload: payload ?? [])
  }

  public var bytes: [UInt8] {
    var wire: [UInt8] = [(fin ? 0x80 : 0) | (reserved << 4) | opcode]
    let length = declaredLength ?? UInt64(payload.count)
    let masked: UInt8 = mask == nil ? 0 : 0x80
    switch length {
    case 0..<126: wire.append(masked | UInt8(length))
    case 126..<65_536: wire += [masked | 126, UInt8(length >> 8), UInt8(length & 0xff)]
    default: wire += [masked | 127] + (0..<8).map { UInt8(truncatingIfNeeded: length >> (56 - 8 * $0)) }
    }
    guard let mask else { return wire + payload }
    wire += mask
    wire.reserveCapacity(wire.count + payload.count)
    for index in payload.indices { wire.append(payload[index] ^ mask[index & 3]) }
    return wire
  }
}

/// What a server's frames amount to.
public enum Incoming: Sendable, Equatable {
  case text(String)
  case binary([UInt8])
  case ping([UInt8])
  case pong([UInt8])
  /// A close frame; code nil when its payload was empty.
  case close(code: UInt16?, reason: String)
}

/// Decodes a server's frames, split anywhere. Anything that a server must not send is thrown.
public struct ServerFrameDecoder: Sendable {
  private var bytes: [UInt8] = []
  private var start = 0
  /// Whether any message came in more than one frame.
  public private(set) var sawFragments = false
  private var message: (opcode: UInt8, payload: [UInt8])?
  /// What was agreed on about compression; nil: nothing was, and no message may be compressed.
  public var peer: PeerDeflate?
  /// Messages that were compressed.
  public private(set) var deflated = 0

  public init() {}

  public mutating func append(_ more: some Sequence<UInt8>) {
    if start > 65_536 || start == bytes.count {
      bytes.removeFirst(start)
      start = 0
    }
    bytes += more
  }

  /// The next whole message or control frame, or nil when more bytes are needed.
  public mutating func next() throws -> Incoming? {
    while let (fin, opcode, payload) = try nextFrame() {
      if opcode >= 8 { return try control(opcode, payload, fin: fin) }
      if let whole = try collect(fin: fin, opcode: opcode, payload) { return whole }
    }
    return nil
  }

  private mutating func nextFrame() throws -> (fin: Bool, opcode: UInt8, payload: [UInt8])? {
    guard bytes.count - start >= 2 else { return nil }
    let (first, second) = (bytes[start], bytes[start + 1])
    let isDeflated = first & 0x40 != 0 && peer != nil && (1...2).contains(first & 0x0f)
    guard first & 0x70 == (isDeflated ? 0x40 : 0) else {
      throw TestFailure("a server's frame with reserved bits")
    }
    if isDeflated && first & 0x80 == 0 { throw TestFailure("a compressed message in fragments") }
    guard second & 0x80 == 0 else { throw TestFailure("a server's frame with a mask") }
    var length = Int(second)
    var head = 2
    if length >= 126 {
      let digits = length == 126 ? 2 : 8
      head += digits
      guard bytes.count - start >= head else { return nil }
      length = bytes[(start + 2)..<(start + head)].reduce(0) { $0 << 8 | Int($1) }
      guard length >= (digits == 2 ? 126 : 65_536) else {
        throw TestFailure("a length not in its shortest form")
      }
    }
    guard bytes.count - start - head >= length else { return nil }
    let payload = Array(bytes[(start + head)..<(start + head + length)])
    start += head + length
    guard isDeflated else { return (first & 0x80 != 0, first & 0x0f, payload) }
    deflated += 1
    guard let inflated = peer?.inflate(payload) else {
      throw TestFailure("a message that cannot be inflated")
    }
    return (true, first & 0x0f, inflated)
  }

  private func control(_ opcode: UInt8, _ payload: [UInt8], fin: Bool) throws -> Incoming {
    guard fin, payload.count < 126 else { throw TestFailure("a control frame cut up or too long") }
    switch opcode {
    case 8:
      if payload.isEmpty { return .close(code: nil, reason: "") }
      guard payload.count >= 2, let reason = String(validating: payload.dropFirst(2), as: UTF8.self) else {
        throw TestFailure("a close frame of a bad form: \(payload)")
      }
      return .close(code: UInt16(payload[0]) << 8 | UInt16(payload[1]), reason: reason)
    case 9: return .ping(payload)
    case 10: return .pong(payload)
    default: throw TestFailure("a server's frame with opcode \(opcode)")
    }
  }

  private mutating func collect(fin: Bool, opcode: UInt8, _ payload: [UInt8]) throws -> Incoming? {
    if opcode == 0 {
      guard let begun = message else { throw TestFailure("a continuation of nothing") }
      message = (begun.opcode, begun.payload + payload)
    } else {
      guard message == nil else { throw TestFailure("a new message inside another") }
      guard opcode <= 2 else { throw TestFailure("a server's frame with opcode \(opcode)") }
      message = (opcode, payload)
    }
    if !fin { sawFragments = true }
    guard fin, let whole = message else { return nil }
    message = nil
    guard whole.opcode == 1 else { return .binary(whole.payload) }
    guard let text = String(validating: whole.payload, as: UTF8.self) else {
      throw TestFailure("a text message in bad UTF-8")
    }
    return .text(text)
  }
}
