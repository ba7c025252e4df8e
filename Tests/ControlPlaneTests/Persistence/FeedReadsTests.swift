import Testing

@testable import ControlPlane

@Suite("FeedReads")
struct FeedReadsTests {
  private let fixture: LedgerFixture

  init() throws { fixture = try LedgerFixture() }

  private func items(_ reads: any ReadStore, after: Int64 = 0, limit: Int = 100) throws -> [FeedItem] {
    guard case .items(let items) = try reads.feed(after: after, limit: limit) else { return [] }
    return items
  }

  @Test(
    "Everything that happens to all events is there in the order of the commits, each once",
    arguments: DatabaseKind.available)
  func order(_ kind: DatabaseKind) throws {
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
    let items = try items(fixture.reader(kind))
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

  @Test(
    "A hold's entries tell its end as it was then, and a hold that nobody confirms expires",
    arguments: DatabaseKind.available)
  func holds(_ kind: DatabaseKind) throws {
    let event = try fixture.makeEvent(capacity: 10)
    let held = try fixture.hold(event, user: 7, 3)
    let first = try #require(held.booking.expiresAt)
    fixture.clock.advance(by: 1_000)
    let extended = try fixture.change(held.booking.publicID, .extend, by: 7)
    fixture.clock.advance(by: 3_600_000)
    fixture.ledger.idle()
    let items = try items(fixture.reader(kind), after: 1)
    let ends = items.map { item -> Instant? in
      if case .booking(_, _, _, let expiresAt) = item.change { expiresAt } else { nil }
    }
    #expect(items.map(\.type) == ["booking_held", "booking_extended", "booking_expired"])
    #expect(ends == [first, extended.booking.expiresAt, extended.booking.expiresAt])
    #expect(items[1].at.milliseconds == first.milliseconds - 600_000 + 1_000)
    guard case .booking(_, let facts, let issuer, _) = items[2].change else { return #expect(Bool(false)) }
    #expect(facts == held.booking.facts && issuer == Identity.localIssuer)
  }

  @Test(
    "A batch that fails leaves nothing, and its positions are given to the next",
    arguments: DatabaseKind.available)
  func rollback(_ kind: DatabaseKind) throws {
    let event = try fixture.makeEvent(capacity: 10)
    fixture.store.failsCommits = true
    #expect(throws: DomainError.storageUnavailable) { try fixture.book(event) }
    fixture.store.failsCommits = false
    try fixture.book(event)
    #expect(try items(fixture.reader(kind)).map(\.position) == [1, 2])
  }

  @Test("Pages may begin and end anywhere in what one batch wrote", arguments: DatabaseKind.available)
  func batches(_ kind: DatabaseKind) throws {
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

    var reads = try fixture.reader(kind)
    let whole = try items(reads, after: 2)
    #expect(whole.map(\.position) == Array(3...11))
    #expect(whole.map(\.event) == sold)
    #expect(whole.map { $0.state?.seq } == [1, 2, 3, 1, 4, 5, 2, 3, 4])
    #expect(
      whole.map(\.change)
        == made.map { .booking(.confirmed, $0.facts, issuer: Identity.localIssuer, expiresAt: nil) })
    for (after, limit) in (2...11).flatMap({ after in (1...9).map { (after, $0) } }) {
      #expect(
        try items(reads, after: Int64(after), limit: limit) == Array(whole.dropFirst(after - 2).prefix(limit))
      )
    }

    try fixture.store.connection.execute("DELETE FROM feed WHERE position <= 6")
    reads = try fixture.reader(kind)
    #expect(try reads.feedStart() == 6)
    #expect(try reads.feed(after: 5, limit: 100) == .restarted(from: 6))
    #expect(try items(reads, after: 6).map(\.position) == Array(7...11))
    #expect(try items(reads, after: 10).map(\.position) == [11])
    try fixture.store.connection.execute("DELETE FROM feed WHERE position <= 8")
    reads = try fixture.reader(kind)
    #expect(try reads.feedStart() == 8)
    #expect(try reads.feed(after: 9, limit: 100) == .items(Array(whole.suffix(2))))
  }

  @Test(
    "Pages follow each other; at the end there is nothing, and beyond it or before what is kept is a restart",
    arguments: DatabaseKind.available)
  func positions(_ kind: DatabaseKind) throws {
    #expect(try fixture.reader(kind).feed(after: 0, limit: 100) == .items([]))
    let event = try fixture.makeEvent(capacity: 10)
    for _ in 0..<4 { try fixture.book(event) }
    var reads = try fixture.reader(kind)
    #expect(try items(reads, after: 0, limit: 2).map(\.position) == [1, 2])
    #expect(try items(reads, after: 2, limit: 2).map(\.position) == [3, 4])
    #expect(try reads.feed(after: 5, limit: 100) == .items([]))
    #expect(try reads.feed(after: 6, limit: 100) == .restarted(from: 0))
    try fixture.store.connection.execute("DELETE FROM feed WHERE position <= 3")
    reads = try fixture.reader(kind)
    #expect(try reads.feed(after: 2, limit: 100) == .restarted(from: 3))
    #expect(try items(reads, after: 3).map(\.position) == [4, 5])
    #expect(try reads.feedStart() == 3)
  }
}
