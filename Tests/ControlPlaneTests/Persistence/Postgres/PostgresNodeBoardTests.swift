#if Cluster
  import TestSupport
  import Testing

  @testable import ControlPlane

  @Suite(
    "Nodes in PostgreSQL", .enabled(if: PostgresServer.isInstalled, Comment(rawValue: PostgresServer.absence))
  )
  struct PostgresNodeBoardTests {
    private let address: PostgresAddress
    private let reader: PostgresConnection

    init() throws {
      address = try PostgresAddress(try PostgresServer.shared().createDatabase())
      reader = PostgresConnection(address, .writer("test"))
      try PostgresSchema.bring(reader)
    }

    private func board(_ name: String) -> PostgresNodeBoard { PostgresNodeBoard(address, node: name) }

    private func interest() throws -> [String] {
      try reader.run("SELECT node || ' ' || event_id FROM interest ORDER BY 1").all { $0.text(0) }
    }

    private func report(_ name: String) -> NodeReport {
      NodeReport(
        name: name, address: "http://h:1", version: "1.2", startedAt: Instant(milliseconds: 5),
        facts: NodeFacts(connections: 3, busIsConnected: true, key: "k"))
    }

    @Test("Nodes see each other, and when each was seen by the database's clock")
    func rows() throws {
      let (one, other) = (board("a"), board("b"))
      _ = try one.beat(report("a"), InterestChange())
      let table = try other.beat(report("b"), InterestChange())
      #expect(table.nodes.map(\.name) == ["a", "b"])
      for var node in table.nodes {
        #expect(abs(node.seenAt.milliseconds - table.now.milliseconds) < 60_000)
        node.seenAt = Instant(milliseconds: 0)
        #expect(node == report(node.name))
      }
      try other.leave("b")
      #expect(try one.beat(report("a"), InterestChange()).nodes.map(\.name) == ["a"])
    }

    @Test("Interest is added, removed and replaced, each node's own")
    func interestRows() throws {
      let (one, other) = (board("a"), board("b"))
      func events(_ numbers: Int64...) -> [EventID] { numbers.map { EventID($0) } }
      _ = try one.beat(report("a"), InterestChange(watched: events(1, 2)))
      _ = try other.beat(report("b"), InterestChange(watched: events(1)))
      _ = try one.beat(report("a"), InterestChange(watched: events(2, 3), unwatched: events(1)))
      #expect(try interest() == ["a 2", "a 3", "b 1"])
      _ = try one.beat(report("a"), InterestChange(isWhole: true, watched: events(3, 4)))
      #expect(try interest() == ["a 3", "a 4", "b 1"])
      _ = try one.beat(report("a"), InterestChange(isWhole: true))
      try other.leave("b")
      #expect(try interest() == [])
    }

    @Test("Viewers are summed over the other nodes, of events that somebody watches here")
    func viewers() throws {
      let (one, other, third) = (board("a"), board("b"), board("c"))
      func change(_ viewers: [Int64: Int], asks: Bool = false) -> InterestChange {
        let numbers = Dictionary(uniqueKeysWithValues: viewers.map { (EventID($0.key), $0.value) })
        return InterestChange(watched: Array(numbers.keys), viewers: numbers, asksOthers: asks)
      }
      _ = try one.beat(report("a"), change([1: 5, 2: 6, 3: 1]))
      _ = try other.beat(report("b"), change([1: 7, 4: 2]))
      // The event counts as watched before it is known by how many.
      let unknown = InterestChange(watched: [EventID(1), EventID(5)], asksOthers: true)
      #expect(try third.beat(report("c"), unknown).viewersElsewhere == [EventID(1): 12])
      #expect(try one.beat(report("a"), change([:], asks: true)).viewersElsewhere == [EventID(1): 7])
      _ = try other.beat(report("b"), change([1: 1]))
      #expect(try one.beat(report("a"), change([1: 5], asks: true)).viewersElsewhere == [EventID(1): 1])
      #expect(try one.beat(report("a"), change([1: 5])).viewersElsewhere.isEmpty)
      try other.leave("b")
      #expect(try one.beat(report("a"), change([:], asks: true)).viewersElsewhere.isEmpty)
    }

    @Test("Of a node that is dead nobody keeps the interest, and after an hour not the row")
    func sweep() throws {
      let dead = board("dead")
      _ = try dead.beat(report("dead"), InterestChange(watched: [EventID(1)]))
      try reader.execute("UPDATE node SET seen_at = seen_at - 11000")
      #expect(try board("a").beat(report("a"), InterestChange()).nodes.map(\.name) == ["a", "dead"])
      #expect(try interest() == [])
      try reader.execute("UPDATE node SET seen_at = seen_at - 3600000 WHERE id = 'dead'")
      #expect(try board("b").beat(report("b"), InterestChange()).nodes.map(\.name) == ["a", "b"])
    }

    @Test("A name is one process' until its session ends")
    func names() throws {
      let (one, other) = (board("a"), board("a"))
      #expect(try one.take("a") && one.take("a"))
      #expect(try !other.take("a") && other.take("b"))
      try one.leave("a")
      try eventually("the name is free") { (try? other.take("a")) == true }
    }

    @Test("The database's clock is read")
    func clock() throws {
      let reading = try board("a").readClock(by: SystemClock())
      #expect(abs(reading.offset) <= reading.doubt + 1, "both are this machine's")
    }
  }

  @Suite(
    "Connection tokens in PostgreSQL",
    .enabled(if: PostgresServer.isInstalled, Comment(rawValue: PostgresServer.absence)))
  struct PostgresTokensTests {
    private let address: PostgresAddress

    init() throws {
      address = try PostgresAddress(try PostgresServer.shared().createDatabase())
      try PostgresSchema.bring(PostgresConnection(address, .writer("test")))
    }

    private func kept(_ events: Set<EventID>? = nil) -> ConnectionTokens.Kept {
      let principal = Principal(
        identity: Identity(issuer: "https://id.example", subject: .number(7)), role: .admin, email: "a@b.c",
        name: "Ä\"",
        issuedAt: Instant(milliseconds: 1), expiresAt: Instant(milliseconds: 9_000), key: .max)
      return ConnectionTokens().issueKept(ConnectionGrant(principal: principal, events: events), at: 0).kept
    }

    @Test("A token is good on another node, until its end, and once whoever asks")
    func once() async throws {
      let nodes = [PostgresTokens(address, node: "a"), PostgresTokens(address, node: "b")]
      let (end, token) = (Instant(milliseconds: 5_000), kept([EventID(3), EventID(4)]))
      try nodes[0].keep(token, until: end, dropping: [])
      let winners = try await withThrowingTaskGroup(of: ConnectionGrant?.self) { group in
        for number in 0..<8 {
          group.addTask { try nodes[number % 2].take(token.digest, at: Instant(milliseconds: 4_999)) }
        }
        return try await group.reduce(into: [ConnectionGrant]()) { winners, grant in
          if let grant { winners.append(grant) }
        }
      }
      #expect(winners == [token.grant])
      let (late, dropped) = (kept(), kept())
      try nodes[0].keep(late, until: end, dropping: [])
      #expect(try nodes[1].take(late.digest, at: end) == nil)
      try nodes[0].keep(dropped, until: end, dropping: [])
      try nodes[0].keep(kept(), until: end, dropping: [dropped.digest])
      #expect(try nodes[1].take(dropped.digest, at: Instant(milliseconds: 0)) == nil)
    }

    @Test("Without the database nobody knows")
    func away() throws {
      let tokens = PostgresTokens(
        try PostgresAddress("postgres://nobody@127.0.0.1:1/nothing?connect_timeout=2"), node: "a")
      #expect(throws: StoreFailure.self) { try tokens.take([1], at: Instant(milliseconds: 0)) }
    }
  }
#endif
