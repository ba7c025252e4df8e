// One message of a WebSocket peer while it arrives, with the control frames in between (RFC 6455, section 5.4).

struct MessageReader: Sendable {
  /// Bytes of memory taken on a frame header's word alone; beyond them memory follows what has arrived.
  private static let promisedBytes = 64 * 1024

  private let maximumMessage: Int
  private let acceptsBinary: Bool
  private var header: FrameHeader
  /// Bytes of the current frame's payload that are still to come.
  private var missing = 0
  /// The mask, its byte for the next byte of payload lowest.
  private var mask: UInt32 = 0
  /// Of the message in progress; nil between messages.
  private var opcode: Opcode?
  /// Whether the message in progress is compressed.
  private var isDeflated = false
  private(set) var message: [UInt8] = []
  private var utf8 = UTF8Validator()
  private var control: [UInt8] = []
  private var failure: DecodingFailure?

  init(
    _ maximumMessage: Int, acceptsBinary: Bool, acceptsDeflated: Bool = false,
    from sender: FrameHeader.Sender = .client
  ) {
    (self.maximumMessage, self.acceptsBinary) = (maximumMessage, acceptsBinary)
    header = FrameHeader(from: sender, acceptsDeflated: acceptsDeflated)
  }

  /// A reader that says nothing else any more.
  init(failed failure: DecodingFailure) {
    self.init(0, acceptsBinary: false)
    self.failure = failure
  }

  /// Whether nothing has begun.
  var isIdle: Bool { opcode == nil && header.isEmpty && failure == nil }

  /// Bytes after which a new reader stands where this one does. They need not be those that came: what has been unmasked is
  /// put into frames with a mask of zeros.
  var equivalent: [UInt8] {
    var bytes: [UInt8] = []
    let ofFrame = header.isComplete && !header.opcode.isControl ? Int(header.length) - missing : 0
    let earlier = message.count - ofFrame
    if let opcode, earlier > 0 || header.isEmpty || header.opcode.isControl || header.opcode == .continuation
    {
      FrameHeader.append(opcode, isFinal: false, isDeflated: isDeflated, length: earlier, to: &bytes)
      bytes.append(contentsOf: message[..<earlier])
    }
    header.append(to: &bytes)
    var mask = header.mask
    if header.isComplete {
      let payload = header.opcode.isControl ? control : Array(message[earlier...])
      Masking.append(payload.span, mask: &mask, to: &bytes)
    }
    return bytes
  }

  /// - Returns: the next event; nil when all bytes were taken and something goes on.
  mutating func read(
    _ bytes: Span<UInt8>, _ position: inout Int
  ) throws(DecodingFailure) -> WebSocketEvent? {
    if let failure { throw failure }
    while position < bytes.count {
      if !header.isComplete {
        try header.take(bytes[position])
        position += 1
        if header.isFirstByte { try admitOpcode() }
        if header.isComplete { try admitFrame() }
      }
      // An empty payload ends with its header.
      guard header.isComplete else { continue }
      try takePayload(bytes, &position)
      if missing > 0 { return nil }
      if let event = try finishFrame() { return event }
    }
    return nil
  }

  /// Section 5.4: a continuation needs a message in progress, a new message needs none.
  private func admitOpcode() throws(DecodingFailure) {
    switch header.opcode {
    case .continuation:
      if opcode == nil { throw .protocolError("continuation without a message") }
    case .text, .binary:
      if opcode != nil { throw .protocolError("new message inside a message") }
      if header.opcode == .binary && !acceptsBinary {
        throw DecodingFailure(code: .unsupportedData, reason: "binary messages are not accepted")
      }
    case .close, .ping, .pong: break
    }
  }

  /// Judges the size before anything is buffered.
  private mutating func admitFrame() throws(DecodingFailure) {
    if !header.opcode.isControl {
      if header.opcode != .continuation { (opcode, isDeflated) = (header.opcode, header.isDeflated) }
      let room = isDeflated ? Self.deflatedBytes(of: maximumMessage) : maximumMessage
      guard header.length <= UInt64(clamping: room - message.count) else {
        throw DecodingFailure(code: .messageTooBig, reason: "message too big")
      }
    }
    (missing, mask) = (Int(clamping: header.length), header.mask)
    if !header.opcode.isControl && message.isEmpty {
      message.reserveCapacity(min(missing, Self.promisedBytes))
    }
  }

  /// The most that a message of `count` bytes may take while it is compressed: what cannot be compressed grows a little,
  /// with an empty block now and then.
  static func deflatedBytes(of count: Int) -> Int { count + count / 8 + 64 }

  private mutating func takePayload(_ bytes: Span<UInt8>, _ position: inout Int) throws(DecodingFailure) {
    let count = min(missing, bytes.count - position)
    let piece = bytes.extracting(position..<position + count)
    position += count
    missing -= count
    if header.opcode.isControl {
      Masking.append(piece, mask: &mask, to: &control)
    } else {
      Masking.append(piece, mask: &mask, to: &message)
      if opcode == .text && !isDeflated { try judgeText(last: count) }
    }
  }

  private mutating func judgeText(last count: Int) throws(DecodingFailure) {
    // A copy, because the span borrows the whole reader.
    var validator = utf8
    guard validator.accepts(message.span.extracting(last: count)) else {
      throw DecodingFailure(code: .invalidPayload, reason: "text is not UTF-8")
    }
    utf8 = validator
  }

  /// Ends the current frame; nil when its message goes on.
  private mutating func finishFrame() throws(DecodingFailure) -> WebSocketEvent? {
    let frame = header
    header = FrameHeader(from: frame.sender, acceptsDeflated: frame.acceptsDeflated)
    if frame.opcode.isControl {
      let payload = control
      control = []
      return try Self.controlEvent(frame.opcode, payload)
    }
    guard frame.isFinal else { return nil }
    guard utf8.isComplete else {
      throw DecodingFailure(code: .invalidPayload, reason: "text ends inside a character")
    }
    let payload = message
    defer { (message, opcode) = ([], nil) }
    if isDeflated, let opcode { return .deflated(opcode, payload) }
    return opcode == .text ? .text(payload) : .binary(payload)
  }

  private static func controlEvent(
    _ opcode: Opcode, _ payload: [UInt8]
  ) throws(DecodingFailure) -> WebSocketEvent {
    switch opcode {
    case .ping: return .ping(payload)
    case .pong: return .pong(payload)
    default: return try closeEvent(payload)
    }
  }

  /// Section 5.5.1: empty, or a code and a reason.
  private static func closeEvent(_ payload: [UInt8]) throws(DecodingFailure) -> WebSocketEvent {
    if payload.isEmpty { return .close(nil, reason: []) }
    guard payload.count >= 2 else { throw .protocolError("close frame of one byte") }
    let code = CloseCode(UInt16(payload[0]) << 8 | UInt16(payload[1]))
    guard code.isAllowedOnTheWire else { throw .protocolError("close code not allowed") }
    var utf8 = UTF8Validator()
    guard utf8.accepts(payload.span.extracting(droppingFirst: 2)), utf8.isComplete else {
      throw DecodingFailure(code: .invalidPayload, reason: "close reason is not UTF-8")
    }
    return .close(code, reason: [UInt8](payload[2...]))
  }
}
