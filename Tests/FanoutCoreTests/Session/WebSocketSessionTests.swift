import Testing

@testable import FanoutCore
@testable import FanoutTestSupport

/// What an action amounts to, comparable.
private enum Said: Equatable {
  case none, end
  case message(ClientMessage)
  case inflate(Opcode, [UInt8])
  case pong(String)
  case answerClose(UInt16?)
  case fail(UInt16)

  init(_ action: WebSocketSession.Action) {
    self =
      switch action {
      case .none: .none
      case .end: .end
      case .message(let message): .message(message)
      case .inflate(let opcode, let payload): .inflate(opcode, payload)
      case .pong(let bytes): .pong(String(decoding: bytes, as: UTF8.self))
      case .answerClose(let code): .answerClose(code?.rawValue)
      case .fail(let code, _): .fail(code.rawValue)
      }
  }
}

@Suite struct WebSocketSessionTests {
  /// Everything that the session makes of `bytes`.
  private func said(_ session: inout WebSocketSession, _ bytes: [UInt8]) -> [Said] {
    var all: [Said] = []
    var start = 0
    while start < bytes.count, let step = session.take(bytes.span.extracting(start...)) {
      all.append(Said(step.action))
      start += step.consumed
    }
    return all
  }

  @Test("a compressed message is to be inflated, where that was agreed on")
  func compressed() {
    var session = WebSocketSession(limits: Limits(), compression: .standalone)
    #expect(session.compression == .standalone)
    #expect(said(&session, ClientFrames.frame(1, [1, 2], bits: 0x40)) == [.inflate(.text, [1, 2])])
    session.closeFrameSent()
    #expect(said(&session, ClientFrames.frame(1, [1, 2], bits: 0x40)) == [.none])
    var plain = WebSocketSession(limits: Limits())
    #expect(said(&plain, ClientFrames.frame(1, [1, 2], bits: 0x40)) == [.fail(1002)])
  }

  @Test("messages, pings and pongs come out in order")
  func events() {
    var session = WebSocketSession(limits: Limits())
    let bytes = ClientFrames.text("a") + ClientFrames.ping("p") + ClientFrames.pong() + ClientFrames.text("b")
    #expect(
      said(&session, bytes) == [
        .message(.text(Array("a".utf8))), .pong("p"), .none, .message(.text(Array("b".utf8))),
      ])
    #expect(session.state == .open)
  }

  @Test("a peer's close is answered with its code, and nothing is read behind it")
  func peerCloses() {
    var session = WebSocketSession(limits: Limits())
    #expect(said(&session, ClientFrames.close(1000) + ClientFrames.text("late")) == [.answerClose(1000)])
    #expect(session.state == .closed)
    #expect(session.take(ClientFrames.text("later").span) == nil)
  }

  @Test("a close without a code is answered without one")
  func emptyClose() {
    var session = WebSocketSession(limits: Limits())
    #expect(said(&session, ClientFrames.close(nil)) == [.answerClose(nil)])
  }

  @Test("after our close frame everything is ignored but the peer's")
  func weClose() {
    var session = WebSocketSession(limits: Limits())
    session.closeFrameSent()
    #expect(session.state == .closeSent)
    let bytes = ClientFrames.text("x") + ClientFrames.ping("p") + ClientFrames.close(1000)
    #expect(said(&session, bytes) == [.none, .none, .end])
    #expect(session.state == .closed)
  }

  @Test("what breaks the grammar is answered with a close frame, unless ours is out already")
  func violations() {
    var session = WebSocketSession(limits: Limits())
    #expect(said(&session, [0x81, 0x01, 0x61]) == [.fail(1002)])
    #expect(session.state == .closed)
    var closing = WebSocketSession(limits: Limits())
    closing.closeFrameSent()
    #expect(said(&closing, [0x81, 0x01, 0x61]) == [.end])
  }

  @Test("a binary message is refused unless it is wanted")
  func binary() {
    var session = WebSocketSession(limits: Limits())
    #expect(said(&session, ClientFrames.frame(2, [1])) == [.fail(1003)])
    var limits = Limits()
    limits.acceptsBinary = true
    var willing = WebSocketSession(limits: limits)
    #expect(said(&willing, ClientFrames.frame(2, [1])) == [.message(.binary([1]))])
  }

  @Test("a message over the limit is refused")
  func tooBig() {
    var session = WebSocketSession(limits: Limits())
    let size = Limits().messageBytes
    let fits = ClientFrames.frame(1, [UInt8](repeating: 0x61, count: size))
    #expect(said(&session, fits) == [.message(.text([UInt8](repeating: 0x61, count: size)))])
    #expect(said(&session, ClientFrames.frame(1, [UInt8](repeating: 0x61, count: size + 1))) == [.fail(1009)])
  }
}
