#if Cluster
  import TestSupport
  import Testing

  @testable import ControlPlane

  @Suite(
    "PostgreSQL feed sequence",
    .enabled(if: PostgresServer.isInstalled, Comment(rawValue: PostgresServer.absence)))
  struct PostgresFeedSequenceTests {
    private let database: PostgresDatabase
    private let writer: PostgresConnection

    init() throws {
      database = try PostgresDatabase()
      writer = database.session()
    }

    private func sequence(_ node: String) -> PostgresFeedSequence {
      PostgresFeedSequence(PostgresConnection(database.address, .changes(node)), node: node)
    }

    private func feed() throws -> [[Int64]] {
      try writer.run("SELECT position, kind, subject, number, count FROM feed ORDER BY position").all { row in
        (0..<5).map { row.int64($0) }
      }
    }

    @Test("rows get positions in the order of their numbers, and changes of waiting lists stand between them")
    func positions() throws {
      let sequence = sequence("a")
      #expect(try !sequence.step())
      #expect(sequence.leads)
      try writer.pend(3, 1, 50)
      try writer.pend(0, 1, 3, count: 3)
      try writer.pend(101, 1, 0)
      try writer.pend(0, 2, 1)
      #expect(try sequence.step())
      #expect(try !sequence.step())
      try writer.pend(102, 1, 0)
      try writer.pend(1, 9, 60)
      #expect(try sequence.step())
      #expect(
        try feed() == [[1, 3, 1, 50, 1], [4, 0, 1, 3, 3], [5, 0, 2, 1, 1], [6, 1, 9, 60, 1]])
      let changes = try writer.run(
        "SELECT position, after_feed, kind, event_id, at FROM waiting_log ORDER BY position"
      ).all { row in (0..<5).map { row.int64($0) } }
      #expect(changes == [[1, 4, 1, 1, 7], [2, 5, 2, 1, 7]])
      #expect(try writer.numbers("SELECT count(*) FROM feed_pending") == [0])
    }

    @Test("a step moves a bounded number of rows")
    func bounded() throws {
      _ = try writer.run(
        "INSERT INTO feed_pending (kind, subject, number) SELECT 0, 1, i FROM generate_series(1, 2500) i")
      let sequence = sequence("a")
      var steps = 0
      while try sequence.step() { steps += 1 }
      #expect(steps == 3)
      #expect(try writer.numbers("SELECT count(*) FROM feed WHERE position = number") == [2_500])
    }

    @Test("what is committed late gets a later position, and nothing is lost or there twice")
    func lateCommits() throws {
      let sequence = sequence("a")
      let slow = database.session()
      _ = try slow.run("BEGIN")
      try slow.pend(0, 1, 1)
      try writer.pend(0, 2, 1)
      #expect(try sequence.step())
      _ = try slow.run("COMMIT")
      #expect(try sequence.step())
      #expect(try feed().map { $0[2] } == [2, 1])
    }

    @Test("one node gives positions at a time; when its session ends, another goes on")
    func oneLeader() throws {
      let (first, second) = (sequence("a"), sequence("b"))
      try writer.pend(0, 1, 1)
      #expect(try first.step())
      try writer.pend(0, 1, 2)
      #expect(try !second.step())
      #expect(!second.leads)
      _ = try writer.run(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'seatcast a' AND datname = current_database()"
      )
      try eventually("the other leads") { try second.step() }
      try writer.pend(0, 1, 3)
      // The first does not know yet that it has lost its session: what it sends must move nothing.
      _ = try? first.step()
      #expect(try !first.step())
      #expect(!first.leads)
      #expect(try second.step())
      #expect(try feed().map { $0[0] } == [1, 2, 3])
    }

    @Test("whoever listens is woken when there is something new, by another node only")
    func notifies() throws {
      let listener = try database.changes("b")
      _ = try listener.wait(milliseconds: 0)
      _ = try listener.read()
      let sequence = sequence("a")
      #expect(try !sequence.step())
      #expect(try !listener.wait(milliseconds: 0))
      try writer.pend(0, 1, 1)
      #expect(try sequence.step())
      #expect(try listener.wait(milliseconds: 3_000))
      #expect(try listener.read() == ForeignNews(feedHasGrown: true))
      #expect(try listener.read() == ForeignNews())
    }

    @Test("two nodes and two writers: the entries of each event are in order, without a gap, each once")
    func race() throws {
      let nodes = [try database.changes("a"), try database.changes("b")]
      let others = [database.session(), database.session()]
      var random = SeededRandom(seed: 3)
      var next: [Int64] = [0, 0, 0, 0]
      var open: [[Int64]] = [next, next]
      for _ in 0..<400 {
        let place = Int(random.next() % 2)
        switch random.next() % 4 {
        case 0, 1:
          if !others[place].isInTransaction {
            _ = try others[place].run("BEGIN")
            open[place] = next
          }
          // Each session has events of its own, as it would have their locks.
          let event = place * 2 + Int(random.next() % 2)
          open[place][event] += 1
          try others[place].pend(0, Int64(event), open[place][event])
        case 2 where others[place].isInTransaction:
          let commits = random.next() % 4 > 0
          _ = try others[place].run(commits ? "COMMIT" : "ROLLBACK")
          if commits { for event in [place * 2, place * 2 + 1] { next[event] = open[place][event] } }
        default: _ = try nodes[Int(random.next() % 2)].sequenceFeed()
        }
      }
      for other in others where other.isInTransaction { _ = try other.run("ROLLBACK") }
      for node in nodes { while try node.sequenceFeed() {} }
      let rows = try feed()
      #expect(rows.map { $0[0] } == Array(1...Int64(rows.count)))
      for event in 0..<4 as Range<Int64> {
        let numbers = rows.filter { $0[2] == event }.map { $0[3] }
        #expect(numbers == Array((0...next[Int(event)]).dropFirst()))
      }
    }

    @Test("the interest of nodes that are gone is forgotten in bounded steps")
    func forgets() throws {
      _ = try writer.run(
        """
        INSERT INTO node (id, name, address, version, started_at, seen_at, facts)
        SELECT n, n, '', '', 0, (extract(epoch FROM now()) * 1000)::bigint - ago, '{}'
        FROM (VALUES ('alive', 30000), ('gone', 90000)) t (n, ago)
        """)
      _ = try writer.run(
        """
        INSERT INTO interest SELECT i, n FROM generate_series(1, 700) i, unnest(ARRAY['alive', 'gone', 'never']) n
        """)
      let sequence = sequence("a")
      try sequence.forget()
      #expect(try writer.numbers("SELECT count(*) FROM interest") == [1_100])
      try sequence.forget()
      #expect(try writer.run("SELECT DISTINCT node FROM interest").all { $0.text(0) } == ["alive"])
    }
  }
#endif
