// The hall from its one door: requests as the entrance makes them, on threads and inline.

import TestSupport
import Testing

@testable import ControlPlane

@Suite("FrontDesk")
struct FrontDeskTests {
  private let house: DeskHouse

  init() throws { house = try DeskHouse() }

  // MARK: The way of one booking

  @Test("a booking is asked for, answered, announced, listed and cancelled")
  func booking() throws {
    let desk = try house.open()
    let demo = try desk.seedDemo()
    let (event, alice) = (try #require(demo.events.first), try #require(demo.accounts.last))
    house.stage.watch(event.id)
    let order = #"{"eventId":\#(event.id.rawValue),"quantity":2}"#
    #expect(desk.offer(house.request(1, "POST", "/api/bookings", token: alice.token, body: order)))
    #expect(house.stage.replies.isEmpty)
    while desk.pump() {}
    #expect(house.stage.replies[1]?.status == 201)
    #expect(house.body(1).contains(#""availableSeats":48"#))
    #expect(house.stage.announced.count == 1)

    #expect(desk.offer(house.request(2, "GET", "/api/bookings", token: alice.token)))
    #expect(desk.offer(house.request(3, "GET", "/api/events/\(event.id.rawValue)")))
    while desk.pump() {}
    let name = try #require(house.body(1).split(separator: "\"").first { $0.hasPrefix("BK-") })
    #expect(house.body(2).contains(name))
    #expect(house.body(3).contains(#""availableSeats":48"#))

    #expect(desk.offer(house.request(4, "DELETE", "/api/bookings/\(name)", token: alice.token)))
    while desk.pump() {}
    #expect(house.stage.replies[4]?.status == 200)
    #expect(house.stage.announced.map(\.seq) == [1, 2])
    desk.close()
  }

  @Test("people register and log in through the hashing pool")
  func accounts() throws {
    let desk = try house.open()
    let new = #"{"email":"ann@example.org","password":"correct horse","name":"Ann"}"#
    #expect(desk.offer(house.request(1, "POST", "/api/auth/register", body: new)))
    while desk.pump() {}
    #expect(house.stage.replies[1]?.status == 201)
    #expect(desk.offer(house.request(2, "POST", "/api/auth/register", body: new)))
    let login = #"{"email":"ANN@example.org","password":"correct horse"}"#
    #expect(desk.offer(house.request(3, "POST", "/api/auth/login", body: login)))
    let wrong = #"{"email":"ann@example.org","password":"wrong horse"}"#
    #expect(desk.offer(house.request(4, "POST", "/api/auth/login", body: wrong)))
    while desk.pump() {}
    #expect([2, 3, 4].map { house.stage.replies[$0]?.status } == [409, 200, 401])
    desk.close()
  }

  // MARK: Watching

  @Test("watchers are granted and released in order")
  func watching() throws {
    let desk = try house.open()
    let event = try #require(try desk.seedDemo().events.first).id
    #expect(desk.watch(event, by: Watcher(3)))
    #expect(desk.unwatch(event, by: Watcher(3)))
    #expect(desk.watch(EventID(99), by: Watcher(3)))
    while desk.pump() {}
    guard case .granted(event, Watcher(3), let headline) = house.stage.happenings.first else {
      Issue.record("not granted")
      return
    }
    #expect(headline?.seq == 0)
    let snapshot = String(decoding: headline?.snapshot ?? [], as: UTF8.self)
    #expect(snapshot.contains(#""epoch":"\#(desk.epoch)""#))
    #expect(
      house.stage.happenings.dropFirst() == [
        .released(event, Watcher(3)), .granted(EventID(99), Watcher(3), nil),
      ])
    desk.close()
  }

  @Test("history is all that was asked for, or nothing")
  func history() throws {
    let desk = try house.open { $0.historyLimit = 5 }
    let demo = try desk.seedDemo()
    let (event, alice) = (try #require(demo.events.first).id, try #require(demo.accounts.last).id)
    for _ in 0..<7 {
      _ = try desk.ledger.ask { .createBooking(.init(event, alice.rawValue, 1), $0) } as BookingOutcome
    }
    let asked: [(UInt64, UInt64, [UInt64])] = [
      (0, 5, [1, 2, 3, 4, 5]), (6, 7, [7]), (0, 6, []), (5, 8, []), (3, 3, []), (4, 2, []), (0, .max, []),
    ]
    for (index, (after, through, _)) in asked.enumerated() {
      let ticket = ReplyTicket(high: 0, low: UInt64(index))
      #expect(desk.history(of: event, after: after, through: through, ticket: ticket))
    }
    while desk.pump() {}
    let given = house.stage.happenings.compactMap { happening -> [UInt64]? in
      guard case .history(let notices, event, _) = happening else { return nil }
      return notices.map(\.seq)
    }
    #expect(given == asked.map(\.2))
    desk.close()
  }

  // MARK: The end

  @Test("a full queue and a stopped intake refuse")
  func refusing() throws {
    let desk = try house.open { $0.queueDepth = 1 }
    #expect(desk.isReady)
    #expect(desk.offer(house.request(1, "GET", "/api/events")))
    #expect(!desk.offer(house.request(2, "GET", "/api/events")))
    #expect(!desk.history(of: EventID(1), after: 0, through: 1, ticket: ReplyTicket(high: 0, low: 3)))
    #expect(desk.counters().requestsWaiting == 1)
    while desk.pump() {}
    desk.stopIntake()
    #expect(!desk.isReady)
    #expect(!desk.offer(house.request(4, "GET", "/api/events")))
    desk.close()
    #expect(house.stage.replies.keys.sorted() == [1])
    #expect(desk.counters().overloaded == 1)
  }

  @Test("closing answers everything that was taken", arguments: [true, false])
  func closing(isThreaded: Bool) throws {
    let desk = try house.open(isThreaded ? .own : .inline)
    let demo = try desk.seedDemo()
    let (event, alice) = (try #require(demo.events.last).id, try #require(demo.accounts.last))
    let order = #"{"eventId":\#(event.rawValue)}"#
    for ticket in 1...60 as ClosedRange<UInt64> {
      #expect(desk.offer(house.request(ticket, "POST", "/api/bookings", token: alice.token, body: order)))
    }
    desk.close()
    #expect(house.stage.replies.values.filter { $0.status == 201 }.count == 60)
    #expect(contents(of: house.folder.path + "/seatcast.db-wal") == nil)
    let next = try house.open()
    #expect(try next.openReader().event(event)?.sold == 60)
    next.close()
  }

  // MARK: Many at once

  @Test("ten thousand bookings from many threads sell each seat once and answer each ticket once")
  func manyThreads() throws {
    let desk = try house.open(.own) { $0.queueDepth = 10_000 }
    let demo = try desk.seedDemo()
    let alice = try #require(demo.accounts.last)
    let big: ControlPlane.Event = try desk.ledger.ask {
      .createEvent(EventDraft(name: "Big", seatCapacity: 7000), $0)
    }
    house.stage.watch(big.id)
    let (threads, each) = (4, 2500)
    _ = try concurrently(threads) { [house] thread in
      for number in 0..<each {
        let ticket = UInt64(thread * each + number)
        // Every tenth is a retry of the one before it.
        let key = number % 10 == 9 ? "k\(ticket - 1)" : "k\(ticket)"
        let order = house.request(
          ticket, "POST", "/api/bookings", token: alice.token, body: #"{"eventId":\#(big.id.rawValue)}"#,
          key: key)
        while !desk.offer(order) { pause(milliseconds: 1) }
      }
    }
    desk.close()
    let statuses = Dictionary(grouping: house.stage.replies.values, by: \.status).mapValues(\.count)
    #expect(house.stage.replies.count == threads * each)
    let replayed = house.stage.replies.values.filter { reply in
      reply.fields.contains { $0.name.lowercased() == "idempotency-replayed" }
    }.count
    #expect((statuses[201] ?? 0) - replayed == 7000)
    #expect(Set(statuses.keys).isSubset(of: [201, 409]))
    let inOrder = house.stage.announced.map(\.seq) == Array(1...7000)
    #expect(inOrder)
    #expect(desk.counters().bookings == 7000)

    let next = try house.open()
    #expect(try next.openReader().event(big.id)?.sold == 7000)
    let log = try next.openReader().notices(of: big.id, after: 0, through: .max, limit: .max)
    let isWhole = log.map(\.availableSeats) == Array((0..<7000).reversed())
    #expect(isWhole)
    next.close()
  }
}
