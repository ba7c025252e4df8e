import CUVShim
import Glibc
import Testing

@Suite struct TLSSendTests {
  private static let message = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 17 &+ $0 >> 9) }

  @Test("a message of many records arrives whole", arguments: TLSMode.all)
  func large(mode: TLSMode) throws {
    let scene = try TLSScene(mode.layer)
    let (server, client) = try scene.shake(TLSOptions(version: mode.version))
    #expect(server.send(Self.message) == Self.message.count)
    scene.run { client.received.count >= Self.message.count || client.failure != nil }
    #expect(client.received == Self.message)
    for count in [0, 1, 16_383, 16_384, 16_385, 32_768] {
      #expect(server.send(Array(Self.message.prefix(count))) == count)
      scene.run(turns: 3)
    }
    scene.run { client.received.count >= Self.message.count + 81_921 || client.failure != nil }
    #expect(client.failure == nil)
  }

  @Test(
    "a stopped reader's message waits here, and leaves by itself when it reads again",
    arguments: TLSMode.all)
  func stalled(mode: TLSMode) throws {
    let scene = try TLSScene(mode.layer)
    let (server, client) = try scene.shake(TLSOptions(version: mode.version))
    shrinkBuffers(of: server.connection.descriptor)
    client.reads = false
    server.connection.watch([])  // nobody asks
    var sent = 0
    while case let count = server.send(Self.message), count > 0 { sent += count }
    #expect(server.send("more") == -Int(EAGAIN))
    scene.run(turns: 20)
    #expect(server.send("more") == -Int(EAGAIN))
    client.reads = true
    scene.run { client.received.count >= sent || client.failure != nil }
    #expect(
      client.received == Array(repeating: Self.message, count: sent / Self.message.count).flatMap { $0 })
    #expect(server.reports.isEmpty)
    #expect(server.send("more") == 4)
    scene.run { client.text.hasSuffix("more") }
  }

  @Test("a slow reader makes progress long before anything more can be sent", arguments: TLSMode.all)
  func progress(mode: TLSMode) throws {
    let scene = try TLSScene(mode.layer)
    let (server, client) = try scene.shake(TLSOptions(version: mode.version))
    #expect(server.waiting == (0, 0))
    shrinkBuffers(of: server.connection.descriptor)
    client.reads = false
    while server.send(Self.message) > 0 {}
    var last = server.waiting
    #expect(last.count > 0 && last.progressAt > 0)
    scene.run(turns: 20)
    #expect(server.waiting == last, "nobody reads")
    var steps = 0
    while last.count > 0 {
      usleep(2_000)
      client.reads = true
      scene.run(turns: 1)
      client.reads = false
      scene.run(turns: 1)
      let now = server.waiting
      #expect(now.count <= last.count && now.progressAt >= last.progressAt)
      if now.count < last.count {
        #expect(now.progressAt > last.progressAt)
        if now.count > 0 { #expect(server.send("more") == -Int(EAGAIN)) }
        steps += 1
      }
      last = now
    }
    #expect(steps > 2)
  }

  @Test("what waits is counted for the whole loop, and is gone with its connection", arguments: TLSMode.all)
  func waitingOfLoop(mode: TLSMode) throws {
    let scene = try TLSScene(mode.layer)
    let pairs = try (0..<2).map { _ in try scene.shake(TLSOptions(version: mode.version)) }
    #expect(pairs[0].server.waitingOfLoop == 0)
    for (server, client) in pairs {
      shrinkBuffers(of: server.connection.descriptor)
      client.reads = false
      while server.send(Self.message) > 0 {}
    }
    let (first, second) = (pairs[0].server, pairs[1].server)
    #expect(first.waiting.count > 0 && second.waiting.count > 0)
    #expect(first.waitingOfLoop == first.waiting.count + second.waiting.count)
    pairs[0].client.reads = true
    while first.waiting.count > 0 {
      scene.run(turns: 1)
      #expect(first.waitingOfLoop == first.waiting.count + second.waiting.count)
    }
    second.connection.close()
    #expect(first.waitingOfLoop == 0)
  }

  @Test("a key that has sealed enough is replaced, and the peer follows", arguments: RecordLayer.allCases)
  func rekeys(layer: RecordLayer) throws {
    let scene = try TLSScene(layer)
    unsafe cuv_tls_test_records_per_key(scene.harness.loop, 5)
    let (server, client) = try scene.shake(TLSOptions(version: 13))
    for number in 10..<60 {
      #expect(server.send("tell \(number) ") == 8)
      scene.run(turns: 1)
    }
    scene.run { client.text.hasSuffix("59 ") || client.failure != nil }
    #expect(client.failure == nil)
    #expect(client.text == (10..<60).map { "tell \($0) " }.joined())
    #expect((9...10).contains(client.keyUpdates), "\(client.keyUpdates)")
    client.send("ask")
    scene.run { server.text == "ask" }
  }

  @Test("TLS 1.2 has no new keys and goes on with its own")
  func keepsOldKeys() throws {
    let scene = try TLSScene(.openSSL)
    unsafe cuv_tls_test_records_per_key(scene.harness.loop, 5)
    let (server, client) = try scene.shake(TLSOptions(version: 12))
    for _ in 0..<20 { #expect(server.send("tell ") == 5) }
    scene.run { client.received.count == 100 || client.failure != nil }
    #expect(client.failure == nil)
  }

  @Test("writability is reported once nothing waits, and not sooner", arguments: RecordLayer.allCases)
  func writable(layer: RecordLayer) throws {
    let scene = try TLSScene(layer)
    let (server, client) = try scene.shake()
    shrinkBuffers(of: server.connection.descriptor)
    server.onReady = { _ in server.connection.watch(.readable) }
    server.connection.watch([.readable, .writable])
    scene.run { server.reports == [.writable] }
    client.reads = false
    while server.send(Self.message) > 0 {}
    server.connection.watch([.readable, .writable])
    scene.run(turns: 20)
    #expect(server.reports == [.writable])
    client.reads = true
    var wasWaiting = false
    server.onReady = { readiness in
      if readiness.contains(.writable) { wasWaiting = server.send("now") != 3 }
      server.connection.watch(.readable)
    }
    scene.run { client.text.hasSuffix("now") }
    #expect(!wasWaiting)
    #expect(server.reports == [.writable, .writable])
  }

  @Test("requests are read while a message waits", arguments: RecordLayer.allCases)
  func readsMeanwhile(layer: RecordLayer) throws {
    let scene = try TLSScene(layer)
    let (server, client) = try scene.shake()
    shrinkBuffers(of: server.connection.descriptor)
    client.reads = false
    while server.send(Self.message) > 0 {}
    client.send("hurry up")
    scene.run { server.text == "hurry up" }
    client.reads = true
    scene.run { server.send("done") == 4 }
  }

  @Test(
    "a half-close is close_notify and the end, behind what waits", arguments: RecordLayer.allCases,
    [false, true])
  func halfCloses(layer: RecordLayer, stalls: Bool) throws {
    let scene = try TLSScene(layer)
    let (server, client) = try scene.shake()
    if stalls {
      shrinkBuffers(of: server.connection.descriptor)
      client.reads = false
    }
    #expect(server.send(Self.message) == Self.message.count)
    #expect(server.connection.shutdownWrite() == 0)
    #expect(server.connection.shutdownWrite() == 0)
    #expect(server.send("more") == -Int(EPIPE))
    scene.run(turns: 5)
    #expect(client.isClosed != stalls || client.received.count < Self.message.count)
    client.reads = true
    scene.run { client.isOver }
    #expect(client.isClosed)
    #expect(client.received == Self.message)
    client.send("answer")
    scene.run { server.text == "answer" }
  }

  @Test("a half-close in the handshake is the end of the stream", arguments: RecordLayer.allCases)
  func halfClosesEarly(layer: RecordLayer) throws {
    let scene = try TLSScene(layer)
    let (server, client) = try scene.connect()
    #expect(server.connection.shutdownWrite() == 0)
    scene.run { client.isOver }
    #expect(!client.isClosed)
    #expect(server.send("x") < 0)
  }

  @Test("a close says close_notify, a reset does not", arguments: RecordLayer.allCases, [false, true])
  func closes(layer: RecordLayer, reset: Bool) throws {
    let scene = try TLSScene(layer)
    let (server, client) = try scene.shake()
    #expect(server.send("last words") == 10)
    if reset { scene.run { client.text == "last words" } }
    server.connection.close(reset: reset)
    scene.run { client.isOver }
    #expect(client.text == "last words")
    #expect(client.isClosed == !reset)
  }

  @Test("a close with ciphertext that waits gives it back", arguments: RecordLayer.allCases)
  func closesWhileWaiting(layer: RecordLayer) throws {
    let scene = try TLSScene(layer)
    let (server, client) = try scene.shake()
    shrinkBuffers(of: server.connection.descriptor)
    client.reads = false
    while server.send(Self.message) > 0 {}
    server.connection.close()
    scene.run(turns: 3)
    #expect(unsafe cuv_tls_send(scene.harness.loop, server.connection.descriptor, "x", 1) == -Int(EBADF))
  }

  @Test("a loop may be destroyed with everything unfinished", arguments: RecordLayer.allCases)
  func destroys(layer: RecordLayer) throws {
    let scene = try TLSScene(layer)
    let (server, client) = try scene.shake()
    shrinkBuffers(of: server.connection.descriptor)
    client.reads = false
    while server.send(Self.message) > 0 {}
    let (held, talker) = try scene.shake()
    held.capacity = 1
    held.onReady = { _ in
      held.receive()
      held.connection.watch([])
    }
    talker.send("left unread")
    let (_, beginner) = try scene.connect()
    beginner.reads = false
    scene.run { held.received.count == 1 }
  }

  @Test("a peer that is gone is an error, and so is everything after it", arguments: RecordLayer.allCases)
  func gone(layer: RecordLayer) throws {
    let scene = try TLSScene(layer)
    let (server, client) = try scene.shake()
    scene.abandon(client)
    client.resetSocket()
    let first = server.send("x")
    #expect([-Int(ECONNRESET), -Int(EPIPE)].contains(first))
    #expect(server.send("x") == first)
    scene.run { server.end != nil }
    server.connection.close()
  }

  @Test(
    "a peer that is gone while a message waits is a hang-up", arguments: RecordLayer.allCases,
    [Readiness(), .readable, .writable])
  func goneWhileWaiting(layer: RecordLayer, watched: Readiness) throws {
    let scene = try TLSScene(layer)
    let (server, client) = try scene.shake()
    shrinkBuffers(of: server.connection.descriptor)
    client.reads = false
    while server.send(Self.message) > 0 {}
    server.connection.watch(watched)
    var seen: Readiness = []
    server.onReady = { readiness in
      seen.formUnion(readiness)
      if readiness.contains(.readable), server.receive() != -Int(EAGAIN) { seen.insert(.hangUp) }
    }
    scene.abandon(client)
    client.resetSocket()
    scene.run { seen.contains(.hangUp) }
    server.connection.close(reset: true)
  }

  @Test("a message beyond the limit is refused whole", arguments: RecordLayer.allCases)
  func tooLarge(layer: RecordLayer) throws {
    let scene = try TLSScene(layer)
    let (server, _) = try scene.shake()
    var byte: UInt8 = 0
    let descriptor = server.connection.descriptor
    #expect(unsafe cuv_tls_send(scene.harness.loop, descriptor, &byte, 1 << 30 + 1) == -Int(EINVAL))
    #expect(server.send("x") == 1)
  }
}
