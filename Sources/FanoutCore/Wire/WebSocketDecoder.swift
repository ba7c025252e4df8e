// Messages of a WebSocket peer out of bytes that arrive in any pieces (RFC 6455, sections 5 and 8).
// Invariant: the outcome depends on the bytes alone, never on where they were split; each byte is looked at
// once. Buffers exist only while a message is incomplete. No thread of its own, no I/O.

/// One whole thing that the peer said.
enum WebSocketEvent: Sendable, Equatable {
  /// Valid UTF-8.
  case text([UInt8])
  case binary([UInt8])
  /// A text or a binary message that is still compressed (RFC 7692, section 7.2.2).
  case deflated(Opcode, [UInt8])
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

  /// At most one. An array is the smallest box there is: an idle subscriber pays 8 bytes for it.
  private var progress: [MessageReader] = []
  private let maximumMessage: UInt32
  private let acceptsBinary: Bool
  private let acceptsDeflated: Bool
  private let sender: FrameHeader.Sender

  /// - Parameters:
  ///   - maximumMessage: bytes of one message over all its fragments; more: 1009.
  ///   - acceptsBinary: otherwise a binary message is 1003.
  ///   - acceptsDeflated: compressed messages were agreed on; otherwise one is 1002.
  ///   - sender: the client, in a server; the client library reads what a server sends.
  init(
    maximumMessage: Int, acceptsBinary: Bool, acceptsDeflated: Bool = false,
    from sender: FrameHeader.Sender = .client
  ) {
    (self.maximumMessage, self.acceptsBinary) = (UInt32(clamping: maximumMessage), acceptsBinary)
    (self.acceptsDeflated, self.sender) = (acceptsDeflated, sender)
  }

  /// True between messages: nothing is buffered.
  var isIdle: Bool { progress.isEmpty }

  /// Bytes after which a new decoder of the same limits stands where this one does: empty between messages.
  var equivalent: [UInt8] { progress.first?.equivalent ?? [] }

  /// Takes bytes up to the end of the next event. Call it again with what is left until it needs more.
  mutating func decode(_ bytes: Span<UInt8>) -> Step {
    // Moved out and back, so that its arrays have one owner and are never copied.
    var current =
      progress.popLast()
      ?? MessageReader(
        Int(maximumMessage), acceptsBinary: acceptsBinary, acceptsDeflated: acceptsDeflated, from: sender)
    do throws(DecodingFailure) {
      var position = 0
      let event = try current.read(bytes, &position)
      if current.isIdle { progress = [] } else { progress.append(current) }
      guard let event else { return .needsMore }
      return .event(event, consumed: position)
    } catch {
      progress = [MessageReader(failed: error)]
      return .failure(error.code, reason: error.reason)
    }
  }
}
