// The servers that the cluster suite stands on do what its tests rely on: kept after kill -9, frozen, cut off.
import Glibc
import TestSupport
import Testing

@Suite("Servers of the cluster suite", .timeLimit(.minutes(30)))
struct ClusterServersTests {
  @Test(
    "PostgreSQL keeps what was committed across kill -9, and answers nothing while it is frozen",
    .needsPostgres)
  func postgres() throws {
    let server = try PostgresServer()
    try server.query("CREATE TABLE kept (n int); INSERT INTO kept VALUES (7)", in: "postgres")
    server.kill()
    #expect(throws: TestFailure.self) { try server.query("SELECT n FROM kept", in: "postgres") }
    try server.start()
    #expect(try server.query("SELECT n FROM kept", in: "postgres") == ["7"])
    server.freeze()
    let asked = try BackgroundThread { try server.query("SELECT n + 1 FROM kept", in: "postgres") }
    pause(milliseconds: 300)
    server.thaw()
    #expect(try asked.join() == ["8"])
    try server.restart()
    #expect(try server.query("SELECT n FROM kept", in: "postgres") == ["7"])
  }

  @Test("NATS comes back on its ports, with and without credentials", .needsNATS)
  func nats() throws {
    for access in [NATSServer.Access.open, .password, .tls] {
      let server = try NATSServer(access)
      try server.kill9()
      try server.start()
      #expect(try server.page("/varz").number("in_msgs") == 0)
      let greeting = try Socket(port: server.port).receive()
      let line = String(decoding: greeting, as: UTF8.self)
      #expect(line.hasPrefix("INFO "))
      #expect(line.contains("\"auth_required\":true") == !server.url.hasPrefix("nats://127"))
      #expect(line.contains("\"tls_required\":true") == server.url.hasPrefix("tls://"))
    }
  }

  @Test(
    "a cable passes bytes on, later, or not at all while it is cut; what lost something ends when it is mended"
  )
  func cable() throws {
    let server = try TestServer()
    let cable = try Cable(to: server.port)
    let client = HTTPClient(port: cable.port, patience: .milliseconds(500))
    #expect(try client.get("/livez").status == 200)
    cable.delay(milliseconds: 40)
    let start = ContinuousClock.now
    #expect(try client.get("/livez").status == 200)
    #expect(ContinuousClock.now - start >= .milliseconds(80))
    cable.delay(milliseconds: 0)
    let (socket, _) = try client.detach()
    cable.cut()
    try socket.send(Array("GET /livez HTTP/1.1\r\nHost: a\r\n\r\n".utf8))
    #expect(throws: Silence.self) { try socket.receive(within: .milliseconds(300)) }
    cable.mend()
    #expect(try socket.receive().isEmpty)
    #expect(try HTTPClient(port: cable.port).get("/livez").status == 200)
  }

  @Test("a link to another host passes bytes, or nothing while it is cut", .needsNetwork, .needsPostgres)
  func link() throws {
    try NetworkNamespace.run {
      let host = try OtherHost(links: 2)
      let server = try PostgresServer(address: "0.0.0.0", wrapper: host.wrapper)
      func answers(_ link: Int) throws -> Bool {
        try run(
          "\(PostgresServer.programs ?? "")/pg_isready",
          ["-h", host.address(of: link), "-p", String(server.port), "-t", "2"]
        ).status == .exited(0)
      }
      #expect(try answers(0) && answers(1))
      try host.cut(1)
      #expect(try answers(0) && !answers(1))
      try host.mend(1)
      try eventually("the link is up") { try answers(1) }
    }
    #expect(try run("ip", ["link", "show", "near0"]).status != .exited(0))
  }
}

/// What a test of the cluster needs on this machine; without it, it is left out and says why.
extension Trait where Self == ConditionTrait {
  static var needsPostgres: Self {
    .enabled(
      if: PostgresServer.programs != nil, "PostgreSQL is not installed; script/bootstrap --tests does it")
  }
  static var needsNATS: Self {
    .enabled(if: NATSServer.program != nil, "nats-server is not installed; script/bootstrap --tests does it")
  }
  static var needsHAProxy: Self {
    .enabled(if: LoadBalancer.program != nil, "haproxy is not installed; script/bootstrap --tests does it")
  }
  /// Hosts in namespaces.
  static var needsNetwork: Self {
    .enabled(if: NetworkNamespace.isAllowed, "network namespaces need root and ip(8)")
  }
  /// Slow links between them.
  static var needsNetem: Self {
    .enabled(if: NetworkNamespace.hasNetem, "slow links need tc(8) and a kernel with netem")
  }
  /// Nodes that share a database.
  static var needsCluster: Self {
    #if Cluster
      .enabled(
        if: PostgresServer.programs != nil && NATSServer.program != nil,
        "PostgreSQL or nats-server is not installed; script/bootstrap --tests does it")
    #else
      .disabled(
        "built without --traits Cluster; script/test --cluster has it")
    #endif
  }
}
