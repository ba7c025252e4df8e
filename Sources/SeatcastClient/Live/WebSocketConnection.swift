// A WebSocket of a client (RFC 6455) over a link: the handshake, whole messages, and the answers to pings. Frames are
// read by the server's own decoder (Wire/), which here expects those of a server. One task reads; any may send.
import CClient

/// What a WebSocket says to its client.
package enum SocketEvent: Sendable {
  /// A text message and when it was read, in milliseconds since 1970.
  case text([UInt8], at: Int64)
  /// The server has closed the connection; nil: without a code.
  case closed(CloseCode?, reason: String)
}

struct WebSocketConnection {
  /// The longest message that is taken.
  private static let messageBytes = 1024 * 1024
  /// The server pings a quiet connection every 45 seconds; one that says nothing for so long is lost.
  private static let silence = Duration.seconds(120)

  private let network: Network
  let link: LinkID
  private var decoder = WebSocketDecoder(
    maximumMessage: Self.messageBytes, acceptsBinary: false, from: .server)
  private var bytes: [UInt8]
  private var position = 0
  /// When the bytes were read.
  private var at: Int64

  private init(_ network: Network, _ link: LinkID, behindHandshake rest: Arrival) {
    (self.network, self.link, bytes, at) = (network, link, rest.bytes, rest.at)
  }

  /// Connects and upgrades. An answer other than 101 is thrown as a refusal.
  static func open(
    _ target: String, of server: ServerAddress, token: String?, network: Network, tls: TLSContext?,
    within patience: Duration
  ) async throws -> WebSocketConnection {
    let link = try await network.open(server, tls: tls, within: patience)
    do {
      let rest = try await upgrade(link, target, server, token, network, patience)
      return WebSocketConnection(network, link, behindHandshake: rest)
    } catch {
      await network.close(link)
      throw error
    }
  }

  /// The bytes behind the server's 101.
  private static func upgrade(
    _ link: LinkID, _ target: String, _ server: ServerAddress, _ token: String?, _ network: Network,
    _ patience: Duration
  ) async throws -> Arrival {
    let key = Base64.encode((0..<16).map { _ in UInt8.random(in: .min ... .max) })
    var call = HTTPCall(
      "GET", target,
      fields: [
        ("Upgrade", "websocket"), ("Sec-WebSocket-Key", key), ("Sec-WebSocket-Version", "13"),
      ])
    if let token { call.fields.append(("Authorization", "Bearer \(token)")) }
    try await network.send(call.upgradeBytes(to: server), on: link)
    var reader = HTTPResponseReader()
    while true {
      let arrival = try await network.receive(link, within: patience)
      var position = 0
      let answer: HTTPResponseMessage?
      do throws(HTTPFailure) {
        answer = try reader.read(arrival.bytes.span, &position)
      } catch {
        throw ClientError.protocolViolation(error.sentence)
      }
      guard let answer else { continue }
      guard answer.status == 101 else { throw ClientError.refused(Problem(answer)) }
      guard answer.field("sec-websocket-accept") == accept(key) else {
        throw ClientError.protocolViolation("The server did not answer the handshake of this WebSocket.")
      }
      return Arrival(bytes: Array(arrival.bytes[position...]), at: arrival.at)
    }
  }

  /// RFC 6455, section 4.2.2, item 5.4.
  static func accept(_ key: String) -> String {
    let text = Array((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").utf8)
    var digest = [UInt8](repeating: 0, count: 20)
    unsafe cc_sha1(text, text.count, &digest)
    return Base64.encode(digest)
  }

  // MARK: Reading

  /// The next message, or the end. Pings are answered on the way.
  mutating func next() async throws -> SocketEvent {
    while true {
      // A reference of its own, because the decoder is changed while the bytes are read.
      let arrived = bytes
      switch decoder.decode(arrived.span.extracting(droppingFirst: position)) {
      case .needsMore:
        let arrival = try await network.receive(link, within: Self.silence)
        (bytes, position, at) = (arrival.bytes, 0, arrival.at)
      case .failure(let code, let reason):
        try? await network.send(ClientFrames.close(code, reason: reason), on: link)
        throw ClientError.protocolViolation("The server sent a broken frame: \(reason).")
      case .event(let event, let consumed):
        position += consumed
        if let said = try await take(event) { return said }
      }
    }
  }

  private func take(_ event: WebSocketEvent) async throws -> SocketEvent? {
    switch event {
    case .text(let text): return .text(text, at: at)
    case .ping(let payload):
      try await network.send(ClientFrames.frame(.pong, payload), on: link)
      return nil
    // Compression is not asked for, so the decoder refuses it.
    case .pong, .binary, .deflated: return nil
    case .close(let code, let reason):
      try? await network.send(ClientFrames.close(code, reason: ""), on: link)
      return .closed(code, reason: String(decoding: reason, as: UTF8.self))
    }
  }
}

extension HTTPCall {
  /// As `bytes`, with the option that an upgrade needs.
  fileprivate func upgradeBytes(to server: ServerAddress) throws(ClientError) -> [UInt8] {
    var head = try bytes(to: server)
    head.removeLast(2)
    return head + Array("Connection: Upgrade\r\n\r\n".utf8)
  }
}

/// Frames of a client: like those of the server, and masked (RFC 6455, section 5.3).
enum ClientFrames {
  static func frame(
    _ opcode: Opcode, _ payload: [UInt8], mask: UInt32 = UInt32.random(in: .min ... .max)
  ) -> [UInt8] {
    var output: [UInt8] = []
    FrameEncoder.appendHeader(opcode, payload: payload.count, to: &output)
    output[1] |= 0x80
    for index in 0..<4 { output.append(UInt8(truncatingIfNeeded: mask >> UInt32(8 * index))) }
    var rotating = mask
    Masking.append(payload.span, mask: &rotating, to: &output)
    return output
  }

  static func close(_ code: CloseCode?, reason: String) -> [UInt8] {
    var plain: [UInt8] = []
    FrameEncoder.appendClose(code, reason: reason, to: &plain)
    return frame(.close, Array(plain.dropFirst(2)))
  }
}

/// Base64 with padding (RFC 4648, section 4).
enum Base64 {
  private static let alphabet = Array(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

  static func encode(_ bytes: [UInt8]) -> String {
    var text: [UInt8] = []
    for start in stride(from: 0, to: bytes.count, by: 3) {
      let piece = bytes[start..<min(start + 3, bytes.count)]
      var word = piece.reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
      word <<= UInt32(8 * (3 - piece.count))
      for index in 0..<4 {
        text.append(
          index <= piece.count ? alphabet[Int(word >> UInt32(18 - 6 * index) & 63)] : UInt8(ascii: "="))
      }
    }
    return String(decoding: text, as: UTF8.self)
  }
}
