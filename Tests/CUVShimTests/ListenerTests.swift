import CUVShim
import Glibc
import Testing

@Suite struct ListenerTests {
  @Test("a connection is accepted with its peer's address, and echoed to")
  func acceptsAndEchoes() throws {
    let harness = try LoopHarness()
    let port = try harness.listen()
    let client = try dial(port: port)
    sendText("echo me", to: client)
    var peers: [String] = []
    var server: Connection?
    harness.onAccept = { descriptor, peer in
      peers.append(peer)
      server = try? harness.open(descriptor, token: 7)
    }
    harness.onReady = { token, events in
      #expect(token == 7)
      #expect(events == .readable)
      guard let server, let text = receiveText(from: server.descriptor) else { return }
      sendText(text, to: server.descriptor)
      harness.stop()
    }
    harness.run()
    #expect(peers == ["127.0.0.1"])
    #expect(awaitText(from: client) == "echo me")
    close(client)
  }

  @Test("no more than the bound is accepted in one turn, and nobody is forgotten")
  func acceptsInPortions() throws {
    let harness = try LoopHarness()
    let port = try harness.listen(acceptsPerTurn: 3)
    let clients = try (0..<10).map { _ in try dial(port: port) }
    var thisTurn = 0
    var portions: [Int] = []
    harness.onAccept = { descriptor, _ in
      thisTurn += 1
      close(descriptor)
    }
    harness.onTurn = {
      if thisTurn > 0 { portions.append(thisTurn) }
      thisTurn = 0
      if portions.reduce(0, +) == 10 { harness.stop() }
    }
    harness.run()
    #expect(portions.allSatisfy { $0 <= 3 })
    for client in clients { close(client) }
  }

  @Test("an accepted descriptor is non-blocking and closed on exec")
  func flagsOfAccepted() throws {
    let harness = try LoopHarness()
    let client = try dial(port: try harness.listen())
    harness.onAccept = { descriptor, _ in
      #expect(fcntl(descriptor, F_GETFL) & O_NONBLOCK != 0)
      #expect(fcntl(descriptor, F_GETFD) & FD_CLOEXEC != 0)
      close(descriptor)
      harness.stop()
    }
    harness.run()
    close(client)
  }

  @Test("the hook may stop the listener; then nobody is accepted any more")
  func stopsInsideHook() throws {
    let harness = try LoopHarness()
    let port = try harness.listen()
    let clients = try (0..<3).map { _ in try dial(port: port) }
    var accepted = 0
    var ticks = 0
    harness.onAccept = { descriptor, _ in
      accepted += 1
      close(descriptor)
      unsafe cuv_listen_stop(harness.loop)
      unsafe cuv_listen_stop(harness.loop)
    }
    harness.onTick = {
      ticks += 1
      if accepted > 0 && ticks > 5 { harness.stop() }
    }
    harness.run()
    #expect(accepted == 1)
    #expect(tryDial(port: port).error == ECONNREFUSED)
    for client in clients { close(client) }
  }

  @Test("after a stop the loop can listen again, but never twice at a time")
  func listensAgain() throws {
    let harness = try LoopHarness()
    _ = try harness.listen()
    #expect(harness.tryListen().result == -EALREADY)
    unsafe cuv_listen_stop(harness.loop)
    let client = try dial(port: try harness.listen())
    var accepted = false
    harness.onAccept = { descriptor, _ in
      accepted = true
      close(descriptor)
      harness.stop()
    }
    harness.run()
    #expect(accepted)
    close(client)
  }

  @Test("what is accepted inherits the options of its listener")
  func inherits() throws {
    let harness = try LoopHarness()
    let client = try dial(port: try harness.listen())
    func option(_ name: Int32, of descriptor: Int32) -> Int32 {
      var value: Int32 = 0
      var size = socklen_t(MemoryLayout<Int32>.size)
      #expect(unsafe getsockopt(descriptor, Int32(IPPROTO_TCP), name, &value, &size) == 0)
      return value
    }
    var options: [Int32] = []
    harness.onAccept = { descriptor, _ in
      options = [TCP_NODELAY, TCP_NOTSENT_LOWAT, TCP_USER_TIMEOUT].map { option($0, of: descriptor) }
      close(descriptor)
      harness.stop()
    }
    harness.run()
    #expect(options == [1, 16 * 1024, 90_000])
    close(client)
  }

  @Test("two loops share one port")
  func sharesPort() throws {
    let first = try LoopHarness()
    let second = try LoopHarness()
    let port = Int32(try first.listen())
    #expect(second.tryListen(port: port) == (0, port))
  }

  @Test("localhost and IPv6 are understood", arguments: ["localhost", "::1", "::"])
  func understandsHosts(host: String) throws {
    guard ipv6IsThere() || host == "localhost" else { return }
    let harness = try LoopHarness()
    #expect(try harness.listen(host: host) > 0)
  }

  @Test("an IPv4 peer of an IPv6 listener shows its IPv4 address")
  func showsMappedAddress() throws {
    guard ipv6IsThere() else { return }
    let harness = try LoopHarness()
    let client = try dial(port: try harness.listen(host: "::"))
    var peers: [String] = []
    harness.onAccept = { descriptor, peer in
      peers.append(peer)
      close(descriptor)
      harness.stop()
    }
    harness.run()
    #expect(peers == ["127.0.0.1"])
    close(client)
  }

  @Test("a host that is no address, a port out of range, a bound of nothing are refused")
  func refusesNonsense() throws {
    let harness = try LoopHarness()
    for host in ["", "example", "127.0.0.256", "127.0.0.1:80"] {
      #expect(harness.tryListen(host: host).result == -EINVAL)
    }
    #expect(harness.tryListen(port: -1).result == -EINVAL)
    #expect(harness.tryListen(port: 65_536).result == -EINVAL)
    #expect(harness.tryListen(acceptsPerTurn: 0).result == -EINVAL)
    #expect(harness.tryListen(unsentBytes: 0).result == -EINVAL)
    #expect(harness.tryListen(unsentBytes: .max).result == -EINVAL)
    #expect(harness.tryListen(unacknowledged: 0).result == -EINVAL)
    #expect(unsafe cuv_port_probe("nowhere", 80) == -EINVAL)
  }

  @Test("the probe finds a listener that shares its port, and a free port free")
  func probes() throws {
    let harness = try LoopHarness()
    let port = Int32(try harness.listen())
    #expect(unsafe cuv_port_probe("127.0.0.1", port) == -EADDRINUSE)
    #expect(unsafe cuv_port_probe("127.0.0.1", 0) == 0)
  }

  @Test("the probe is not misled by connections that linger after a server's end")
  func probesThroughTimeWait() throws {
    let harness = try LoopHarness()
    let port = try harness.listen()
    let client = try dial(port: port)
    harness.onAccept = { descriptor, _ in
      close(descriptor)  // the server closes first, so the server's end stays in TIME_WAIT
      harness.stop()
    }
    harness.run()
    #expect(awaitText(from: client) == "")
    close(client)
    unsafe cuv_listen_stop(harness.loop)
    #expect(unsafe cuv_port_probe("127.0.0.1", Int32(port)) == 0)
  }

  @Test("when descriptors run out the listener rests until the next tick, and then goes on")
  func outlivesExhaustion() async {
    // In a process of its own: it uses up all descriptors.
    await #expect(processExitsWith: .success) {
      var limit = rlimit()
      unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
      // Other tests' descriptors may have come along.
      let lowest = dup(0)
      close(lowest)
      limit.rlim_cur = rlim_t(lowest) + 90
      unsafe setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
      let harness = try LoopHarness()
      let client = try dial(port: try harness.listen())
      var spare: [Int32] = []
      func useUp() { while case let copy = dup(client), copy >= 0 { spare.append(copy) } }
      useUp()
      var accepted = false
      var turns = 0
      harness.onTurn = { turns += 1 }
      harness.onAccept = { _, _ in
        accepted = true
        harness.stop()
      }
      harness.onTick = {
        useUp()  // another thread of this process may have closed one of its own
        if unsafe cuv_accept_failures(harness.loop) == 3, let last = spare.popLast() { close(last) }
      }
      harness.run()
      for descriptor in spare { close(descriptor) }
      let failures = unsafe cuv_accept_failures(harness.loop)
      // The fourth: accept4 wants a descriptor before it looks whether anybody else is waiting.
      guard accepted, failures == 3 || failures == 4 else {
        fatalError("accepted \(accepted), failures \(failures)")
      }
      guard turns < 50 else { fatalError("\(turns) turns: it did not rest") }
    }
  }

  private func ipv6IsThere() -> Bool {
    unsafe cuv_port_probe("::1", 0) == 0 && access("/proc/net/if_inet6", R_OK) == 0
  }
}

/// Sockets that somebody else has opened and goes on holding.
@Suite struct InheritedListenerTests {
  /// A blocking TCP socket that listens, as a service manager opens it, and its port.
  private func listening() throws -> (descriptor: Int32, port: Int) {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    try #require(descriptor >= 0 && Glibc.listen(descriptor, 16) == 0)
    var address = sockaddr_in()
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    _ = unsafe withUnsafeMutablePointer(to: &address) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
        unsafe getsockname(descriptor, generic, &size)
      }
    }
    return (descriptor, Int(UInt16(bigEndian: address.sin_port)))
  }

  /// The result and the port; the descriptor belongs to the loop, or is closed.
  private func adopt(
    _ descriptor: Int32, _ harness: LoopHarness, isShared: Bool = true
  ) -> (result: Int32, port: Int32) {
    var bound: Int32 = 0
    var options = cuv_listen_options(
      backlog: 128, accepts_per_turn: 16, unsent_bytes: 16_384, unacknowledged_ms: 90_000)
    let result = unsafe cuv_listen_inherited(harness.loop, descriptor, isShared ? 1 : 0, &options, &bound)
    return (result, bound)
  }

  @Test("a loop accepts from several sockets, and ends those that are its own")
  func several() throws {
    let harness = try LoopHarness()
    let (shared, own) = (try listening(), try listening())
    defer { close(shared.descriptor) }
    #expect(adopt(dup(shared.descriptor), harness).result == 0)
    #expect(adopt(own.descriptor, harness, isShared: false).result == 0)
    #expect(unsafe cuv_listen_descriptor(harness.loop, 0) == own.descriptor)
    #expect(unsafe cuv_listen_descriptor(harness.loop, 1) >= 0)
    #expect(unsafe cuv_listen_descriptor(harness.loop, 2) == -EBADF)
    let clients = [try dial(port: shared.port), try dial(port: own.port)]
    var accepted = 0
    harness.onAccept = { descriptor, _ in
      accepted += 1
      close(descriptor)
    }
    harness.onTurn = { if accepted == 2 { harness.stop() } }
    harness.run(again: true)
    unsafe cuv_listen_stop(harness.loop)
    #expect(tryDial(port: own.port).error == ECONNREFUSED)
    let waiting = try dial(port: shared.port)
    for client in clients + [waiting] { close(client) }
  }

  @Test("a socket of our own that is left to another process goes on listening there")
  func left() throws {
    let harness = try LoopHarness()
    let (descriptor, port) = try listening()
    let elsewhere = dup(descriptor)
    defer { close(elsewhere) }
    #expect(adopt(descriptor, harness, isShared: false).result == 0)
    unsafe cuv_listen_leave(harness.loop)
    let client = try dial(port: port)
    let taken = accept(elsewhere, nil, nil)
    #expect(taken >= 0)
    close(taken)
    close(client)
  }

  @Test("an inherited socket is accepted from, and waits for the next process when the listener stops")
  func outlives() throws {
    let harness = try LoopHarness()
    let (kept, port) = try listening()
    defer { close(kept) }
    let (result, bound) = adopt(dup(kept), harness)
    #expect(result == 0)
    #expect(Int(bound) == port)
    #expect(fcntl(kept, F_GETFL) & O_NONBLOCK != 0)
    let client = try dial(port: port)
    var accepted = 0
    harness.onAccept = { descriptor, _ in
      accepted += 1
      close(descriptor)
      unsafe cuv_listen_stop(harness.loop)
      harness.stop()
    }
    harness.run()
    #expect(accepted == 1)
    close(client)
    let waiting = try dial(port: port)
    let taken = accept(kept, nil, nil)
    #expect(taken >= 0)
    close(taken)
    close(waiting)
  }

  @Test("two loops may have duplicates of one socket")
  func duplicates() throws {
    let (kept, port) = try listening()
    let (first, second) = (try LoopHarness(), try LoopHarness())
    #expect(adopt(dup(kept), first).result == 0)
    #expect(adopt(kept, second).result == 0)
    for harness in [first, second] {
      let client = try dial(port: port)
      harness.onAccept = { descriptor, _ in
        close(descriptor)
        harness.stop()
      }
      harness.run()
      close(client)
    }
  }

  @Test("what is no listening TCP socket is refused and closed")
  func refused() throws {
    let harness = try LoopHarness()
    let silent = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    #expect(adopt(silent, harness).result == -EINVAL)
    let datagram = socket(AF_INET, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    #expect(adopt(datagram, harness).result == -EINVAL)
    let file = unsafe open("/dev/null", O_RDONLY | O_CLOEXEC)
    #expect(adopt(file, harness).result == -ENOTSOCK)
    #expect(adopt(-1, harness).result == -EBADF)
  }
}
