import CTLSClient
import CUVShim
import Glibc
import Testing

@Suite struct TLSHandshakeTests {
  private static let suites: [(TLSMode, String)] = TLSMode.all.flatMap { mode in
    let names =
      mode.version == 13
      ? ["TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"]
      : [
        "ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES256-GCM-SHA384", "ECDHE-ECDSA-CHACHA20-POLY1305",
      ]
    return names.map { (mode, $0) }
  }

  @Test("every suite carries bytes both ways, with and without a ticket", arguments: suites)
  func suite(mode: TLSMode, name: String) throws {
    let scene = try TLSScene(mode.layer)
    var options = TLSOptions(version: mode.version, suites: name, protocol: "http/1.1")
    for isSecond in [false, true] {
      let (server, client) = try scene.shake(options)
      #expect(client.version == Int(mode.version))
      #expect(client.suite == name)
      #expect(client.chosenProtocol == "http/1.1")
      #expect(client.wasResumed == isSecond)
      for round in 0..<40 {
        client.send("ask \(round) ")
        #expect(server.send("tell \(round) ") == "tell \(round) ".utf8.count)
        scene.run(turns: 1)
      }
      scene.run { server.text.hasSuffix("39 ") && client.text.hasSuffix("39 ") }
      #expect(server.text == (0..<40).map { "ask \($0) " }.joined())
      #expect(client.text == (0..<40).map { "tell \($0) " }.joined())
      if !isSecond || mode.version == 13 { #expect(client.tickets == 1) }
      options.resumed = client
    }
  }

  @Test("who speaks 1.3 gets it, with the suite that the server puts first", arguments: RecordLayer.allCases)
  func prefers(layer: RecordLayer) throws {
    let scene = try TLSScene(layer)
    let (_, client) = try scene.shake()
    #expect(client.version == 13)
    #expect(client.suite == "TLS_AES_128_GCM_SHA256")
    let (_, mobile) = try scene.shake(
      TLSOptions(version: 13, suites: "TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256"))
    #expect(mobile.suite == "TLS_CHACHA20_POLY1305_SHA256")
  }

  @Test(
    "suites without AEAD or forward secrecy are refused",
    arguments: ["ECDHE-ECDSA-AES128-SHA256", "AES128-GCM-SHA256"])
  func refusesSuites(name: String) throws {
    let scene = try TLSScene(.openSSL)
    let (server, client) = try scene.connect(TLSOptions(version: 12, suites: name))
    scene.run { server.end != nil && client.failure != nil }
    #expect(server.end == -Int(EPROTO))
    #expect(client.failure == "sslv3 alert handshake failure")
  }

  @Test("a client that speaks only TLS 1.2 is refused by the compact layer")
  func refusesOldVersion() throws {
    let scene = try TLSScene(.compact)
    let (server, client) = try scene.connect(TLSOptions(version: 12))
    scene.run { server.end != nil && client.failure != nil }
    #expect(server.end == -Int(EPROTO))
    #expect(client.failure == "tlsv1 alert protocol version")
  }

  @Test(
    "of the protocols that a client offers the best known one is chosen; without any there is no choice",
    arguments: [
      (nil, ""), ("http/1.1", "http/1.1"), ("http/1.0", "http/1.0"), ("h2,http/1.1", "http/1.1"),
      ("http/1.0,http/1.1", "http/1.1"), ("h3,http/1.0,h2", "http/1.0"),
    ])
  func protocols(offered: String?, chosen: String) throws {
    let scene = try TLSScene(.openSSL)
    let (_, client) = try scene.shake(TLSOptions(protocol: offered))
    #expect(client.chosenProtocol == chosen)
  }

  @Test("a client that offers only unknown protocols is refused", arguments: RecordLayer.allCases)
  func unknownProtocol(layer: RecordLayer) throws {
    let scene = try TLSScene(layer)
    let (server, modern) = try scene.connect(TLSOptions(protocol: "h2"))
    scene.run { server.end != nil && modern.failure != nil }
    #expect(server.end == -Int(EPROTO))
    #expect(modern.failure == "tlsv1 alert no application protocol")
  }

  @Test("a client that asks for small records gets them", arguments: TLSMode.all)
  func fragments(mode: TLSMode) throws {
    let scene = try TLSScene(mode.layer)
    let (server, client) = try scene.shake(TLSOptions(version: mode.version, fragment: 512))
    let message = (0..<5000).map { UInt8($0 % 251) }
    #expect(server.send(message) == 5000)
    scene.run { client.received.count == 5000 || client.failure != nil }
    #expect(client.received == message)
  }

  @Test(
    "nothing can be sent or is there before the handshake is over, and writability waits for it",
    arguments: RecordLayer.allCases)
  func unfinished(layer: RecordLayer) throws {
    let scene = try TLSScene(layer)
    let (server, client) = try scene.connect()
    scene.abandon(client)
    server.connection.watch([.readable, .writable])
    #expect(server.send("early") == -Int(EAGAIN))
    #expect(server.receive() == -Int(EAGAIN))
    scene.run(turns: 3)
    #expect(server.reports.isEmpty)
    let hello = client.takeOutgoing()
    #expect(unsafe cuv_send(client.descriptor, hello, hello.count) == hello.count)
    scene.run { server.reports == [.readable] }
    #expect(server.send("early") == -Int(EAGAIN))
    client.pump()
    scene.run { server.reports.contains { $0.contains(.writable) } }
    #expect(client.isShaken)
    #expect(server.send("late") == 4)
  }

  @Test("the first request may come together with the end of the handshake", arguments: RecordLayer.allCases)
  func together(layer: RecordLayer) throws {
    let scene = try TLSScene(layer)
    let (server, client) = try scene.connect(TLSOptions(version: 13))
    scene.abandon(client)
    carry(client.takeOutgoing(), of: client, in: scene)
    client.listen()
    #expect(client.isShaken)
    client.send("request")
    carry(client.takeOutgoing(), of: client, in: scene)
    #expect(server.text == "request")
    #expect(server.reports == [.readable, .readable])
  }

  @Test(
    "what does not begin a handshake ends the connection",
    arguments: RecordLayer.allCases,
    [
      "\u{0}\u{1}\u{2}\u{3}\u{4}\u{5}\u{6}\u{7}",
      "\u{16}\u{3}\u{1}\u{7f}\u{7f}xxxxxxxx", "\u{16}\u{3}\u{1}\u{0}\u{4}\u{1}\u{0}\u{0}\u{0}",
      "\u{17}\u{3}\u{3}\u{0}\u{20}" + String(repeating: "z", count: 32),
    ])
  func garbage(layer: RecordLayer, text: String) throws {
    let scene = try TLSScene(layer)
    let pair = try tcpPair()
    let server = try scene.open(pair.server)
    sendText(text, to: pair.client)
    scene.run { server.end != nil }
    #expect(server.end == -Int(EPROTO))
    #expect(server.receive() == -Int(EPROTO))
    #expect(server.send("more") == -Int(EPROTO))
    server.connection.close()
    close(pair.client)
  }

  @Test(
    "a peer that goes in the middle of the handshake is an end, or a reset", arguments: RecordLayer.allCases,
    [false, true])
  func leaves(layer: RecordLayer, reset: Bool) throws {
    let scene = try TLSScene(layer)
    let (server, client) = try scene.connect()
    client.reads = false
    scene.run { server.reports.contains(.readable) }
    scene.abandon(client)
    if reset { client.resetSocket() } else { shutdown(client.descriptor, Int32(SHUT_WR)) }
    scene.run { server.end != nil }
    #expect(server.end == (reset ? -Int(ECONNRESET) : 0))
    server.connection.close(reset: reset)
  }

  @Test("a handshake and the first request may be cut at every byte", arguments: TLSMode.all)
  func cutEverywhere(mode: TLSMode) throws {
    let scene = try TLSScene(mode.layer)
    var longest = 2
    var cut = 1
    while cut < longest {
      let (server, client) = try scene.connect(TLSOptions(version: mode.version))
      scene.abandon(client)
      var asked = false
      while !asked {
        if client.isShaken {
          client.send("request")
          asked = true
        }
        let flight = client.takeOutgoing()
        longest = max(longest, flight.count)
        carry(Array(flight.prefix(cut)), of: client, in: scene)
        carry(Array(flight.dropFirst(cut)), of: client, in: scene)
        client.listen()
        try #require(server.end == nil && client.failure == nil, "cut at \(cut)")
      }
      #expect(server.text == "request", "cut at \(cut)")
      server.connection.close()
      cut += 1
    }
    #expect(cut > 150)
  }

  @Test(
    "plain HTTP is answered in plain HTTP, and what else it sends is discarded", arguments: [1, 9, 80_000])
  func plainHTTP(first: Int) throws {
    let scene = try TLSScene(.openSSL)
    let pair = try tcpPair()
    let server = try scene.open(pair.server)
    let request = "POST / HTTP/1.1\r\nHost: localhost\r\n\r\n" + String(repeating: "x", count: 80_000)
    sendText(String(request.prefix(first)), to: pair.client)
    scene.run(turns: 5)
    let answer = awaitText(from: pair.client) ?? ""
    let lines = answer.split(separator: "\r\n", omittingEmptySubsequences: false)
    #expect(lines.first == "HTTP/1.1 400 Bad Request")
    #expect(lines.contains("Connection: close"))
    #expect(lines.contains("Content-Length: 36"))
    #expect(lines.contains { $0.hasPrefix("Date: ") && $0.hasSuffix(" GMT") })
    #expect(lines.last == "This port speaks TLS; use https://.\n")
    #expect(awaitText(from: pair.client) == "", "and the end")
    sendText(String(request.dropFirst(first)), to: pair.client)
    scene.run(turns: 5)
    #expect(server.end == nil)
    #expect(server.received.isEmpty)
    #expect(server.send("more") == -Int(EPIPE))
    shutdown(pair.client, Int32(SHUT_WR))
    scene.run { server.end != nil }
    #expect(server.end == 0)
    #expect(receiveText(from: pair.client) == "", "no reset")
    close(pair.client)
  }

  @Test("a handshake above the bound is refused with an alert, and one more may begin when another ends")
  func tooMany() throws {
    let scene = try TLSScene(.openSSL, handshakes: 2)
    let slow = try (0..<2).map { _ in
      let pair = try scene.connect()
      scene.abandon(pair.client)
      carry(pair.client.takeOutgoing(), of: pair.client, in: scene)
      return pair
    }
    #expect(scene.handshakes == (2, 0))
    let (server, client) = try scene.connect()
    scene.run { server.end != nil && client.failure != nil }
    #expect(server.end == -Int(EBUSY))
    #expect(client.failure == "tlsv1 alert internal error")
    #expect(scene.handshakes == (2, 1))
    slow[0].server.connection.close()
    #expect(scene.handshakes == (1, 1))
    let (next, _) = try scene.shake()
    #expect(next.isOpen == 1)
    #expect(slow[1].server.isOpen == 0)
    #expect(scene.handshakes == (1, 1))
  }

  @Test("a peer that is silent, or sends a part of its first record, costs less than 2 KB")
  func halfOpen() async {
    await #expect(processExitsWith: .success) {
      let scene = try TLSScene(.openSSL, handshakes: 1)
      for isSilent in [true, false] {
        let pairs = try (0..<50).map { _ in try tcpPair() }
        let before = ctls_bytes_in_use()
        let ends = try pairs.map { try scene.open($0.server) }
        if !isSilent { for pair in pairs { sendText("\u{16}\u{3}\u{1}\u{2}", to: pair.client) } }
        scene.run(turns: 5)
        let each = (ctls_bytes_in_use() - before) / pairs.count
        guard each < 2_000, scene.handshakes == (0, 0), ends.allSatisfy({ $0.end == nil }) else {
          fatalError("\(each) bytes")
        }
      }
    }
  }

  @Test("a connection whose traffic secrets did not arrive fails; nothing is sent or accepted")
  func lostSecrets() throws {
    let scene = try TLSScene(.compact)
    unsafe cuv_tls_test_lose_secrets(scene.harness.loop)
    let (server, client) = try scene.connect(TLSOptions(version: 13))
    scene.run { client.isShaken }
    client.send("request")
    scene.run { server.end != nil }
    #expect(server.end == -Int(EPROTO))
    #expect(server.received.isEmpty)
    #expect(server.send("x") == -Int(EPROTO))
    server.connection.close()
    scene.run { client.isOver }
    #expect(client.tickets == 0 && client.received.isEmpty && !client.isClosed && client.failure == nil)
    #expect(scene.handshakes == (0, 0))
  }

  @Test("thousands of handshakes leave nothing behind")
  func leavesNothing() async {
    // In a process of its own, whose memory nobody else changes.
    await #expect(processExitsWith: .success) {
      for layer in RecordLayer.allCases {
        let scene = try TLSScene(layer)
        for _ in 0..<2 { try Self.crowd(scene) }
        let before = ctls_bytes_in_use()
        for _ in 0..<6 { try Self.crowd(scene) }
        let after = ctls_bytes_in_use()
        guard after < before + 100_000 else { fatalError("\(layer): \(after) bytes instead of \(before)") }
      }
    }
  }

  private static func crowd(_ scene: TLSScene) throws {
    let pairs = try (0..<500).map { _ in try scene.connect() }
    scene.run { pairs.allSatisfy { $0.client.isShaken } }
    for pair in pairs.prefix(400) { pair.client.send("?") }
    scene.run { pairs.prefix(400).allSatisfy { $0.server.text == "?" } }
    for pair in pairs { pair.server.connection.close() }
    scene.forget()
  }

  private func carry(_ bytes: [UInt8], of client: TLSClient, in scene: TLSScene) {
    guard !bytes.isEmpty else { return }
    #expect(unsafe cuv_send(client.descriptor, bytes, bytes.count) == bytes.count)
    scene.run(turns: 3)
  }
}
