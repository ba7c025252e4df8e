#if Cluster
  // A connection to a real server on loopback, and to none.
  import TestSupport
  import Testing

  @testable import seatcast

  /// Counts what it is told.
  private final class Listener: NATSListener {
    let connections = Guarded(0)
    let losses = Guarded(0)
    func connected() { connections.withLock { $0 += 1 } }
    func disconnected(_ why: String) { losses.withLock { $0 += 1 } }
    func closed(_ why: String) {}
    func failed(_ why: String, isSlow: Bool) {}
    func heard(_ message: [UInt8]) {}
  }

  @Suite("NATSConnection")
  struct NATSConnectionTests {
    @Test(
      "A connection is told once, whether it is there at once or made later, and so is its loss",
      .enabled(if: NATSServer.program != nil, "nats-server is not installed (apt-get install nats-server)"))
    func told() throws {
      let server = try NATSServer()
      let listener = Listener()
      let connection = try NATSConnection(
        NATSOptions(urls: [server.url], name: "test"), NATSContext(listener))
      try eventually("it is connected") { listener.connections.withLock { $0 } == 1 }
      try server.kill9()
      try eventually("the loss is told") { listener.losses.withLock { $0 } == 1 }
      try server.start()
      try eventually("it is connected again") { listener.connections.withLock { $0 } == 2 }
      withExtendedLifetime(connection) {}
    }

    @Test("Without a server it is not connected, and waiting for one is no failure")
    func nobody() throws {
      let listener = Listener()
      let connection = try NATSConnection(
        NATSOptions(urls: ["nats://127.0.0.1:\(try freePort())"], name: "test"), NATSContext(listener))
      pause(milliseconds: 300)
      #expect(listener.connections.withLock { $0 } == 0)
      withExtendedLifetime(connection) {}
    }
  }
#endif
