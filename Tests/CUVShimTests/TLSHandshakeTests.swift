import CTLSClient
import CUVShim
import Glibc
import Testing

@Suite struct TLSHandshakeTests {
  private static let suites: [(Int32, String)] = [
    (13, "TLS_AES_128_GCM_SHA256"), (13, "TLS_AES_256_GCM_SHA384"), (13, "TLS_CHACHA20_POLY1305_SHA256"),
    (12, "ECDHE-ECDSA-AES128-GCM-SHA256"), (12, "ECDHE-ECDSA-AES256-GCM-SHA384"),
    (12, "ECDHE-ECDSA-CHACHA20-POLY1305"),
  ]

  @Test("every suite of both versions carries bytes both ways, with and without a ticket", arguments: suites)
  func suite(version: Int32, name: String) throws {
    let scene = try TLSScene()
    var options = TLSOptions(version: version, suites: name, protocol: "http/1.1")
    for isSecond in [false, true] {
      let (server, client) = try scene.shake(options)
      #expect(client.version == Int(version))
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
      if !isSecond || version == 13 { #expect(client.tickets == 1) }
      options.resumed = client
    }
  }

  @Test("who speaks 1.3 gets it, with the suite that the server puts first")
  func prefers() throws {
    let scene = try TLSScene()
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
    let scene = try TLSScene()
    let (server, client) = try scene.connect(TLSOptions(version: 12, suites: name))
    scene.run { server.end != nil && client.failure != nil }
    #expect(server.end == -Int(EPROTO))
    #expect(client.failure == "sslv3 alert handshake failure")
  }

  @Test("who offers no protocol gets none, and who offers only another one is refused")
  func protocols() throws {
    let scene = try TLSScene()
    let (_, silent) = try scene.shake()
    #expect(silent.chosenProtocol.isEmpty)
    let (server, modern) = try scene.connect(TLSOptions(protocol: "h2"))
    scene.run { server.end != nil && modern.failure != nil }
    #expect(server.end == -Int(EPROTO))
    #expect(modern.failure == "tlsv1 alert no application protocol")
  }

  @Test("a client that asks for small records gets them", arguments: [12, 13] as [Int32])
  func fragments(version: Int32) throws {
    let scene = try TLSScene()
    let (server, client) = try scene.shake(TLSOptions(version: version, fragment: 512))
    let message = (0..<5000).map { UInt8($0 % 251) }
    #expect(server.send(message) == 5000)
    scene.run { client.received.count == 5000 || client.failure != nil }
    #expect(client.received == message)
  }

  @Test("nothing can be sent or is there before the handshake is over, and writability waits for it")
  func unfinished() throws {
    let scene = try TLSScene()
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

  @Test("the first request may come together with the end of the handshake")
  func together() throws {
    let scene = try TLSScene()
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
    arguments: [
      "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", "\u{0}\u{1}\u{2}\u{3}\u{4}\u{5}\u{6}\u{7}",
      "\u{16}\u{3}\u{1}\u{7f}\u{7f}xxxxxxxx", "\u{16}\u{3}\u{1}\u{0}\u{4}\u{1}\u{0}\u{0}\u{0}",
      "\u{17}\u{3}\u{3}\u{0}\u{20}" + String(repeating: "z", count: 32),
    ])
  func garbage(text: String) throws {
    let scene = try TLSScene()
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

  @Test("a peer that goes in the middle of the handshake is an end, or a reset", arguments: [false, true])
  func leaves(reset: Bool) throws {
    let scene = try TLSScene()
    let (server, client) = try scene.connect()
    client.reads = false
    scene.run { server.reports.contains(.readable) }
    scene.abandon(client)
    if reset { client.resetSocket() } else { shutdown(client.descriptor, Int32(SHUT_WR)) }
    scene.run { server.end != nil }
    #expect(server.end == (reset ? -Int(ECONNRESET) : 0))
    server.connection.close(reset: reset)
  }

  @Test("a handshake and the first request may be cut at every byte", arguments: [12, 13] as [Int32])
  func cutEverywhere(version: Int32) throws {
    let scene = try TLSScene()
    var longest = 2
    var cut = 1
    while cut < longest {
      let (server, client) = try scene.connect(TLSOptions(version: version))
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

  @Test("thousands of handshakes leave nothing behind")
  func leavesNothing() async {
    // In a process of its own, whose memory nobody else changes.
    await #expect(processExitsWith: .success) {
      let scene = try TLSScene()
      func crowd() throws {
        let pairs = try (0..<500).map { _ in try scene.connect() }
        scene.run { pairs.allSatisfy { $0.client.isShaken } }
        for pair in pairs.prefix(400) { pair.client.send("?") }
        scene.run { pairs.prefix(400).allSatisfy { $0.server.text == "?" } }
        for pair in pairs { pair.server.connection.close() }
        scene.forget()
      }
      for _ in 0..<2 { try crowd() }
      let before = ctls_bytes_in_use()
      for _ in 0..<6 { try crowd() }
      let after = ctls_bytes_in_use()
      guard after < before + 100_000 else { fatalError("\(after) bytes instead of \(before)") }
    }
  }

  private func carry(_ bytes: [UInt8], of client: TLSClient, in scene: TLSScene) {
    guard !bytes.isEmpty else { return }
    #expect(unsafe cuv_send(client.descriptor, bytes, bytes.count) == bytes.count)
    scene.run(turns: 3)
  }
}
