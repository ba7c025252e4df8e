import CUVShim
import Glibc
import TestSupport
import Testing

@Suite struct ConnectionTests {
  @Test("a connection may close itself inside its hook, and is never reported again")
  func closesItself() throws {
    let harness = try LoopHarness()
    let (mine, peer) = try socketPair()
    let connection = try harness.open(mine, token: 1)
    sendText("left unread", to: peer)
    var reports = 0
    harness.onReady = { _, _ in
      reports += 1
      connection.close()
    }
    harness.onTick = after(5) { harness.stop() }
    harness.run()
    #expect(reports == 1)
    close(peer)
  }

  @Test("a hook may close another connection that is ready in the same turn")
  func closesAnother() throws {
    let harness = try LoopHarness()
    var connections: [Connection] = []
    var peers: [Int32] = []
    for token in 0..<8 {
      let (mine, peer) = try socketPair()
      connections.append(try harness.open(mine, token: UInt32(token)))
      peers.append(peer)
      sendText("x", to: peer)
    }
    var reported: [UInt32] = []
    harness.onReady = { token, _ in
      reported.append(token)
      for connection in connections { connection.close() }
      connections = []
    }
    harness.onTick = after(5) { harness.stop() }
    harness.run()
    #expect(reported.count == 1)
    for peer in peers { close(peer) }
  }

  @Test("a descriptor number that is used again at once reports only the new connection")
  func reusesDescriptor() throws {
    let harness = try LoopHarness()
    var opened: [UInt32: Connection] = [:]
    var peers: [Int32] = []
    for token in UInt32(0)..<2 {
      let (mine, peer) = try socketPair()
      opened[token] = try harness.open(mine, token: token)
      peers.append(peer)
      sendText("old", to: peer)
    }
    var reported: [UInt32] = []
    harness.onReady = { token, _ in
      reported.append(token)
      guard token < 2, let both = try? socketPair() else { return }
      for connection in opened.values { connection.close() }
      opened = [:]
      opened[9] = try? harness.open(both.0, token: 9)
      peers.append(both.1)
    }
    harness.onTick = after(5) { harness.stop() }
    harness.run()
    #expect(reported.count == 1)
    #expect(reported.first.map { $0 < 2 } == true)
    for peer in peers { close(peer) }
  }

  @Test("writability is reported only while it is watched")
  func watchesWritability() throws {
    let harness = try LoopHarness()
    let (mine, peer) = try socketPair()
    let connection = try harness.open(mine, token: 1)
    var seen: [Readiness] = []
    harness.onReady = { _, events in
      seen.append(events)
      connection.watch(.readable)
    }
    connection.watch([.readable, .writable])
    harness.onTick = after(5) { harness.stop() }
    harness.run()
    #expect(seen == [.writable])
    close(peer)
  }

  @Test("readiness is reported again as long as it lasts")
  func isLevelTriggered() throws {
    let harness = try LoopHarness()
    let (mine, peer) = try socketPair()
    _ = try harness.open(mine, token: 1)
    sendText("unread", to: peer)
    var reports = 0
    harness.onReady = { _, _ in
      reports += 1
      if reports == 3 { harness.stop() }
    }
    harness.run()
    #expect(reports == 3)
    close(peer)
  }

  @Test("a quiet connection reports neither bytes nor the end of the stream, and goes on when watched again")
  func watchesNothing() throws {
    let harness = try LoopHarness()
    let pair = try tcpPair()
    let connection = try harness.open(pair.server, token: 1)
    connection.watch([])
    sendText("request", to: pair.client)
    shutdown(pair.client, Int32(SHUT_WR))
    var quiet = true
    var texts: [String?] = []
    harness.onReady = { _, _ in
      #expect(!quiet)
      texts.append(receiveText(from: connection.descriptor))
      if texts.last == "" { harness.stop() }
    }
    harness.onTick = after(5) {
      quiet = false
      connection.watch(.readable)
    }
    harness.run()
    #expect(texts == ["request", ""])
    close(pair.client)
  }

  @Test(
    "a reset is reported as a hang-up, whatever is watched", arguments: [Readiness(), .readable, .writable])
  func reportsReset(watched: Readiness) throws {
    let harness = try LoopHarness()
    let pair = try tcpPair()
    let connection = try harness.open(pair.server, token: 1)
    fill(pair.server)  // not writable, so that only the reset can be the reason
    connection.watch(watched)
    var linger = linger(l_onoff: 1, l_linger: 0)
    let size = socklen_t(MemoryLayout.size(ofValue: linger))
    #expect(unsafe setsockopt(pair.client, SOL_SOCKET, SO_LINGER, &linger, size) == 0)
    close(pair.client)
    var seen: [Readiness] = []
    harness.onReady = { _, events in
      seen.append(events)
      harness.stop()
    }
    harness.run()
    #expect(seen == [.hangUp])
    connection.close()
  }

  @Test("urgent data on a quiet connection keeps nobody busy")
  func ignoresUrgentData() throws {
    let harness = try LoopHarness()
    let pair = try tcpPair()
    let connection = try harness.open(pair.server, token: 1)
    connection.watch([])
    #expect(unsafe send(pair.client, "!", 1, Int32(MSG_OOB)) == 1)
    var turns = 0
    harness.onReady = { _, _ in Issue.record("nothing is to be reported") }
    harness.onTurn = { turns += 1 }
    harness.onTick = after(10) { harness.stop() }
    harness.run()
    #expect(turns < 100)
    close(pair.client)
  }

  @Test("after a half-close the peer reads the end, and its answer still arrives")
  func halfCloses() throws {
    let harness = try LoopHarness()
    let pair = try tcpPair()
    let connection = try harness.open(pair.server, token: 1)
    sendText("last words", to: pair.server)
    #expect(connection.shutdownWrite() == 0)
    #expect(awaitText(from: pair.client) == "last words")
    #expect(awaitText(from: pair.client) == "")
    sendText("answer", to: pair.client)
    var answers: [String?] = []
    harness.onReady = { _, _ in
      answers.append(receiveText(from: connection.descriptor))
      harness.stop()
    }
    harness.run()
    #expect(answers == ["answer"])
    close(pair.client)
  }

  @Test("an ordinary close ends the stream, a reset breaks it", arguments: [false, true])
  func closesWithOrWithoutReset(reset: Bool) throws {
    let harness = try LoopHarness()
    let pair = try tcpPair()
    let connection = try harness.open(pair.server, token: 1)
    connection.close(reset: reset)
    var entry = pollfd(fd: pair.client, events: Int16(POLLIN), revents: 0)
    #expect(unsafe poll(&entry, 1, 60_000) == 1)
    var byte: UInt8 = 0
    #expect(unsafe cuv_recv(pair.client, &byte, 1) == (reset ? -Int(ECONNRESET) : 0))
    close(pair.client)
  }

  @Test("an opened connection does not block")
  func doesNotBlock() throws {
    let harness = try LoopHarness()
    let pair = try tcpPair()
    let connection = try harness.open(pair.server, token: 1)
    #expect(fcntl(connection.descriptor, F_GETFL) & O_NONBLOCK != 0)
    close(pair.client)
  }

  @Test("a descriptor that cannot be opened is closed all the same")
  func closesOnFailure() throws {
    let harness = try LoopHarness()
    let folder = try TemporaryFolder()
    let path = folder.path + "/file"
    // Files are always ready, so the kernel refuses to watch them. The lock goes with its descriptor.
    let file = unsafe open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    let other = unsafe open(path, O_RDWR | O_CLOEXEC)
    #expect(flock(file, LOCK_EX | LOCK_NB) == 0)
    #expect(flock(other, LOCK_EX | LOCK_NB) != 0)
    var opened: OpaquePointer?
    #expect(unsafe cuv_conn_open(harness.loop, file, 2, &opened) < 0)
    #expect(unsafe opened == nil)
    #expect(flock(other, LOCK_EX | LOCK_NB) == 0)
    close(other)
  }

  @Test("receiving tells data, would-block, end and errors apart")
  func receives() throws {
    let (mine, peer) = try socketPair()
    var bytes = [UInt8](repeating: 0, count: 8)
    #expect(unsafe cuv_recv(mine, &bytes, 8) == -Int(EAGAIN))
    sendText("abc", to: peer)
    #expect(unsafe cuv_recv(mine, &bytes, 0) == -Int(EINVAL))
    #expect(unsafe cuv_recv(mine, &bytes, 2) == 2)
    #expect(unsafe cuv_recv(mine, &bytes, 8) == 1)
    close(peer)
    #expect(unsafe cuv_recv(mine, &bytes, 8) == 0)
    #expect(unsafe cuv_recv(-1, &bytes, 8) == -Int(EBADF))
    close(mine)
  }

  @Test("sending tells short, would-block and gone apart, without a signal")
  func sends() throws {
    let (mine, peer) = try socketPair()
    let large = [UInt8](repeating: 0x61, count: 1 << 22)
    let taken = unsafe cuv_send(mine, large, large.count)
    #expect(taken > 0 && taken < large.count)
    fill(mine)
    #expect(unsafe cuv_send(mine, large, 1) == -Int(EAGAIN))
    close(peer)
    #expect(unsafe cuv_send(mine, large, 1) == -Int(EPIPE))
    close(mine)
  }

  /// A tick hook that acts at the given tick, once.
  private func after(_ ticks: Int, _ act: @escaping () -> Void) -> () -> Void {
    var left = ticks
    return {
      left -= 1
      if left == 0 { act() }
    }
  }

  @Test(
    "a prepared connection reports nothing; begun, it reports what is ready, an error and what comes later")
  func prepared() throws {
    let harness = try LoopHarness()
    let (early, earlyPeer) = try socketPair()
    let (broken, brokenPeer) = try tcpPair()
    let (late, latePeer) = try socketPair()
    let (gone, gonePeer) = try socketPair()
    let connections = try [early, broken, late].map(harness.prepare)
    let ended = try harness.prepare(gone)
    sendText("early", to: earlyPeer)
    var linger = linger(l_onoff: 1, l_linger: 0)
    _ = unsafe setsockopt(
      brokenPeer, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout<linger>.size))
    close(brokenPeer)
    var reported: [UInt32: Readiness] = [:]
    harness.onReady = { token, events in reported[token, default: []].formUnion(events) }
    for _ in 0..<3 { unsafe cuv_loop_prepare(harness.loop) }
    ended.close()
    #expect(receiveText(from: gonePeer) == "", "what is not begun is closed like any other")
    for (token, connection) in connections.enumerated() { connection.begin(UInt32(token)) }
    #expect(reported.isEmpty)
    harness.onTick = after(5) { sendText("late", to: latePeer) }
    harness.onTurn = { if reported.count == 3 { harness.stop() } }
    harness.run()
    #expect(reported.keys.sorted() == [0, 1, 2])
    #expect(reported[1]?.contains(.hangUp) == true)
    connections.forEach { $0.close() }
    for peer in [earlyPeer, latePeer, gonePeer] { close(peer) }
  }
}
