// The WebSocket protocol (RFC 6455), rule by rule, on a whole loop: a client's bytes in, a server's out. Each title begins
// with the section whose rule it holds; docs/CONFORMANCE.md lists them. The Autobahn suite (script/conformance) covers the
// same ground from outside.
import Testing

@testable import FanoutCore
@testable import FanoutTestSupport

@Suite("RFC 6455") struct RFC6455Tests {
  // MARK: 4 Opening handshake

  private static let fields = [
    "Host: here", "Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Version: 13",
  ]

  /// What a handshake is answered with; `fields` replace those of the same name.
  private func answer(_ changed: String..., without: String = "-", line: String = "GET /ws HTTP/1.1")
    -> HTTPAnswers.Answer?
  {
    let names = changed.map { $0.prefix { $0 != ":" } } + [without[...]]
    let kept = Self.fields.filter { field in !names.contains { field.hasPrefix($0 + ":") } }
    return Conversation().say(([line] + kept + changed).joined(separator: "\r\n") + "\r\n\r\n").first
  }

  @Test("4.2.1, 1: the request is a GET of HTTP/1.1 or higher; an older one asks for no upgrade at all")
  func method() {
    #expect(answer()?.status == 101)
    #expect(answer(line: "GET /ws HTTP/1.2")?.status == 101)
    for method in ["POST", "PUT", "OPTIONS"] {
      let answer = answer(line: "\(method) /ws HTTP/1.1")
      #expect(answer?.status == 405 && answer?.head.contains("Allow: GET\r\n") == true)
    }
    #expect(answer(line: "GET /ws HTTP/1.0")?.status == 200, "RFC 9110, section 7.8: Upgrade is ignored")
  }

  @Test("4.2.1, 2: there must be a Host")
  func host() { #expect(answer(without: "Host")?.status == 400) }

  @Test("4.2.1, 3: Upgrade names websocket, in any case, perhaps among others; without it this is plain HTTP")
  func upgrade() {
    for value in ["WebSocket", "WEBSOCKET", "h2c, websocket"] {
      #expect(answer("Upgrade: \(value)")?.status == 101)
    }
    #expect(answer(without: "Upgrade")?.status == 200)
    #expect(answer("Upgrade: websockets")?.status == 200)
  }

  @Test("4.2.1, 4: Connection names Upgrade, in any case, perhaps among others")
  func connection() {
    for value in ["upgrade", "keep-alive, UPGRADE"] { #expect(answer("Connection: \(value)")?.status == 101) }
    #expect(answer("Connection: keep-alive")?.status == 400)
    #expect(answer(without: "Connection")?.status == 400)
  }

  @Test("4.2.1, 5: the key is 16 bytes in base64, once")
  func key() {
    for key in [
      "", "AAAA", "dGhlIHNhbXBsZSBub25jZQ", "dGhlIHNhbXBsZSBub25jZQ=", "dGhlIHNhbXBsZSBub25jZTEyMw==",
      "dGhl*HNhbXBsZSBub25jZQ==",
    ] {
      #expect(answer("Sec-WebSocket-Key: \(key)")?.status == 400, "\(key)")
    }
    #expect(answer(without: "Sec-WebSocket-Key")?.status == 400)
    #expect(answer("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "X: y")?.status == 101)
  }

  @Test("4.2.1, 6 and 4.4: another version is 426, and the answer names the one that is spoken")
  func version() {
    for version in ["8", "12", "14", "0", "013", "13.0", "13, 8"] {
      let answer = answer("Sec-WebSocket-Version: \(version)")
      #expect(answer?.status == 426, "\(version)")
      #expect(answer?.head.contains("Sec-WebSocket-Version: 13\r\n") == true)
      #expect(answer?.head.contains("Upgrade: websocket\r\n") == true)
      #expect(answer?.head.contains("Connection: Upgrade\r\n") == true, "RFC 9110, section 7.8")
    }
    #expect(answer(without: "Sec-WebSocket-Version")?.status == 400)
  }

  @Test("4.2.2, 5: the 101 has Upgrade, Connection and the accept value, and nothing that was not offered")
  func switching() {
    let head = answer()?.head ?? ""
    #expect(head.hasPrefix("HTTP/1.1 101 Switching Protocols\r\n"))
    for line in [
      "Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Accept: scripted:dGhlIHNhbXBsZSBub25",
    ] {
      #expect(head.contains(line + "\r\n"), "\(line)")
    }
    #expect(!head.contains("Sec-WebSocket-Protocol") && !head.contains("Sec-WebSocket-Extensions"))
    #expect(!head.contains("Content-Length") && !head.contains("Transfer-Encoding"))
    #expect(
      answer("Sec-WebSocket-Extensions: x-unknown; a=b")?.head.contains("Sec-WebSocket-Extensions") == false)
  }

  @Test("4.2.2: what comes behind the handshake in the same bytes is read as frames")
  func framesBehind() {
    let conversation = Conversation()
    conversation.socket.write(Array(ScriptedClient.upgrade("/ws").utf8) + ClientFrames.text("echo hello"))
    conversation.rig.settle(4)
    let client = ScriptedClient(conversation.socket)
    #expect(client.texts() == ["connected", "echo hello"])
  }

  // MARK: 5 Framing

  /// The frames that a fresh connection sends in answer to these bytes, without its greeting.
  private func frames(_ bytes: [UInt8], _ limits: Limits = Limits()) -> [ServerFrames.Frame] {
    let rig = LoopRig(limits)
    let client = rig.webSocket()
    _ = client.read()
    client.socket.write(bytes)
    rig.settle(3)
    let frames = client.read()
    if let offence = client.frames.offence { Issue.record("\(offence)") }
    for fault in rig.faults() { Issue.record("\(fault)") }
    return frames
  }

  /// The code of the close frame with which the server fails the connection, alone; nil: it does not.
  private func failure(_ bytes: [UInt8], _ limits: Limits = Limits()) -> UInt16? {
    let answer = frames(bytes + ClientFrames.text("echo behind"), limits)
    guard answer.count == 1, case .close(let code, _) = answer[0] else { return nil }
    return code
  }

  /// One frame of a client with these two first bytes, and its payload masked.
  private func raw(_ first: UInt8, _ payload: [UInt8] = []) -> [UInt8] {
    var bytes = ClientFrames.frame(0, payload)
    bytes[0] = first
    return bytes
  }

  @Test("5.1: a frame of a client that is not masked fails the connection, and a server masks none")
  func masking() {
    #expect(failure([0x81, 0x05] + Array("hello".utf8)) == 1002)
    #expect(failure([0x89, 0x00]) == 1002)
    // `ServerFrames` refuses a masked frame.
    #expect(frames(ClientFrames.text("echo hello")) == [.text("echo hello")])
  }

  @Test(
    "5.2: reserved bits without an extension fail the connection",
    arguments: [UInt8(0xC1), 0xA1, 0x91, 0xF1, 0xC9])
  func reservedBits(first: UInt8) { #expect(failure(raw(first, [])) == 1002) }

  @Test("5.2: unknown opcodes fail the connection", arguments: [UInt8(3), 4, 5, 6, 7, 11, 12, 13, 14, 15])
  func opcodes(opcode: UInt8) { #expect(failure(raw(0x80 | opcode, [])) == 1002) }

  @Test("5.2: lengths have their shortest form and 63 bits; the server's do, too")
  func lengths() {
    let mask: [UInt8] = [1, 2, 3, 4]
    #expect(failure([0x81, 0xFE, 0, 125] + mask) == 1002)
    #expect(failure([0x81, 0xFF, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF] + mask) == 1002)
    #expect(failure([0x81, 0xFF, 0x80, 0, 0, 0, 0, 0, 0, 0] + mask) == 1002)
    for count in [0, 125, 126, 127, 2_000] {
      let text = String(repeating: "x", count: count)
      #expect(frames(ClientFrames.text("echo" + text)) == [.text("echo" + text)], "\(count)")
    }
  }

  @Test("5.4: a message may come in any number of frames, also empty ones, with control frames between them")
  func fragments() {
    let bytes =
      raw(0x01, Array("echo ".utf8)) + ClientFrames.ping("1") + raw(0x00) + raw(0x00, Array("a".utf8))
      + ClientFrames.pong()
      + raw(0x80, Array("b".utf8)) + ClientFrames.text("echo c")
    #expect(frames(bytes) == [.pong(Array("1".utf8)), .text("echo ab"), .text("echo c")])
  }

  @Test("5.4: a continuation of nothing, and a new message inside another, fail the connection")
  func fragmentOrder() {
    #expect(failure(raw(0x80, [97])) == 1002)
    #expect(failure(raw(0x00, [97])) == 1002)
    #expect(failure(raw(0x01, [97]) + raw(0x81, [97])) == 1002)
    #expect(failure(raw(0x01, [97]) + raw(0x01, [97])) == 1002)
    #expect(
      failure(raw(0x81, Array("echo".utf8)) + raw(0x80, [97])) == nil,
      "the first message is whole and answered")
  }

  @Test("5.5: a control frame has at most 125 bytes and is no fragment", arguments: [UInt8(8), 9, 10])
  func controlFrames(opcode: UInt8) {
    #expect(failure(raw(opcode, [])) == 1002)
    #expect(failure([0x80 | opcode, 0xFE, 0, 126, 1, 2, 3, 4]) == 1002)
  }

  @Test(
    "5.5.1: a close frame is answered with its code, nothing follows it, and the server ends the connection first"
  )
  func closing() {
    for code in [UInt16(1000), 1001, 1003, 1007, 1011, 3000, 4999] {
      let rig = LoopRig()
      let client = rig.webSocket()
      _ = client.read()
      client.socket.write(ClientFrames.close(code) + ClientFrames.text("echo late") + ClientFrames.ping())
      rig.settle(3)
      #expect(client.read() == [.close(code, "")], "\(code)")
      #expect(client.socket.isEnded, "section 7.1.1")
    }
    #expect(frames(ClientFrames.close(nil)) == [.close(nil, "")])
  }

  @Test(
    "5.5.1: once the server has sent its close frame it sends nothing else, and waits for the client's for a time"
  )
  func weClose() {
    let rig = LoopRig()
    rig.topics.create(5)
    let client = rig.webSocket("/ws/5")
    client.say("bye 1000 words")
    client.socket.write(ClientFrames.ping("p") + ClientFrames.text("echo late"))
    rig.publish(5)
    rig.settle(3)
    #expect(client.read().last == .close(1000, "words"))
    #expect(client.socket.isOpen && !client.socket.isEnded)
    rig.pass(6_000)
    #expect(client.socket.isEnded || !client.socket.isOpen)
    #expect(client.frames.offence == nil)
  }

  @Test("5.5.1 and 7.4: a close frame of one byte, or with a reason that is not UTF-8, fails the connection")
  func brokenClose() {
    #expect(failure(raw(0x88, [3])) == 1002)
    #expect(failure(raw(0x88, [0x03, 0xE8, 0xC3, 0x28])) == 1007)
  }

  @Test(
    "5.5.2: a ping is answered with a pong of the same bytes; 5.5.3: a pong that nobody asked for is ignored")
  func pings() {
    for count in [0, 1, 125] {
      let payload = String(repeating: "p", count: count)
      #expect(frames(ClientFrames.ping(payload)) == [.pong(Array(payload.utf8))])
    }
    #expect(
      frames(ClientFrames.pong() + raw(0x8A, [1, 2, 3]) + ClientFrames.text("echo x")) == [.text("echo x")])
  }

  @Test("5.6: a text frame is text; binary messages are refused with 1003 where they mean nothing")
  func binary() { #expect(failure(raw(0x82, [1, 2, 3])) == 1003) }

  // MARK: 7 Closing

  @Test(
    "7.1.1: the server closes the TCP connection when both close frames are through, or the client is gone")
  func tcp() {
    let rig = LoopRig()
    let client = rig.webSocket()
    client.say("bye 1000")
    rig.settle(2)
    client.socket.write(ClientFrames.close(1000))
    rig.settle(2)
    #expect(client.socket.isEnded)
    client.socket.end()
    rig.settle(2)
    #expect(client.socket.closing == .orderly)
    let abrupt = rig.webSocket()
    abrupt.socket.end()
    rig.settle(2)
    #expect(!abrupt.socket.isOpen || abrupt.socket.isEnded)
  }

  @Test("7.4.1 and 7.4.2: codes that may not stand in a frame fail the connection")
  func codes() {
    for code in [UInt16(0), 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65_535] {
      #expect(failure(ClientFrames.close(code)) == 1002, "\(code)")
    }
  }

  @Test("7.4.1: a message that is too big is 1009, judged by its header and over all its fragments")
  func tooBig() {
    var limits = Limits()
    limits.messageBytes = 10
    #expect(failure([0x81, 0x80 | 11, 1, 2, 3, 4], limits) == 1009)
    #expect(failure(raw(0x01, Array("123456".utf8)) + [0x80, 0x80 | 5, 1, 2, 3, 4], limits) == 1009)
    #expect(
      failure([0x81, 0xFF, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 1, 2, 3, 4], limits) == 1009)
    #expect(frames(ClientFrames.text("echo 12345"), limits) == [.text("echo 12345")])
  }

  // MARK: 8 Errors

  @Test("8.1: text that is not UTF-8 is 1007, in any frame of a message and before the message is whole")
  func utf8() {
    for bytes: [UInt8] in [
      [0xFF], [0xC3, 0x28], [0xC0, 0xAF], [0xE0, 0x80, 0xAF], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80],
      [0x80],
      [0xF8, 0x88, 0x80, 0x80, 0x80], [0x61, 0xC3],
    ] {
      #expect(failure(raw(0x81, bytes)) == 1007, "\(bytes)")
    }
    #expect(failure(raw(0x01, [0x61, 0xF4, 0x90])) == 1007, "no rest can make it valid")
    #expect(failure(raw(0x01, [0xC3]) + raw(0x80, [0x28])) == 1007)
    let split = raw(0x01, Array("echo ".utf8) + [0xF0, 0x9F]) + raw(0x80, [0x8E, 0x9F])
    #expect(frames(split) == [.text("echo 🎟")])
  }

  // MARK: 10 Security

  @Test(
    "10.2: an upgrade that the executable refuses, for a foreign Origin say, is answered with HTTP and goes on"
  )
  func refused() {
    let conversation = Conversation()
    #expect(conversation.statuses(ScriptedClient.upgrade("/refused") + ask()) == [403, 200])
  }
}
