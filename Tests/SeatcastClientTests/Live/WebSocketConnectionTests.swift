import TestSupport
import Testing

@testable import SeatcastClient

@Suite("WebSocketConnection")
struct WebSocketConnectionTests {
  @Test("The accept value is that of RFC 6455, section 1.3")
  func accept() {
    #expect(WebSocketConnection.accept("dGhlIHNhbXBsZSBub25jZQ==") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
  }

  @Test("Frames of a client are masked, and a server's decoder reads them")
  func frames() {
    let frame = ClientFrames.frame(.text, Array("Hello".utf8), mask: 0x3d21_fa37)
    #expect(frame == [0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58])
    var decoder = WebSocketDecoder(maximumMessage: 100, acceptsBinary: false)
    #expect(
      decoder.decode(ClientFrames.close(.normal, reason: "done").span)
        == .event(.close(.normal, reason: Array("done".utf8)), consumed: 12))
  }

  @Test("Base64 has its padding")
  func base64() {
    let texts = ["", "f", "fo", "foo", "foob"].map { Base64.encode(Array($0.utf8)) }
    #expect(texts == ["", "Zg==", "Zm8=", "Zm9v", "Zm9vYg=="])
  }

  @Test(
    "Pings are answered, and a server that does not answer the handshake is refused", .timeLimit(.minutes(30))
  )
  func pings() async throws {
    let payload = Guarded<[UInt8]>([])
    let server = try ScriptedServer { number, connection in
      guard number == 0 else {
        _ = connection.head()
        return connection.send("HTTP/1.1 101 X\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: x\r\n\r\n")
      }
      guard connection.upgrade() != nil else { return }
      connection.frame("abc", opcode: 9)
      if let frame = connection.clientFrame(), frame.opcode == 10 { payload.withLock { $0 = frame.payload } }
      connection.closeFrame(1000, "bye")
      connection.drain()
    }
    let network = try Network()
    let address = try ServerAddress(server.url)
    var socket = try await WebSocketConnection.open(
      "/ws", of: address, token: nil, network: network, tls: nil, within: .seconds(20))
    guard case .closed(let code, let reason) = try await socket.next() else {
      Issue.record("not closed")
      return
    }
    #expect(code == .normal && reason == "bye" && payload.withLock { $0 } == Array("abc".utf8))
    await #expect(throws: ClientError.self) {
      _ = try await WebSocketConnection.open(
        "/ws", of: address, token: nil, network: network, tls: nil, within: .seconds(20)
      ).link
    }
  }
}
