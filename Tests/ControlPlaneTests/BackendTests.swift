// The plane through its public interface: requests as the executable makes them, on threads and inline.

import TestSupport
import Testing

@testable import ControlPlane

@Suite("Backend")
struct BackendTests {
  private let fixture: BackendFixture

  init() throws { fixture = try BackendFixture() }

  // MARK: The way of one booking

  @Test("a booking is asked for, answered, announced, listed and cancelled")
  func booking() throws {
    let backend = try fixture.open()
    let demo = try backend.seedDemo()
    let (event, alice) = (try #require(demo.events.first), try #require(demo.accounts.last))
    fixture.stage.watch(event.id)
    let order = #"{"eventId":\#(event.id.rawValue),"quantity":2}"#
    #expect(backend.offer(fixture.request(1, "POST", "/api/bookings", token: alice.token, body: order)))
    #expect(fixture.stage.replies.isEmpty)
    while backend.pump() {}
    #expect(fixture.stage.replies[1]?.status == 201)
    #expect(fixture.body(1).contains(#""availableSeats":48"#))
    #expect(fixture.stage.announced.count == 1)

    #expect(backend.offer(fixture.request(2, "GET", "/api/bookings", token: alice.token)))
    #expect(backend.offer(fixture.request(3, "GET", "/api/events/\(event.id.rawValue)")))
    while backend.pump() {}
    let name = try #require(fixture.body(1).split(separator: "\"").first { $0.hasPrefix("BK-") })
    #expect(fixture.body(2).contains(name))
    #expect(fixture.body(3).contains(#""availableSeats":48"#))

    #expect(backend.offer(fixture.request(4, "DELETE", "/api/bookings/\(name)", token: alice.token)))
    while backend.pump() {}
    #expect(fixture.stage.replies[4]?.status == 200)
    #expect(fixture.stage.announced.map(\.seq) == [1, 2])
    backend.close()
  }

  @Test("people register and log in through the hashing pool")
  func accounts() throws {
    let backend = try fixture.open()
    let new = #"{"email":"ann@example.org","password":"correct horse","name":"Ann"}"#
    #expect(backend.offer(fixture.request(1, "POST", "/api/auth/register", body: new)))
    while backend.pump() {}
    #expect(fixture.stage.replies[1]?.status == 201)
    #expect(backend.offer(fixture.request(2, "POST", "/api/auth/register", body: new)))
    let login = #"{"email":"ANN@example.org","password":"correct horse"}"#
    #expect(backend.offer(fixture.request(3, "POST", "/api/auth/login", body: login)))
    let wrong = #"{"email":"ann@example.org","password":"wrong horse"}"#
    #expect(backend.offer(fixture.request(4, "POST", "/api/auth/login", body: wrong)))
    while backend.pump() {}
    #expect([2, 3, 4].map { fixture.stage.replies[$0]?.status } == [409, 200, 401])
    backend.close()
  }

  // MARK: Watching

  @Test("watchers are granted and released in order")
  func watching() throws {
    let backend = try fixture.open()
    let event = try #require(try backend.seedDemo().events.first).id
    #expect(backend.watch(event, by: Watcher(3)))
    #expect(backend.unwatch(event, by: Watcher(3)))
    #expect(backend.watch(EventID(99), by: Watcher(3)))
    while backend.pump() {}
    guard case .granted(event, Watcher(3), let summary) = fixture.stage.happenings.first else {
      Issue.record("not granted")
      return
    }
    #expect(summary?.seq == 0)
    let snapshot = String(decoding: summary?.snapshot ?? [], as: UTF8.self)
    #expect(snapshot.contains(#""epoch":"\#(backend.epoch)""#))
    #expect(
      fixture.stage.happenings.dropFirst() == [
        .released(event, Watcher(3)), .granted(EventID(99), Watcher(3), nil),
      ])
    backend.close()
  }

  @Test("history is all that was asked for, or nothing")
  func history() throws {
    let backend = try fixture.open { $0.historyLimit = 5 }
    let demo = try backend.seedDemo()
    let (event, alice) = (try #require(demo.events.first).id, try #require(demo.accounts.last))
    for _ in 0..<7 {
      _ =
        try backend.ledger.ask {
          .createBooking(
            CreateBooking(event: event, user: Identity(issuer: "seatcast", subject: alice.id), quantity: 1),
            $0)
        } as BookingOutcome
    }
    let asked: [(UInt64, UInt64, [UInt64])] = [
      (0, 5, [1, 2, 3, 4, 5]), (6, 7, [7]), (0, 6, []), (5, 8, []), (3, 3, []), (4, 2, []), (0, .max, []),
    ]
    for (index, (after, through, _)) in asked.enumerated() {
      let ticket = ReplyTicket(high: 0, low: UInt64(index))
      #expect(backend.history(of: event, after: after, through: through, ticket: ticket))
    }
    while backend.pump() {}
    let given = fixture.stage.happenings.compactMap { happening -> [UInt64]? in
      guard case .history(let notices, event, _) = happening else { return nil }
      return notices.map(\.seq)
    }
    #expect(given == asked.map(\.2))
    backend.close()
  }

  // MARK: The end

  @Test("a full queue and a stopped intake refuse")
  func refusing() throws {
    let backend = try fixture.open { $0.queueDepth = 1 }
    #expect(backend.isReady)
    #expect(backend.offer(fixture.request(1, "GET", "/api/events")))
    #expect(!backend.offer(fixture.request(2, "GET", "/api/events")))
    #expect(
      backend.history(of: EventID(1), after: 0, through: 1, ticket: ReplyTicket(high: 0, low: 3)),
      "recalls have a queue of their own")
    #expect(!backend.history(of: EventID(1), after: 0, through: 1, ticket: ReplyTicket(high: 0, low: 4)))
    #expect(backend.counters().requestsWaiting == 1)
    while backend.pump() {}
    backend.stopIntake()
    #expect(!backend.isReady)
    #expect(!backend.offer(fixture.request(4, "GET", "/api/events")))
    backend.close()
    #expect(fixture.stage.replies.keys.sorted() == [1])
    #expect(backend.counters().overloaded == 1)
  }

  @Test("closing answers everything that was taken", arguments: [true, false])
  func closing(isThreaded: Bool) throws {
    let backend = try fixture.open(isThreaded ? .own : .inline)
    let demo = try backend.seedDemo()
    let (event, alice) = (try #require(demo.events.last).id, try #require(demo.accounts.last))
    let order = #"{"eventId":\#(event.rawValue)}"#
    for ticket in 1...60 as ClosedRange<UInt64> {
      #expect(
        backend.offer(fixture.request(ticket, "POST", "/api/bookings", token: alice.token, body: order)))
    }
    backend.close()
    #expect(fixture.stage.replies.values.filter { $0.status == 201 }.count == 60)
    #expect(contents(of: fixture.folder.path + "/seatcast.db-wal") == nil)
    let next = try fixture.open()
    #expect(try next.openReader().event(event)?.sold == 60)
    next.close()
  }

  // MARK: Many at once

  @Test("ten thousand bookings from many threads sell each seat once and answer each ticket once")
  func manyThreads() throws {
    let backend = try fixture.open(.own) { $0.queueDepth = 10_000 }
    let demo = try backend.seedDemo()
    let alice = try #require(demo.accounts.last)
    let big: ControlPlane.Event = try backend.ledger.ask {
      .createEvent(EventDraft(name: "Big", seatCapacity: 7000), $0)
    }
    fixture.stage.watch(big.id)
    let (threads, each) = (4, 2500)
    _ = try concurrently(threads) { [fixture] thread in
      for number in 0..<each {
        let ticket = UInt64(thread * each + number)
        // Every tenth is a retry of the one before it.
        let key = number % 10 == 9 ? "k\(ticket - 1)" : "k\(ticket)"
        let order = fixture.request(
          ticket, "POST", "/api/bookings", token: alice.token, body: #"{"eventId":\#(big.id.rawValue)}"#,
          key: key)
        while !backend.offer(order) { pause(milliseconds: 1) }
      }
    }
    backend.close()
    let statuses = Dictionary(grouping: fixture.stage.replies.values, by: \.status).mapValues(\.count)
    #expect(fixture.stage.replies.count == threads * each)
    let replayed = fixture.stage.replies.values.filter { reply in
      reply.fields.contains { $0.name.lowercased() == "idempotency-replayed" }
    }.count
    #expect((statuses[201] ?? 0) - replayed == 7000)
    #expect(Set(statuses.keys).isSubset(of: [201, 409]))
    let inOrder = fixture.stage.announced.map(\.seq) == Array(1...7000)
    #expect(inOrder)
    #expect(backend.counters().bookings == 7000)

    let next = try fixture.open()
    #expect(try next.openReader().event(big.id)?.sold == 7000)
    let log = try next.openReader().notices(of: big.id, after: 0, through: .max, limit: .max)
    let isWhole = log.map(\.availableSeats) == Array((0..<7000).reversed())
    #expect(isWhole)
    next.close()
  }
}
