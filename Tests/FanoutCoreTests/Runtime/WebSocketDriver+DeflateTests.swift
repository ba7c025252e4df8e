// permessage-deflate in the handshake and in what clients send (RFC 7692, sections 7.1 and 7.2.2).
import TestSupport
import Testing

@testable import FanoutCore
@testable import FanoutTestSupport

@Suite struct WebSocketDriverDeflateTests {
  private static let offer = "permessage-deflate; client_max_window_bits"

  private func agreed(_ rig: LoopRig, _ offer: String) -> String? {
    let client = rig.webSocket(extensions: offer)
    _ = client.read()
    return client.head.split(separator: "\r\n").first { $0.hasPrefix("Sec-WebSocket-Extensions: ") }
      .map { String($0.dropFirst("Sec-WebSocket-Extensions: ".count)) }
  }

  @Test("what can be agreed on is, the rest is not spoken of")
  func handshake() {
    let rig = LoopRig()
    #expect(agreed(rig, Self.offer) == "permessage-deflate; client_no_context_takeover")
    #expect(rig.counters.own.compressedOpen == 1)
    #expect(agreed(rig, "permessage-deflate; bogus") == nil)
    #expect(agreed(rig, "other") == nil)
    #expect(rig.counters.own.compressedOpen == 1)
    let broken = rig.connect()
    broken.write(ScriptedClient.upgrade("/ws", "Sec-WebSocket-Extensions: permessage-deflate;\r\n"))
    rig.settle(2)
    #expect(HTTPAnswers.read(broken.read()).map(\.status) == [400])
    #expect(rig.faults() == [])
  }

  @Test(
    "nothing is agreed on where it is switched off, and a connection that is only closed agrees to nothing")
  func off() {
    var limits = Limits()
    limits.compresses = false
    #expect(agreed(LoopRig(limits), Self.offer) == nil)
    let rig = LoopRig()
    let doomed = rig.webSocket("/doomed", extensions: Self.offer)
    #expect(doomed.read() == [.close(1008, "doomed")])
    #expect(!doomed.head.contains("Extensions"))
    #expect(rig.counters.own.compressedOpen == 0)
  }

  @Test("a compressed message is a message, in fragments and byte by byte, between plain ones")
  func inbound() {
    let rig = LoopRig()
    let client = rig.webSocket(extensions: Self.offer)
    _ = client.read()
    client.sayDeflated("echo one")
    client.say("echo two")
    client.sayDeflated("echo one")
    rig.settle(2)
    #expect(client.texts() == ["echo one", "echo two", "echo one"])
    let payload = client.frames.peer?.deflate(Array("echo in pieces".utf8)) ?? []
    let frames =
      ClientFrames.frame(1, Array(payload[..<3]), fin: false, bits: 0x40) + ClientFrames.ping("p")
      + ClientFrames.frame(0, Array(payload[3...]))
    for byte in frames {
      client.socket.write([byte])
      rig.turn()
    }
    #expect(client.read() == [.pong(Array("p".utf8)), .text("echo in pieces")])
    #expect(rig.loop.counters.own.messagesReceived == 4)
    #expect(client.frames.deflatedTexts == 0, "answers are plain")
    #expect(rig.faults() == [])
  }

  /// The close code that these frames lead to.
  private func code(_ frames: [UInt8], extensions: String? = offer) -> UInt16? {
    let rig = LoopRig()
    let client = rig.webSocket(extensions: extensions)
    _ = client.read()
    client.socket.write(frames)
    rig.settle(2)
    #expect(rig.faults() == [])
    guard case .close(let code, _) = client.read().last else { return nil }
    #expect(client.socket.isEnded)
    return code
  }

  @Test("RSV1 without an agreement, on a later fragment, a ping or an empty continuation is 1002")
  func reservedBit() throws {
    let payload = try PeerDeflate(agreed: "permessage-deflate").deflate(Array("echo".utf8))
    #expect(code(ClientFrames.frame(1, payload, bits: 0x40), extensions: nil) == 1002)
    #expect(code(ClientFrames.frame(1, payload, bits: 0x40), extensions: "other") == 1002)
    #expect(code(ClientFrames.frame(1, payload, bits: 0x20)) == 1002)
    #expect(code(ClientFrames.frame(9, [], bits: 0x40)) == 1002)
    #expect(code(ClientFrames.frame(8, [], bits: 0x40)) == 1002)
    let first = ClientFrames.frame(1, payload, fin: false, bits: 0x40)
    #expect(code(first + ClientFrames.frame(0, [], bits: 0x40)) == 1002)
    #expect(code(ClientFrames.frame(1, [], fin: false) + ClientFrames.frame(0, payload, bits: 0x40)) == 1002)
  }

  @Test("a bomb is 1009, what cannot be inflated or is no text is 1007, and binary is 1003")
  func badData() throws {
    let peer = try PeerDeflate(agreed: "permessage-deflate")
    let limit = Limits().messageBytes
    let bomb = peer.deflate([UInt8](repeating: 32, count: 1_000_000))
    #expect(bomb.count < limit)
    #expect(code(ClientFrames.frame(1, bomb, bits: 0x40)) == 1009)
    #expect(
      code(ClientFrames.frame(1, peer.deflate([UInt8](repeating: 32, count: limit + 1)), bits: 0x40)) == 1009)
    #expect(
      code(ClientFrames.frame(1, peer.deflate([UInt8](repeating: 32, count: limit)), bits: 0x40)) == nil)
    #expect(code(ClientFrames.frame(1, [0xff, 0xff, 0xff], bits: 0x40)) == 1007)
    #expect(code(ClientFrames.frame(1, [], bits: 0x40)) == 1007)
    #expect(code(ClientFrames.frame(1, peer.deflate([0xc3, 0x28]), bits: 0x40)) == 1007)
    #expect(code(ClientFrames.frame(1, peer.deflate([0xe2, 0x82]), bits: 0x40)) == 1007)
    #expect(code(ClientFrames.frame(2, peer.deflate([1]), bits: 0x40)) == 1003)
  }

  @Test("an incompressible message of exactly the limit is taken")
  func incompressible() throws {
    var limits = Limits()
    limits.acceptsBinary = true
    let rig = LoopRig(limits)
    let client = rig.webSocket(extensions: Self.offer)
    _ = client.read()
    var random = SeededRandom(seed: 9)
    let noise = random.bytes(limits.messageBytes)
    let payload = client.frames.peer?.deflate(noise) ?? []
    #expect(payload.count > noise.count)
    client.socket.write(ClientFrames.frame(2, payload, bits: 0x40))
    rig.settle(2)
    #expect(client.read() == [.binary(noise)])
  }

  @Test("where answers are all that is sent they are compressed, if that makes them smaller")
  func compressedAnswers() {
    var limits = Limits()
    (limits.compressesAnswers, limits.acceptsBinary) = (true, true)
    let rig = LoopRig(limits)
    let client = rig.webSocket(extensions: Self.offer)
    _ = client.read()
    let long = "echo " + String(repeating: "again ", count: 300)
    client.sayDeflated(long)
    client.say("e")
    rig.settle(2)
    #expect(client.texts() == [long, "e"])
    #expect(client.frames.deflatedTexts == 1)
    let plain = rig.webSocket()
    _ = plain.read()
    plain.say(long)
    rig.settle(2)
    #expect(plain.texts() == [long])
  }
}
