import Testing

@testable import ControlPlane

@Suite("RecordReads")
struct RecordReadsTests {
  private let fixture: LedgerFixture
  private let reads: RecordReads

  init() throws {
    fixture = try LedgerFixture()
    reads = try fixture.database.openRecord()
  }

  private func entries(_ item: RecordItem) throws -> [String] {
    var (writer, found): (RecordEntryWriter, [String]) = (RecordEntryWriter(), [])
    try reads.entries(of: item, from: 5, &writer) { bytes, _ in
      found.append(String(decoding: bytes, as: UTF8.self))
    }
    return found
  }

  @Test("What is not sealed is read in order, and each entry has its number")
  func unsealed() throws {
    let event = try fixture.makeEvent(capacity: 3)
    try fixture.book(event)
    try fixture.book(event, 2)
    try fixture.join(event, user: 2)
    #expect(try reads.feed(after: 0, limit: 9).map(\.position) == [1, 2, 3])
    #expect(try reads.feed(after: 1, limit: 1).map(\.item) == [.notices(event: 1, last: 1, count: 1)])
    #expect(try reads.waiting(after: 0, through: 2, limit: 9).isEmpty)
    #expect(try reads.waiting(after: 0, through: 3, limit: 9).map(\.afterFeed) == [3])
    #expect(try reads.currentEnds() == .init(feed: 3, waiting: 1))
    #expect(try !reads.hasEarlierEntries())
    let booked = try entries(.notices(event: 1, last: 2, count: 2))
    #expect(booked.count == 2)
    #expect(booked[0].hasPrefix(#"{"n":5,"kind":"booked","event":1,"seq":1,"booking":"BK-"#))
    #expect(booked[1].hasPrefix(#"{"n":6,"kind":"booked","event":1,"seq":2,"#))
    #expect(
      try entries(.waiting(last: 1, count: 1))[0].hasPrefix(
        #"{"n":5,"kind":"joined","event":1,"place":1,"user":""#))
  }

  @Test("What an item names and the tables do not have is damage")
  func missing() throws {
    let event = try fixture.makeEvent(capacity: 3)
    try fixture.book(event)
    for item: RecordItem in [
      .notices(event: 1, last: 2, count: 2), .notices(event: 2, last: 1, count: 1), .made(event: 9, at: 1),
      .confirmed(booking: 9, at: 1), .waiting(last: 1, count: 1),
    ] {
      #expect(throws: StoreFailure.self) { try entries(item) }
    }
  }

  @Test("Moments of a damaged row, however far away, overflow nothing")
  func farMoments() throws {
    let event = try fixture.makeEvent(capacity: 3)
    _ = try fixture.hold(event)
    try fixture.store.connection.execute(
      "UPDATE booking SET held_until = \(Int64.max), extended = \(-Int64.max)")
    #expect(try entries(.notices(event: 1, last: 1, count: 1)).count == 1)
  }

  @Test("The facts are those of the table meta, and it is told when they are damaged")
  func facts() throws {
    let facts = try RecordFacts(fixture.store.connection)
    #expect(facts.record == fixture.database.record.record && facts.epoch == fixture.database.epoch)
    #expect(facts.userKey.count == 32)
    try fixture.store.connection.execute("UPDATE meta SET value = 'x' WHERE name = 'record_user_key'")
    #expect(throws: StoreFailure.self) { try RecordFacts(fixture.store.connection) }
  }
}
