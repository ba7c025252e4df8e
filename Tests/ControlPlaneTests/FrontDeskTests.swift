// The hall from its one door: requests as the entrance makes them, on threads and inline.

import TestSupport
import Testing

@testable import ControlPlane

@Suite("FrontDesk")
struct FrontDeskTests {
  private let folder: TemporaryFolder
  private let stage = Stage()
  private let incidents = IncidentList()

  init() throws { folder = try TemporaryFolder() }

  private func open(
    _ threads: FrontDesk.Threads = .inline, _ change: (inout FrontDesk.Configuration) -> Void = { _ in }
  ) throws -> FrontDesk {
    var configuration = FrontDesk.Configuration(dataFolder: folder.path)
    configuration.passwordCost = .insecureTest
    change(&configuration)
    return try FrontDesk.open(
      configuration, notices: stage, replies: stage, observer: incidents, threads: threads)
  }

  private func request(
    _ ticket: UInt64, _ method: String, _ path: String, token: String? = nil, body: String = "",
    key: String? = nil
  ) -> Request {
    var fields: [Request.Field] = []
    if !body.isEmpty { fields.append(.init(name: "content-type", value: "application/json")) }
    if let token { fields.append(.init(name: "authorization", value: "Bearer \(token)")) }
    if let key { fields.append(.init(name: "idempotency-key", value: key)) }
    return Request(
      method: method, path: path, fields: fields, body: Array(body.utf8),
      ticket: ReplyTicket(high: 0, low: ticket))
  }

  private func body(_ ticket: UInt64) -> String {
    String(decoding: stage.replies[ticket]?.body ?? [], as: UTF8.self)
  }

  // MARK: The way of one booking

  @Test("a booking is asked for, answered, announced, listed and cancelled")
  func booking() throws {
    let desk = try open()
    let demo = try desk.seedDemo()
    let (event, alice) = (try #require(demo.events.first), try #require(demo.accounts.last))
    stage.watch(event.id)
    let order = #"{"eventId":\#(event.id.rawValue),"quantity":2}"#
    #expect(desk.offer(request(1, "POST", "/api/bookings", token: alice.token, body: order)))
    #expect(stage.replies.isEmpty)
    while desk.pump() {}
    #expect(stage.replies[1]?.status == 201)
    #expect(body(1).contains(#""availableSeats":48"#))
    #expect(stage.announced.count == 1)

    #expect(desk.offer(request(2, "GET", "/api/bookings", token: alice.token)))
    #expect(desk.offer(request(3, "GET", "/api/events/\(event.id.rawValue)")))
    while desk.pump() {}
    let name = try #require(body(1).split(separator: "\"").first { $0.hasPrefix("BK-") })
    #expect(body(2).contains(name))
    #expect(body(3).contains(#""availableSeats":48"#))

    #expect(desk.offer(request(4, "DELETE", "/api/bookings/\(name)", token: alice.token)))
    while desk.pump() {}
    #expect(stage.replies[4]?.status == 200)
    #expect(stage.announced.map(\.seq) == [1, 2])
    desk.close()
  }

  @Test("people register and log in through the hashing pool")
  func accounts() throws {
    let desk = try open()
    let new = #"{"email":"ann@example.org","password":"correct horse","name":"Ann"}"#
    #expect(desk.offer(request(1, "POST", "/api/auth/register", body: new)))
    while desk.pump() {}
    #expect(stage.replies[1]?.status == 201)
    #expect(desk.offer(request(2, "POST", "/api/auth/register", body: new)))
    let login = #"{"email":"ANN@example.org","password":"correct horse"}"#
    #expect(desk.offer(request(3, "POST", "/api/auth/login", body: login)))
    let wrong = #"{"email":"ann@example.org","password":"wrong horse"}"#
    #expect(desk.offer(request(4, "POST", "/api/auth/login", body: wrong)))
    while desk.pump() {}
    #expect([2, 3, 4].map { stage.replies[$0]?.status } == [409, 200, 401])
    desk.close()
  }

  // MARK: Watching

  @Test("watchers are granted and released in order")
  func watching() throws {
    let desk = try open()
    let event = try #require(try desk.seedDemo().events.first).id
    #expect(desk.watch(event, by: Watcher(3)))
    #expect(desk.unwatch(event, by: Watcher(3)))
    #expect(desk.watch(EventID(99), by: Watcher(3)))
    while desk.pump() {}
    guard case .granted(event, Watcher(3), let headline) = stage.happenings.first else {
      Issue.record("not granted")
      return
    }
    #expect(headline?.seq == 0)
    let snapshot = String(decoding: headline?.snapshot ?? [], as: UTF8.self)
    #expect(snapshot.contains(#""epoch":"\#(desk.epoch)""#))
    #expect(
      stage.happenings.dropFirst() == [.released(event, Watcher(3)), .granted(EventID(99), Watcher(3), nil)])
    desk.close()
  }

  @Test("history is all that was asked for, or nothing")
  func history() throws {
    let desk = try open { $0.historyLimit = 5 }
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
    let given = stage.happenings.compactMap { happening -> [UInt64]? in
      guard case .history(let notices, event, _) = happening else { return nil }
      return notices.map(\.seq)
    }
    #expect(given == asked.map(\.2))
    desk.close()
  }

  // MARK: Start

  @Test("demo content is the same on every start, and its passwords and tokens work")
  func demo() throws {
    let first = try open()
    let content = try first.seedDemo()
    #expect(content.events.map(\.seatCapacity) == [50, 120])
    #expect(content.accounts.map(\.role) == [.admin, .user, .user])
    first.close()
    let desk = try open()
    let again = try desk.seedDemo()
    #expect(again.events == content.events)
    #expect(again.accounts.map(\.id) == content.accounts.map(\.id))
    #expect(again.accounts.map(\.password) == content.accounts.map(\.password))
    for account in content.accounts + again.accounts {
      guard case .valid(let principal) = desk.verify(account.token) else {
        Issue.record("the token of \(account.email) is invalid")
        continue
      }
      #expect(principal.user == account.id)
      #expect(principal.role == account.role)
    }
    let alice = try #require(again.accounts.last)
    let login = #"{"email":"\#(alice.email)","password":"\#(alice.password)"}"#
    #expect(desk.offer(request(1, "POST", "/api/auth/login", body: login)))
    while desk.pump() {}
    #expect(stage.replies[1]?.status == 200)
    desk.close()
  }

  @Test("without its password file, demo accounts get new passwords that work")
  func demoWithoutFile() throws {
    let first = try open()
    let old = try first.seedDemo()
    try first.database.folder.write("demo-accounts.json", Array("{broken".utf8))
    first.close()
    let desk = try open()
    let new = try desk.seedDemo()
    #expect(new.accounts.map(\.id) == old.accounts.map(\.id))
    let (was, now) = (try #require(old.accounts.first), try #require(new.accounts.first))
    #expect(was.password != now.password)
    for (ticket, password) in [(1, was.password), (2, now.password)] {
      let login = #"{"email":"\#(now.email)","password":"\#(password)"}"#
      #expect(desk.offer(request(UInt64(ticket), "POST", "/api/auth/login", body: login)))
    }
    while desk.pump() {}
    #expect([1, 2].map { stage.replies[$0]?.status } == [401, 200])
    desk.close()
  }

  @Test("an admin exists after start, has the password of the last one, and stays the same person")
  func admin() throws {
    let desk = try open()
    let id = try desk.ensureAdmin(email: "root@example.org", password: "first password")
    let written = desk.counters().commits
    #expect(try desk.ensureAdmin(email: "root@example.org", password: "first password") == id)
    #expect(desk.counters().commits == written)
    #expect(try desk.ensureAdmin(email: "Root@example.org", password: "second password") == id)
    #expect(throws: StartFailure.self) { try desk.ensureAdmin(email: "none", password: "long enough") }
    #expect(throws: StartFailure.self) { try desk.ensureAdmin(email: "a@b.c", password: "short") }
    let login = #"{"email":"root@example.org","password":"second password"}"#
    #expect(desk.offer(request(1, "POST", "/api/auth/login", body: login)))
    while desk.pump() {}
    #expect(body(1).contains(#""role":"admin""#))
    desk.close()
  }

  @Test("a second desk on the same folder is refused until the first is closed")
  func secondDesk() throws {
    let desk = try open(.own)
    #expect(throws: StartFailure("another seatcast already serves the data folder \(folder.path)")) {
      try open(.own)
    }
    desk.close()
    try open(.own).close()
  }

  @Test("a short secret is refused, a kept one lives on")
  func secrets() throws {
    #expect(throws: StartFailure.self) { try open { $0.secret = [1, 2, 3] } }
    let first = try open()
    let token = try #require(try first.seedDemo().accounts.first).token
    first.close()
    let second = try open()
    #expect(second.verify(token) != .invalid)
    second.close()
    let third = try open { $0.secret = Array(repeating: 7, count: 32) }
    #expect(third.verify(token) == .invalid)
    third.close()
  }

  // MARK: The end

  @Test("a full queue and a stopped intake refuse")
  func refusing() throws {
    let desk = try open { $0.queueDepth = 1 }
    #expect(desk.isReady)
    #expect(desk.offer(request(1, "GET", "/api/events")))
    #expect(!desk.offer(request(2, "GET", "/api/events")))
    #expect(!desk.history(of: EventID(1), after: 0, through: 1, ticket: ReplyTicket(high: 0, low: 3)))
    #expect(desk.counters().requestsWaiting == 1)
    while desk.pump() {}
    desk.stopIntake()
    #expect(!desk.isReady)
    #expect(!desk.offer(request(4, "GET", "/api/events")))
    desk.close()
    #expect(stage.replies.keys.sorted() == [1])
    #expect(desk.counters().overloaded == 1)
  }

  @Test("closing answers everything that was taken", arguments: [true, false])
  func closing(isThreaded: Bool) throws {
    let desk = try open(isThreaded ? .own : .inline)
    let demo = try desk.seedDemo()
    let (event, alice) = (try #require(demo.events.last).id, try #require(demo.accounts.last))
    let order = #"{"eventId":\#(event.rawValue)}"#
    for ticket in 1...60 as ClosedRange<UInt64> {
      #expect(desk.offer(request(ticket, "POST", "/api/bookings", token: alice.token, body: order)))
    }
    desk.close()
    #expect(stage.replies.values.filter { $0.status == 201 }.count == 60)
    #expect(contents(of: folder.path + "/seatcast.db-wal") == nil)
    let next = try open()
    #expect(try next.openReader().event(event)?.sold == 60)
    next.close()
  }

  // MARK: Many at once

  @Test("ten thousand bookings from many threads sell each seat once and answer each ticket once")
  func manyThreads() throws {
    let desk = try open(.own) { $0.queueDepth = 10_000 }
    let demo = try desk.seedDemo()
    let alice = try #require(demo.accounts.last)
    let big: ControlPlane.Event = try desk.ledger.ask {
      .createEvent(EventDraft(name: "Big", seatCapacity: 7000), $0)
    }
    stage.watch(big.id)
    let (threads, each) = (4, 2500)
    _ = try concurrently(threads) { [self] thread in
      for number in 0..<each {
        let ticket = UInt64(thread * each + number)
        // Every tenth is a retry of the one before it.
        let key = number % 10 == 9 ? "k\(ticket - 1)" : "k\(ticket)"
        let order = request(
          ticket, "POST", "/api/bookings", token: alice.token, body: #"{"eventId":\#(big.id.rawValue)}"#,
          key: key)
        while !desk.offer(order) { pause(milliseconds: 1) }
      }
    }
    desk.close()
    let statuses = Dictionary(grouping: stage.replies.values, by: \.status).mapValues(\.count)
    #expect(stage.replies.count == threads * each)
    let replayed = stage.replies.values.filter { reply in
      reply.fields.contains { $0.name.lowercased() == "idempotency-replayed" }
    }.count
    #expect((statuses[201] ?? 0) - replayed == 7000)
    #expect(Set(statuses.keys).isSubset(of: [201, 409]))
    let inOrder = stage.announced.map(\.seq) == Array(1...7000)
    #expect(inOrder)
    #expect(desk.counters().bookings == 7000)

    let next = try open()
    #expect(try next.openReader().event(big.id)?.sold == 7000)
    let log = try next.openReader().notices(of: big.id, after: 0, through: .max, limit: .max)
    let isWhole = log.map(\.availableSeats) == Array((0..<7000).reversed())
    #expect(isWhole)
    next.close()
  }
}
