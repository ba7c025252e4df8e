#if Cluster
  // Two buses over a real server on loopback.
  import ControlPlane
  import TestSupport
  import Testing

  @testable import seatcast

  /// A bus, what it has heard, and what it has told.
  final class BusRig: Sendable {
    let bus: NATSBus
    let heard = Guarded<[String]>([])
    let news = Guarded<[BusNews]>([])

    init(_ options: NATSOptions, prefix: String = "seatcast") throws {
      let (heard, news) = (heard, news)
      bus = NATSBus(
        options, prefix: prefix,
        hear: { message in heard.withLock { $0.append(String(decoding: message, as: UTF8.self)) } },
        tell: { told in news.withLock { $0.append(told) } })
      try bus.start()
    }

    deinit { bus.stop() }

    func connect() throws { try eventually("it is connected") { bus.isConnected } }

    /// Others' messages are heard a moment after `follow`.
    func follow(_ event: Int64, from other: BusRig) throws {
      bus.follow(EventID(event))
      try eventually("it happens") {
        other.publish(event, "probe")
        return heard.withLock { $0.contains("probe") }
      }
      heard.withLock { $0.removeAll() }
    }

    func publish(_ event: Int64, _ text: String) { bus.publish(EventID(event), Array(text.utf8)) }
    func hasHeard(_ texts: [String]) -> Bool { heard.withLock { $0.filter { $0 != "probe" } == texts } }
  }

  @Suite(
    "NATSBus",
    .enabled(if: NATSServer.program != nil, "nats-server is not installed (apt-get install nats-server)"))
  struct NATSBusTests {
    private func options(_ server: NATSServer) -> NATSOptions {
      NATSOptions(urls: [server.url], name: "test")
    }

    /// Subscriptions that the server has.
    private func count(_ server: NATSServer) throws -> Int {
      guard let count = try server.page("/subsz")["num_subscriptions"]?.integer else {
        throw TestFailure("/subsz has no num_subscriptions")
      }
      return count
    }

    @Test("A message goes to those that follow its event, in order, and not to who has sent it")
    func messages() throws {
      let server = try NATSServer(.password)
      let (one, other) = (try BusRig(options(server)), try BusRig(options(server)))
      let stranger = try BusRig(options(server), prefix: "other.shop")
      for rig in [one, other, stranger] { try rig.connect() }
      try other.follow(5, from: one)
      try one.follow(5, from: other)
      stranger.bus.follow(EventID(5))
      for number in 0..<200 { one.publish(number % 4 == 0 ? 6 : 5, "\(number)") }
      let expected = (0..<200).filter { $0 % 4 != 0 }.map(String.init)
      try eventually("it happens") { other.hasHeard(expected) }
      #expect(one.hasHeard([]) && stranger.hasHeard([]))
      let subscriptions = try count(server)
      other.bus.unfollow(EventID(5))
      try eventually("the server knows") { try count(server) == subscriptions - 1 }
      one.bus.follow(EventID(7))
      try eventually("the server knows") { try count(server) == subscriptions }
      one.publish(5, "nobody hears")
      try eventually("it happens") { one.bus.report.sent >= 201 }
      #expect(other.hasHeard(expected))
      #expect(one.bus.report.followed == 2 && other.bus.report.followed == 0)
      #expect(one.bus.report.unsent == 0 && one.news.withLock { $0 } == [.connected])
    }

    @Test(
      "A start does not wait for the server, what cannot be sent is counted, and follows hold once it is there"
    )
    func late() throws {
      let server = try NATSServer()
      try server.stop()
      let (one, other) = (try BusRig(options(server)), try BusRig(options(server)))
      one.bus.follow(EventID(1))
      other.publish(1, "lost")
      #expect(!one.bus.isConnected && other.bus.report.unsent == 1)
      try eventually(within: .seconds(20), "it happens") {
        one.news.withLock { if case .unreachable? = $0.first { true } else { false } }
      }
      try server.start()
      for rig in [one, other] { try rig.connect() }
      try one.follow(1, from: other)
      other.publish(1, "there")
      try eventually("it happens") { one.hasHeard(["there"]) }
    }

    @Test("A server that is killed is told once, and everything holds again when it is back")
    func restart() throws {
      let server = try NATSServer()
      let (one, other) = (try BusRig(options(server)), try BusRig(options(server)))
      for rig in [one, other] { try rig.connect() }
      try one.follow(1, from: other)
      try server.kill9()
      try eventually("it happens") { !one.bus.isConnected && !other.bus.isConnected }
      other.publish(1, "lost")
      #expect(other.bus.report.unsent == 1 && other.bus.report.losses == 1)
      try server.start()
      for rig in [one, other] { try rig.connect() }
      try one.follow(1, from: other)
      other.publish(1, "there")
      try eventually("it happens") { one.hasHeard(["there"]) }
      let told = one.news.withLock { $0 }
      #expect(told.count == 3 && told.first == .connected && told.last == .connected)
      guard case .lost? = told.dropFirst().first else { throw TestFailure("\(told)") }
    }

    @Test("A frozen server is given up, and does not hold up who publishes")
    func frozen() throws {
      let server = try NATSServer()
      let one = try BusRig(options(server))
      try one.connect()
      server.freeze()
      let message = [UInt8](repeating: 65, count: 100_000)
      for _ in 0..<400 { one.bus.publish(EventID(1), message) }
      try eventually(within: .seconds(40), "it happens") { !one.bus.isConnected }
      #expect(one.bus.report.unsent > 0, "more than may wait")
      server.thaw()
      try one.connect()
    }

    @Test("A wrong password is told, and tried again")
    func refused() throws {
      let server = try NATSServer(.password)
      let one = try BusRig(
        NATSOptions(urls: [server.url.replacing("secret", with: "wrong")], name: "test"))
      try eventually(within: .seconds(20), "it happens") {
        one.news.withLock { $0.contains { if case .connected = $0 { false } else { true } } }
      }
      #expect(!one.bus.isConnected)
      #expect(one.news.withLock { "\($0)" }.contains("wrong") == false)
    }

    @Test("With TLS only a server with a certificate of the given authorities is talked to")
    func tls() throws {
      let server = try NATSServer(.tls)
      let url = server.url.replacing("127.0.0.1", with: "localhost")
      let one = try BusRig(NATSOptions(urls: [url], name: "test", authorities: NATSServer.certificate))
      try one.connect()
      let other = try BusRig(NATSOptions(urls: [url], name: "test"))
      try eventually(within: .seconds(20), "it happens") {
        other.news.withLock { !$0.isEmpty }
      }
      #expect(!other.bus.isConnected)
    }

    @Test("Credentials are a user's JWT with its seed, or an nkey's seed with its public key")
    func credentials() throws {
      let folder = try TemporaryFolder()
      let file = folder.path + "/creds"
      try put("-----BEGIN NATS USER JWT-----\nx\n------END NATS USER JWT------\n", at: file)
      #expect(try NATSCredentials(file: file) == .user(file: file))
      let key = "U" + String(repeating: "A", count: 55)
      try put("SUAB\n\(key)\n", at: file)
      #expect(try NATSCredentials(file: file) == .key(key, file: file))
      for text in ["SUAB\n", key, "hush"] {
        try put(text, at: file)
        #expect {
          try NATSCredentials(file: file)
        } throws: {
          "\($0)".contains("neither") && !"\($0)".contains("hush")
        }
      }
    }

    @Test("A line has no bus where none is configured, and one is down before it is started")
    func line() throws {
      var configuration = ClusterConfiguration(store: .text("postgres://h"), bus: nil, node: nil)
      let log = Log(format: .json, from: .error)
      #expect(try BusLine(configuration, node: "a", log: log) == nil)
      configuration.bus = .init(
        urls: .text("nats://127.0.0.1:1"), prefix: "p", authorities: nil, credentials: nil)
      let line = try #require(try BusLine(configuration, node: "a", log: log))
      #expect(line.remark == "the bus is down: others' bookings come by the database")
      #expect(line.report.state == .connecting)
    }
  }
#endif
