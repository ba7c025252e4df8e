// Messages of a WebSocket client out of bytes that arrive in any pieces (RFC 6455, sections 5 and 8).
// Invariant: the outcome depends on the bytes alone, never on where they were split; each byte is looked at
// once. Buffers exist only while a message is incomplete. No thread of its own, no I/O.

/// One whole thing that a client said.
enum WebSocketEvent: Sendable, Equatable {
  /// Valid UTF-8.
  case text([UInt8])
  case binary([UInt8])
  case ping([UInt8])
  case pong([UInt8])
  /// The code is one that may stand on the wire; nil when the frame was empty. The reason is valid UTF-8.
  case close(CloseCode?, reason: [UInt8])
}

/// Why a connection must be closed (RFC 6455, section 7.1.7): code and reason of the close frame to send.
struct DecodingFailure: Error, Sendable, Equatable {
  let code: CloseCode
  let reason: String

  static func protocolError(_ reason: String) -> DecodingFailure {
    DecodingFailure(code: .protocolError, reason: reason)
  }
}

struct WebSocketDecoder: Sendable {
  enum Step: Sendable, Equatable {
    /// All bytes were taken.
    case needsMore
    /// The bytes after `consumed` belong to what comes next.
    case event(WebSocketEvent, consumed: Int)
    /// Nothing more can be read from this connection; every later call says the same.
    case failure(CloseCode, reason: String)
  }

  /// Capacity that a header's promise alone may claim, in bytes; the rest grows with what arrives.
  private static let promisedCapacity = 64 * 1024

  private let maximumMessage: Int
  private let acceptsBinary: Bool
  private var header = FrameHeader()
  /// Bytes of the current frame's payload that are still to come.
  private var missing = 0
  /// The mask for the next byte of payload.
  private var mask: UInt32 = 0
  /// Of the message in progress; nil between messages.
  private var messageOpcode: Opcode?
  private var message: [UInt8] = []
  private var utf8 = UTF8Validator()
  private var control: [UInt8] = []
  private var failed: DecodingFailure?

  /// - Parameter maximumMessage: bytes of one message over all its fragments; more: 1009.
  init(maximumMessage: Int, acceptsBinary: Bool) {
    (self.maximumMessage, self.acceptsBinary) = (maximumMessage, acceptsBinary)
  }

  /// True between messages: nothing is buffered.
  var isIdle: Bool { messageOpcode == nil && header.byteCount == 0 }

  /// Takes bytes up to the end of the next event. Call it again with what is left until it needs more.
  mutating func decode(_ bytes: Span<UInt8>) -> Step {
    if let failed { return .failure(failed.code, reason: failed.reason) }
    do throws(DecodingFailure) {
      var position = 0
      while try takeHeader(bytes, &position) {
        try takePayload(bytes, &position)
        guard missing == 0 else { return .needsMore }
        if let event = try finishFrame() { return .event(event, consumed: position) }
      }
      return .needsMore
    } catch {
      fail(error)
      return .failure(error.code, reason: error.reason)
    }
  }

  /// True when the header is complete; its frame was then admitted exactly once.
  private mutating func takeHeader(
    _ bytes: Span<UInt8>, _ position: inout Int
  ) throws(DecodingFailure) -> Bool {
    if header.isComplete { return position < bytes.count }
    while position < bytes.count {
      try header.take(bytes[position])
      position += 1
      if header.byteCount == 1 { try admitOpcode() }
      if header.isComplete {
        try admitFrame()
        return true
      }
    }
    return false
  }

  /// Section 5.4: a continuation needs a message in progress, a new data frame needs none.
  private func admitOpcode() throws(DecodingFailure) {
    switch header.opcode {
    case .continuation where messageOpcode == nil:
      throw .protocolError("continuation without a message")
    case .text where messageOpcode != nil, .binary where messageOpcode != nil:
      throw .protocolError("new message inside a message")
    case .binary where !acceptsBinary:
      throw DecodingFailure(code: .unsupportedData, reason: "binary messages are not accepted")
    default: break
    }
  }

  /// Judges the size before anything is buffered.
  private mutating func admitFrame() throws(DecodingFailure) {
    if !header.opcode.isControl {
      guard header.length <= UInt64(clamping: maximumMessage - message.count) else {
        throw DecodingFailure(code: .messageTooBig, reason: "message too big")
      }
      if header.opcode != .continuation { messageOpcode = header.opcode }
    }
    missing = Int(clamping: header.length)
    mask = header.mask
    if !header.opcode.isControl && message.isEmpty {
      message.reserveCapacity(min(missing, Self.promisedCapacity))
    }
  }

  private mutating func takePayload(_ bytes: Span<UInt8>, _ position: inout Int) throws(DecodingFailure) {
    let count = min(missing, bytes.count - position)
    if count == 0 { return }
    let piece = bytes.extracting(position..<position + count)
    position += count
    missing -= count
    if header.opcode.isControl {
      Masking.append(piece, mask: mask, to: &control)
    } else {
      let start = message.count
      Masking.append(piece, mask: mask, to: &message)
      if messageOpcode == .text {
        // A copy, because the span borrows the whole decoder.
        var validator = utf8
        guard validator.accepts(message.span.extracting(start...)) else {
          throw DecodingFailure(code: .invalidPayload, reason: "text is not UTF-8")
        }
        utf8 = validator
      }
    }
    mask = Masking.rotated(mask, by: count)
  }

  /// Ends the current frame; nil when its message goes on.
  private mutating func finishFrame() throws(DecodingFailure) -> WebSocketEvent? {
    let (opcode, isFinal) = (header.opcode, header.isFinal)
    header = FrameHeader()
    if opcode.isControl {
      let payload = control
      control = []
      return try Self.controlEvent(opcode, payload)
    }
    guard isFinal else { return nil }
    guard utf8.isComplete else {
      throw DecodingFailure(code: .invalidPayload, reason: "text ends inside a character")
    }
    let event = messageOpcode == .text ? WebSocketEvent.text(message) : .binary(message)
    (message, messageOpcode) = ([], nil)
    return event
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
    guard utf8.accepts(payload.span.extracting(2...)), utf8.isComplete else {
      throw DecodingFailure(code: .invalidPayload, reason: "close reason is not UTF-8")
    }
    return .close(code, reason: [UInt8](payload[2...]))
  }

  private mutating func fail(_ failure: DecodingFailure) {
    failed = failure
    (message, control, messageOpcode) = ([], [], nil)
  }
}

extension CloseCode {
  /// Whether a close frame may carry this code (RFC 6455, section 7.4, and the IANA registry): 1004 is
  /// reserved, 1005, 1006 and 1015 only ever stand for the absence of a frame.
  var isAllowedOnTheWire: Bool {
    switch rawValue {
    case 1000...1003, 1007...1014, 3000...4999: true
    default: false
    }
  }
}
