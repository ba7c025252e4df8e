// The WebSocket side of a connection: events in, actions out (RFC 6455, sections 5.5 and 7). It knows the close
// handshake and nothing of sockets or topics. One loop's thread.

/// The state of one upgraded connection.
struct WebSocketSession {
  enum State {
    case open
    /// Our close frame is out; everything but the peer's close frame is ignored.
    case closeSent
    /// Close frames went both ways, or the peer broke the grammar.
    case closed
  }

  enum Action {
    case none
    case message(ClientMessage)
    /// A compressed message of this kind: inflate it, and take it as a message if it is good.
    case inflate(Opcode, [UInt8])
    /// Send these bytes as a pong.
    case pong([UInt8])
    /// The peer closes: answer with this code and end the connection.
    case answerClose(CloseCode?)
    /// The peer answered our close: end the connection.
    case end
    /// Send a close frame with this code and end the connection.
    case fail(CloseCode, String)
  }

  private var decoder: WebSocketDecoder
  private(set) var state = State.open
  /// What was agreed on about compression.
  let compression: Compression

  init(limits: Limits, compression: Compression = .none) {
    self.compression = compression
    decoder = WebSocketDecoder(
      maximumMessage: limits.messageBytes, acceptsBinary: limits.acceptsBinary,
      acceptsDeflated: compression != .none)
  }

  /// Decodes from the front of `bytes`; nil for the action when all was consumed without an event.
  mutating func take(_ bytes: Span<UInt8>) -> (action: Action, consumed: Int)? {
    guard state != .closed else { return nil }
    switch decoder.decode(bytes) {
    case .needsMore: return nil
    case .failure(let code, let reason):
      let wasOpen = state == .open
      state = .closed
      return (wasOpen ? .fail(code, reason) : .end, bytes.count)
    case .event(let event, let consumed): return (action(for: event), consumed)
    }
  }

  /// Input after which a new session stands where this one does. Only for an open one.
  var equivalentInput: [UInt8] { decoder.equivalent }

  /// We have put a close frame on the wire.
  mutating func closeFrameSent() {
    if state == .open { state = .closeSent }
  }

  private mutating func action(for event: WebSocketEvent) -> Action {
    if case .close(let code, _) = event {
      defer { state = .closed }
      return state == .open ? .answerClose(code) : .end
    }
    guard state == .open else { return .none }
    switch event {
    case .text(let bytes): return .message(.text(bytes))
    case .binary(let bytes): return .message(.binary(bytes))
    case .deflated(let opcode, let payload): return .inflate(opcode, payload)
    case .ping(let bytes): return .pong(bytes)
    case .pong, .close: return .none
    }
  }
}
