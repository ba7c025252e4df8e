// A WebSocket client (RFC 6455) with deadlines, strict about everything a server sends. It answers pings
// by itself unless told not to. One thread at a time.

/// One connection after its handshake.
public final class WebSocketClient: @unchecked Sendable {
  /// The server's 101.
  public let answer: HTTPAnswer
  public let socket: Socket
  public var answersPings = true
  private var decoder = ServerFrameDecoder()
  private var hasEnded = false
  /// Told of every message that `nextJSON` gives; what is set last counts.
  public static let inspector = Guarded<Inspector?>(nil)

  /// A closure in a struct: one that stands in a generic box by itself is wrapped once more by each access, and ever slower to call.
  public struct Inspector: Sendable {
    let look: @Sendable (JSON) -> Void
    public init(_ look: @escaping @Sendable (JSON) -> Void) { self.look = look }
  }

  /// What was agreed on about compression; nil: nothing was.
  public var peer: PeerDeflate? { decoder.peer }
  /// Messages of the server that were compressed.
  public var deflated: Int { decoder.deflated }

  /// Whether the server ever cut a message into fragments.
  public var sawFragments: Bool { decoder.sawFragments }

  /// The key of all handshakes here; the accept value is computed from it, not remembered.
  public static let key = Digests.base64(Array("the sample nonce".utf8))

  /// Connects and upgrades.
  /// - Parameter extensions: what is offered as `Sec-WebSocket-Extensions`; nil: nothing.
  /// - Throws: `HandshakeRefused` with the answer when it is not 101.
  public init(
    port: Int, path: String, token: String? = nil, fields: [(String, String)] = [], extensions: String? = nil,
    receiveBuffer: Int? = nil, patience: Duration = usualPatience
  ) throws {
    socket = try Socket(port: port, receiveBuffer: receiveBuffer, within: patience)
    let target = Self.target(path, token: token)
    let fields = fields + (extensions.map { [("Sec-WebSocket-Extensions", $0)] } ?? [])
    try socket.send(Self.handshake(port: port, target: target, fields: fields), within: patience)
    var received: [UInt8] = []
    var end = HTTPAnswer.endOfHead(in: received)
    while end == nil {
      let more = try socket.receive(within: patience)
      if more.isEmpty { throw TestFailure("closed during the handshake") }
      received += more
      end = HTTPAnswer.endOfHead(in: received)
    }
    guard let end else { throw TestFailure("no end of the handshake") }
    answer = try HTTPAnswer(head: Array(received[..<(end - 4)]))
    guard answer.status == 101 else { throw HandshakeRefused(answer: answer) }
    try Self.check(answer)
    if let agreed = answer.field("Sec-WebSocket-Extensions") {
      guard extensions != nil else { throw TestFailure("an extension that nobody offered: \(agreed)") }
      decoder.peer = try PeerDeflate(agreed: agreed)
    }
    decoder.append(received[end...])
  }

  /// The path with the token as its query, as the given contract says.
  public static func target(_ path: String, token: String?) -> String {
    guard let token else { return path }
    return path + (path.contains("?") ? "&" : "?") + "token=" + token
  }

  /// The bytes of an upgrade request.
  public static func handshake(port: Int, target: String, fields: [(String, String)] = []) -> [UInt8] {
    var head = "GET \(target) HTTP/1.1\r\nHost: 127.0.0.1:\(port)\r\nUpgrade: websocket\r\n"
    head += "Connection: Upgrade\r\nSec-WebSocket-Key: \(key)\r\nSec-WebSocket-Version: 13\r\n"
    for (name, value) in fields { head += "\(name): \(value)\r\n" }
    return Array((head + "\r\n").utf8)
  }

  /// Throws unless the 101 is what RFC 6455, section 4.2.2 asks for.
  public static func check(_ answer: HTTPAnswer) throws {
    let accept = Digests.base64(
      Digests.sha1(Array((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").utf8)))
    guard answer.field("Upgrade")?.lowercased() == "websocket",
      answer.field("Connection")?.lowercased() == "upgrade",
      answer.field("Sec-WebSocket-Accept") == accept
    else { throw TestFailure("a 101 of a bad form: \(answer.fields)") }
  }

  public func send(_ frame: ClientFrame) throws { try socket.send(frame.bytes) }
  public func send(text: String) throws { try send(.text(text)) }
  public func send(json: JSON) throws { try send(.text(json.text)) }

  /// The next message or control frame. Throws `Silence`, or `ConnectionEnded` without a close frame.
  public func next(within patience: Duration = usualPatience) throws -> Incoming {
    let deadline = Deadline(patience)
    while true {
      if let incoming = try decoder.next() {
        if case .ping(let payload) = incoming, answersPings { try? send(.pong(payload)) }
        return incoming
      }
      if hasEnded { throw ConnectionEnded() }
      if deadline.hasPassed { throw Silence(patience: patience) }
      let more: [UInt8]
      do {
        more = try socket.receive(within: .milliseconds(Int(deadline.milliseconds)))
      } catch is Silence {
        throw Silence(patience: patience)
      } catch is ConnectionLost {
        more = []
      }
      hasEnded = more.isEmpty
      decoder.append(more)
    }
  }

  /// The next text message as JSON; pings are passed over, anything else is thrown.
  public func nextJSON(within patience: Duration = usualPatience) throws -> JSON {
    while true {
      switch try next(within: patience) {
      case .text(let text):
        let message = try JSON(parsing: text)
        Self.inspector.withLock { $0 }?.look(message)
        return message
      case .ping, .pong: continue
      case let other: throw TestFailure("a text message was expected, not \(other)")
      }
    }
  }

  /// The next JSON message of that type; throws when another one comes first.
  public func expect(_ type: String, within patience: Duration = usualPatience) throws -> JSON {
    let message = try nextJSON(within: patience)
    guard message["type"]?.string == type else {
      throw TestFailure("\(type) was expected, not \(message.text)")
    }
    return message
  }

  /// Reads over everything until the close frame; answers it.
  public func expectClose(within patience: Duration = usualPatience) throws -> (code: UInt16?, reason: String)
  {
    while true {
      if case .close(let code, let reason) = try next(within: patience) {
        try? send(.close(code))
        return (code, reason)
      }
    }
  }

  /// The close frame, or nil when the connection ends without one.
  public func closeOrEnd(within patience: Duration = usualPatience) throws -> UInt16? {
    do {
      return try expectClose(within: patience).code
    } catch is ConnectionEnded {
      return nil
    }
  }

  /// Whether the server closes the TCP connection, after whatever it still sends.
  public func serverCloses(within patience: Duration = usualPatience) throws -> Bool {
    do {
      while true { _ = try next(within: patience) }
    } catch is ConnectionEnded {
      return true
    } catch is Silence {
      return false
    }
  }

  /// Drops the connection without a close frame.
  public func drop() { socket.close() }
}

/// The server answered an upgrade with something other than 101.
public struct HandshakeRefused: Error, CustomStringConvertible, Sendable {
  public let answer: HTTPAnswer
  public var description: String { "the handshake was answered with \(answer.status)" }
}

/// The TCP connection ended where a frame was expected.
public struct ConnectionEnded: Error, CustomStringConvertible, Sendable {
  public init() {}
  public var description: String { "the connection ended without a close frame" }
}
