import CUVShim
import Glibc
import Testing

@Suite struct TLSReceiveTests {
  private static let message = (0..<100_000).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }

  @Test(
    "what the caller has no room for is reported again, without anything new from the peer",
    arguments: TLSMode.all, [1000, 16_384, 20_000, 65_536])
  func smallRoom(mode: TLSMode, capacity: Int) throws {
    let scene = try TLSScene(mode.layer)
    let (server, client) = try scene.shake(TLSOptions(version: mode.version))
    server.capacity = capacity
    client.send(Self.message)
    scene.run { server.received.count == Self.message.count || server.end != nil }
    #expect(server.received == Self.message)
    #expect(server.receipts.allSatisfy { $0 <= capacity })
    let reports = server.reports.count
    scene.run(turns: 5)
    #expect(server.reports.count == reports, "nothing is there any more")
  }

  @Test(
    "a whole message that is held is reported only while it is watched for, and keeps nobody awake meanwhile",
    arguments: RecordLayer.allCases)
  func unwatched(layer: RecordLayer) throws {
    let scene = try TLSScene(layer)
    unsafe cuv_loop_set_busy(scene.harness.loop, 0)
    let (server, client) = try scene.shake()
    server.capacity = 4
    server.onReady = { _ in
      server.receive()
      server.connection.watch([])
    }
    client.send("12345678")
    scene.run { server.text == "1234" }
    var turns = 0
    var ticks = 0
    scene.harness.onTick = {
      ticks += 1
      if ticks == 10 { server.connection.watch(.readable) }
    }
    scene.run {
      turns += 1
      return server.received.count == 8
    }
    #expect(turns < 100)
    #expect(server.text == "12345678")
    #expect(server.reports.allSatisfy { $0 == .readable })
  }

  @Test("a held message keeps the loop going round until it is read", arguments: RecordLayer.allCases)
  func staysAwake(layer: RecordLayer) throws {
    let scene = try TLSScene(layer)
    unsafe cuv_loop_set_busy(scene.harness.loop, 0)
    let (server, client) = try scene.shake()
    server.capacity = 1
    client.send(String(repeating: "x", count: 400))
    var ticks = 0
    scene.harness.onTick = { ticks += 1 }
    scene.run { server.received.count == 400 }
    #expect(ticks < 100, "each byte waited for a tick")
  }

  @Test("a hook may close the others that hold something", arguments: RecordLayer.allCases)
  func closesOthers(layer: RecordLayer) throws {
    let scene = try TLSScene(layer)
    let pairs = try (0..<4).map { _ in try scene.shake() }
    for pair in pairs {
      pair.server.capacity = 1
      pair.client.send("12")
    }
    var calls = 0
    for pair in pairs {
      pair.server.onReady = { _ in
        pair.server.receive()
        guard pairs.allSatisfy({ $0.server.received.count >= 1 }) else { return }
        calls += 1
        for other in pairs { other.server.connection.close() }
      }
    }
    scene.run { calls > 0 }
    scene.run(turns: 5)
    #expect(calls == 1)
  }

  @Test(
    "no room at all is a mistake, and no connection of TLS is a bad descriptor",
    arguments: RecordLayer.allCases)
  func mistakes(layer: RecordLayer) throws {
    let scene = try TLSScene(layer)
    let (server, _) = try scene.shake()
    server.capacity = 0
    #expect(server.receive() == -Int(EINVAL))
    var byte: UInt8 = 0
    for descriptor in [-1, 1, 1_000_000] as [Int32] {
      #expect(unsafe cuv_tls_recv(scene.harness.loop, descriptor, &byte, 1) == -Int(EBADF))
      #expect(unsafe cuv_tls_send(scene.harness.loop, descriptor, &byte, 1) == -Int(EBADF))
    }
  }

  @Test("close_notify is the end, behind what came before it", arguments: TLSMode.all, [3, 100])
  func closeNotify(mode: TLSMode, capacity: Int) throws {
    let scene = try TLSScene(mode.layer)
    let (server, client) = try scene.shake(TLSOptions(version: mode.version))
    server.capacity = capacity
    client.send("last words")
    client.sendClose()
    scene.run { server.end != nil }
    #expect(server.text == "last words")
    #expect(server.end == 0)
    #expect(server.send("answer") == 6, "the other direction is still open")
    scene.run { client.text == "answer" }
  }

  @Test("the end of the stream without close_notify is the end too", arguments: RecordLayer.allCases)
  func bareEnd(layer: RecordLayer) throws {
    let scene = try TLSScene(layer)
    let (server, client) = try scene.shake()
    client.send("words")
    scene.run { server.text == "words" }
    shutdown(client.descriptor, Int32(SHUT_WR))
    scene.run { server.end != nil }
    #expect(server.end == 0)
    #expect(server.send("answer") == 6)
    scene.run { client.text == "answer" }
  }

  @Test(
    "new keys of the peer are followed, and ours are renewed when it asks", arguments: RecordLayer.allCases)
  func keyUpdates(layer: RecordLayer) throws {
    let scene = try TLSScene(layer)
    let (server, client) = try scene.shake(TLSOptions(version: 13))
    for round in 0..<6 {
      client.updateKeys(alsoPeers: round % 2 == 0)
      client.send("ask ")
      scene.run { server.received.count == 4 * (round + 1) }
      #expect(server.send("tell ") == 5)
      scene.run { client.received.count == 5 * (round + 1) || client.failure != nil }
    }
    #expect(client.failure == nil)
    #expect(client.text == String(repeating: "tell ", count: 6))
  }

  @Test("records may be cut at every byte", arguments: TLSMode.all)
  func cutEverywhere(mode: TLSMode) throws {
    let scene = try TLSScene(mode.layer)
    let (server, client) = try scene.shake(TLSOptions(version: mode.version))
    scene.abandon(client)
    var expected = ""
    var cut = 1
    while true {
      client.send("first")
      client.send("second")
      expected += "firstsecond"
      let bytes = client.takeOutgoing()
      guard cut < bytes.count else { break }
      for piece in [Array(bytes.prefix(cut)), Array(bytes.dropFirst(cut))] {
        _ = unsafe cuv_send(client.descriptor, piece, piece.count)
        scene.run(turns: 2)
      }
      #expect(server.text == expected, "cut at \(cut)")
      cut += 1
    }
    #expect(cut > 50)
  }

  @Test(
    "a record that was changed anywhere ends the connection, and the peer is told",
    arguments: TLSMode.all)
  func damaged(mode: TLSMode) throws {
    let scene = try TLSScene(mode.layer)
    var place = 0
    var size = 1
    while place < size {
      let (server, client) = try scene.shake(TLSOptions(version: mode.version))
      client.send("booking")
      var bytes = client.takeOutgoing()
      size = bytes.count
      bytes[place] ^= 0x10
      // A longer length waits for the rest, which must not make it valid.
      bytes += [UInt8](repeating: 0x17, count: place == 3 ? 8000 : 64)
      _ = unsafe cuv_send(client.descriptor, bytes, bytes.count)
      scene.run { server.end != nil }
      #expect(server.end == -Int(EPROTO), "byte \(place)")
      #expect(server.received.isEmpty)
      scene.run { client.failure != nil }
      #expect(client.failure?.contains("alert") == true, "byte \(place): \(client.failure ?? "")")
      server.connection.close()
      place += 1
    }
  }

  @Test("the same record twice is refused", arguments: RecordLayer.allCases)
  func replayed(layer: RecordLayer) throws {
    let scene = try TLSScene(layer)
    let (server, client) = try scene.shake()
    client.send("once")
    let bytes = client.takeOutgoing()
    for _ in 0..<2 { _ = unsafe cuv_send(client.descriptor, bytes, bytes.count) }
    scene.run { server.end != nil && client.failure != nil }
    #expect(server.text == "once")
    #expect(server.end == -Int(EPROTO))
    #expect(client.failure?.contains("bad record mac") == true)
  }

  @Test("an impossible length is refused before it is waited for", arguments: RecordLayer.allCases)
  func impossibleLength(layer: RecordLayer) throws {
    let scene = try TLSScene(layer)
    let (server, client) = try scene.shake()
    let header: [UInt8] = [0x17, 3, 3, 0x41, 1]
    _ = unsafe cuv_send(client.descriptor, header, header.count)
    scene.run { server.end != nil && client.failure != nil }
    #expect(server.end == -Int(EPROTO))
    #expect(client.failure == "tlsv1 alert record overflow")
  }

  @Test("a change of cipher behind the handshake is refused", arguments: TLSMode.all)
  func lateChange(mode: TLSMode) throws {
    let scene = try TLSScene(mode.layer)
    let (server, client) = try scene.shake(TLSOptions(version: mode.version))
    let record: [UInt8] = [0x14, 3, 3, 0, 1, 1]
    _ = unsafe cuv_send(client.descriptor, record, record.count)
    scene.run { server.end != nil && client.failure != nil }
    #expect(server.end == -Int(EPROTO))
  }

  @Test("a reset is an error, not an end", arguments: RecordLayer.allCases)
  func reset(layer: RecordLayer) throws {
    let scene = try TLSScene(layer)
    let (server, client) = try scene.shake()
    scene.abandon(client)
    client.resetSocket()
    scene.run { server.end != nil }
    #expect(server.end == -Int(ECONNRESET))
    server.connection.close(reset: true)
  }
}
