import Testing

@testable import ControlPlane

@Suite("FeedReads")
struct FeedReadsTests {
  private let fixture: LedgerFixture

  init() throws { fixture = try LedgerFixture() }

  private func feed(after: Int64 = 0, limit: Int = 100) throws -> FeedAnswer {
    try fixture.reader().feed(after: after, limit: limit)
  }

  private func items(after: Int64 = 0, limit: Int = 100) throws -> [FeedItem] {
    guard case .items(let items) = try feed(after: after, limit: limit) else { return [] }
    return items
  }

  @Test("Everything that happens to all events is there in the order of the commits, each once")
  func order() throws {
    let (first, second) = (try fixture.makeEvent(capacity: 10), try fixture.makeEvent(capacity: 5))
    let held = try fixture.hold(first, user: 1, 2)
    let booked = try fixture.book(second, user: 2)
    try fixture.change(held.booking.publicID, .extend)
    try fixture.change(held.booking.publicID, .confirm)
    try fixture.change(held.booking.publicID, .confirm)
    try fixture.cancel(booked.booking.publicID, by: 2)
    try fixture.cancel(booked.booking.publicID, by: 2)
    try fixture.patch(first, EventPatch(seatCapacity: 20))
    try fixture.patch(first, EventPatch(status: .paused))
    try fixture.delete(try fixture.makeEvent(capacity: 1))
    let items = try items()
    #expect(
      items.map(\.type) == [
        "event_created", "event_created", "booking_held", "booking_confirmed", "booking_extended",
        "booking_confirmed", "booking_cancelled", "capacity_changed", "event_updated", "event_created",
        "event_deleted",
      ])
    #expect(items.map(\.position) == Array(1...11))
    #expect(
      items.prefix(8).map(\.event) == [first, second, first, second, first, first, second, first].map(\.id))
    #expect(items.map { $0.state?.seq } == [nil, nil, 1, 1, nil, nil, 2, 2, 3, nil, 1])
    #expect(items[7].state?.seatCapacity == 20 && items[7].state?.availableSeats == 18)
    guard case .eventCreated(let details, 10) = items[0].change else { return #expect(Bool(false)) }
    #expect(details.name == "Event" && details.status == .onSale)
  }

  @Test("A hold's entries tell its end as it was then, and a hold that nobody confirms expires")
  func holds() throws {
    let event = try fixture.makeEvent(capacity: 10)
    let held = try fixture.hold(event, user: 7, 3)
    let first = try #require(held.booking.expiresAt)
    fixture.clock.advance(by: 1_000)
    let extended = try fixture.change(held.booking.publicID, .extend, by: 7)
    fixture.clock.advance(by: 3_600_000)
    fixture.ledger.idle()
    let items = try items(after: 1)
    let ends = items.map { item -> Instant? in
      if case .booking(_, _, _, let expiresAt) = item.change { expiresAt } else { nil }
    }
    #expect(items.map(\.type) == ["booking_held", "booking_extended", "booking_expired"])
    #expect(ends == [first, extended.booking.expiresAt, extended.booking.expiresAt])
    #expect(items[1].at.milliseconds == first.milliseconds - 600_000 + 1_000)
    guard case .booking(_, let facts, let issuer, _) = items[2].change else { return #expect(Bool(false)) }
    #expect(facts == held.booking.facts && issuer == Identity.localIssuer)
  }

  @Test("A batch that fails leaves nothing, and its positions are given to the next")
  func rollback() throws {
    let event = try fixture.makeEvent(capacity: 10)
    fixture.store.failsCommits = true
    #expect(throws: DomainError.storageUnavailable) { try fixture.book(event) }
    fixture.store.failsCommits = false
    try fixture.book(event)
    #expect(try items().map(\.position) == [1, 2])
  }

  @Test("Pages may begin and end anywhere in what one batch wrote")
  func batches() throws {
    let (first, second) = (try fixture.makeEvent(capacity: 20), try fixture.makeEvent(capacity: 20))
    let sold = [first, first, first, second, first, first, second, second, second].map(\.id)
    let questions = sold.map { _ in Question<BookingOutcome>() }
    fixture.ledger.perform(
      zip(sold, questions).map { event, question in .createBooking(.init(event, 1, 1), question.answering) })
    let made = try questions.map { try $0.result().booking }
    // Two rows of new events, and one for each run of one event.
    let rows = try Statement(
      fixture.store.connection, "SELECT position, number, count FROM feed WHERE kind = 0"
    )
    .all { [$0.int(0), $0.int(1), $0.int(2)] }
    #expect(rows == [[5, 3, 3], [6, 1, 1], [8, 5, 2], [11, 4, 3]])

    let whole = try items(after: 2)
    #expect(whole.map(\.position) == Array(3...11))
    #expect(whole.map(\.event) == sold)
    #expect(whole.map { $0.state?.seq } == [1, 2, 3, 1, 4, 5, 2, 3, 4])
    #expect(
      whole.map(\.change)
        == made.map { .booking(.confirmed, $0.facts, issuer: Identity.localIssuer, expiresAt: nil) })
    for (after, limit) in (2...11).flatMap({ after in (1...9).map { (after, $0) } }) {
      #expect(try items(after: Int64(after), limit: limit) == Array(whole.dropFirst(after - 2).prefix(limit)))
    }

    try fixture.store.connection.execute("DELETE FROM feed WHERE position <= 6")
    #expect(try fixture.reader().feedStart() == 6)
    #expect(try feed(after: 5) == .restarted(from: 6))
    #expect(try items(after: 6).map(\.position) == Array(7...11))
    #expect(try items(after: 10).map(\.position) == [11])
    try fixture.store.connection.execute("DELETE FROM feed WHERE position <= 8")
    #expect(try fixture.reader().feedStart() == 8)
    #expect(try feed(after: 9) == .items(Array(whole.suffix(2))))
  }

  @Test(
    "Pages follow each other; at the end there is nothing, and beyond it or before what is kept is a restart")
  func positions() throws {
    #expect(try feed() == .items([]))
    let event = try fixture.makeEvent(capacity: 10)
    for _ in 0..<4 { try fixture.book(event) }
    #expect(try items(after: 0, limit: 2).map(\.position) == [1, 2])
    #expect(try items(after: 2, limit: 2).map(\.position) == [3, 4])
    #expect(try feed(after: 5) == .items([]))
    #expect(try feed(after: 6) == .restarted(from: 0))
    try fixture.store.connection.execute("DELETE FROM feed WHERE position <= 3")
    #expect(try feed(after: 2) == .restarted(from: 3))
    #expect(try items(after: 3).map(\.position) == [4, 5])
    #expect(try fixture.reader().feedStart() == 3)
  }
}
