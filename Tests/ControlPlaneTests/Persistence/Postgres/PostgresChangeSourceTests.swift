#if Cluster
  import TestSupport
  import Testing

  @testable import ControlPlane

  @Suite(
    "PostgreSQL change source",
    .enabled(if: PostgresServer.isInstalled, Comment(rawValue: PostgresServer.absence)), .serialized)
  struct PostgresChangeSourceTests {
    /// Of its own, one test after the other: transactions in any database of a server hold back what all of them take for over, and
    /// then more is told twice than these tests expect.
    private static let server = Result { try PostgresServer(settings: ["fsync=off", "full_page_writes=off"]) }

    private let database: PostgresDatabase
    private let writer: PostgresConnection

    init() throws {
      database = try PostgresDatabase(Self.server.get())
      writer = database.session()
      for id in 1...4 as ClosedRange<Int64> { try writer.insertEvent(id) }
    }

    private func ids(_ news: ForeignNews) -> [Int64] { news.events.map(\.rawValue) }

    @Test("the first read begins with now; later ones tell each change once")
    func once() throws {
      let source = try database.changes("b")
      #expect(try source.read() == ForeignNews())
      #expect(try source.read() == ForeignNews())
      try writer.touch(2)
      #expect(try ids(source.read()) == [2])
      #expect(try source.read() == ForeignNews())
      try writer.touch(2)
      try writer.touch(4)
      #expect(try ids(source.read()) == [2, 4])
    }

    @Test("what is committed behind a transaction that was begun later is told when it is committed")
    func outOfOrder() throws {
      let source = try database.changes("b")
      _ = try source.read()
      let slow = database.session()
      _ = try slow.run("BEGIN")
      try slow.touch(1)
      try writer.touch(2)
      #expect(try ids(source.read()) == [2])
      // While the first is open, nothing is told twice, and what comes is told.
      #expect(try ids(source.read()) == [])
      try writer.touch(2)
      try writer.touch(3)
      #expect(try ids(source.read()) == [2, 3])
      _ = try slow.run("COMMIT")
      #expect(try ids(source.read()) == [1])
      #expect(try ids(source.read()) == [])
    }

    @Test("what was begun before the first read and committed after it is told")
    func begunBefore() throws {
      let slow = database.session()
      _ = try slow.run("BEGIN")
      try slow.touch(1)
      let source = try database.changes("b")
      _ = try source.read()
      _ = try slow.run("COMMIT")
      #expect(try ids(source.read()) == [1])
    }

    @Test("an event that is deleted is told")
    func deleted() throws {
      let source = try database.changes("b")
      _ = try source.read()
      _ = try writer.run("DELETE FROM event WHERE id = 3")
      _ = try writer.run("INSERT INTO deleted_event (id, at) VALUES (3, 1)")
      #expect(try ids(source.read()) == [3])
      #expect(try ids(source.read()) == [])
    }

    @Test("two sessions that write as they can: every change is told, and nothing else")
    func random() throws {
      var random = SeededRandom(seed: 7)
      let source = try database.changes("b")
      _ = try source.read()
      let others = [database.session(), database.session()]
      var (open, told, expected): ([Set<Int64>], Set<Int64>, Set<Int64>) = ([[], []], [], [])
      for _ in 0..<300 {
        let (place, event) = (Int(random.next() % 2), Int64(random.next() % 2 + 1))
        // Each session has events of its own, so that none waits for the other.
        let id = event + Int64(place) * 2
        switch random.next() % 4 {
        case 0, 1:
          if !others[place].isInTransaction { _ = try others[place].run("BEGIN") }
          try others[place].touch(id)
          open[place].insert(id)
        case 2 where others[place].isInTransaction:
          let commits = random.next() % 3 > 0
          _ = try others[place].run(commits ? "COMMIT" : "ROLLBACK")
          if commits { expected.formUnion(open[place]) }
          open[place] = []
        default:
          told = Set(try ids(source.read()))
          #expect(told == expected)
          expected = []
        }
      }
    }

    @Test("news of others are told once and in order; one's own and what cannot be read are not")
    func news() throws {
      let source = try database.changes("b")
      _ = try source.read()
      let all: [ClusterNews] = [
        .loggedOut(.local(7), before: Instant(milliseconds: 5)), .serviceTokens,
        .disabled(Identity(issuer: "i", subject: Subject(9)), true), .told(.local(1), text: Array("{}".utf8)),
      ]
      func tell(_ body: String, by node: String) throws {
        _ = try writer.run(
          "INSERT INTO news (node, body, at) VALUES ($1, $2::text::jsonb, 1)", [.text(node), .text(body)])
      }
      try tell(String(decoding: all[0].json, as: UTF8.self), by: "b")
      try tell(#"{"kind":"of a newer version"}"#, by: "a")
      try tell("7", by: "a")
      for news in all { try tell(String(decoding: news.json, as: UTF8.self), by: "a") }
      #expect(try source.read().news == all)
      #expect(try source.read().news.isEmpty)
    }

    @Test("another node's commit ends a wait, one's own does not, and an interruption does")
    func waiting() throws {
      let source = try database.changes("b")
      #expect(try source.wait(milliseconds: 0), "a new session: something may have been missed")
      #expect(try !source.wait(milliseconds: 0))
      _ = try writer.run("SELECT pg_notify('seatcast', 'b')")
      #expect(try !source.wait(milliseconds: 50))
      _ = try writer.run("SELECT pg_notify('seatcast', 'a')")
      #expect(try source.wait(milliseconds: 3_000))
      source.interrupt()
      #expect(try !source.wait(milliseconds: 3_000))
    }

    @Test("a notification that comes while the source reads ends the next wait")
    func notifiedMeanwhile() throws {
      let source = try database.changes("b")
      _ = try source.wait(milliseconds: 0)
      _ = try source.read()
      _ = try writer.run("SELECT pg_notify('seatcast', 'a')")
      _ = try source.read()
      #expect(try source.wait(milliseconds: 0))
    }

    @Test("a server that is started anew is listened to again; nothing is lost, and news are not told again")
    func restart() throws {
      let server = try PostgresServer(settings: ["fsync=off"])
      let database = try PostgresDatabase(server)
      let writer = database.session()
      for id in 1...3 as ClosedRange<Int64> { try writer.insertEvent(id) }
      let source = try database.changes("b")
      _ = try source.read()
      _ = try writer.run("INSERT INTO news (node, body, at) VALUES ('a', '{\"kind\":\"service_tokens\"}', 1)")
      #expect(try source.read().news == [.serviceTokens])
      try writer.touch(2)
      try server.restart()
      let other = database.session()
      try other.touch(3)
      var events: Set<Int64> = []
      try eventually("the source has read again") {
        guard let news = try? source.read() else { return false }
        #expect(news.news.isEmpty)
        events.formUnion(news.events.map(\.rawValue))
        return true
      }
      #expect(events.isSuperset(of: [2, 3]))
      #expect(try !source.wait(milliseconds: 0))
      _ = try other.run("SELECT pg_notify('seatcast', 'a')")
      #expect(try source.wait(milliseconds: 3_000))
      try other.touch(1)
      #expect(try source.read().events.map(\.rawValue) == [1])
    }
  }
#endif
