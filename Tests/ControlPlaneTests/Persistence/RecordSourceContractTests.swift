import Testing

@testable import ControlPlane

@Suite("RecordSource, whatever the database")
struct RecordSourceContractTests {
  private let fixture: LedgerFixture

  init() throws { fixture = try LedgerFixture() }

  @Test("Each database is read by the type that is its own", arguments: DatabaseKind.available)
  func types(_ kind: DatabaseKind) throws {
    #expect((try fixture.record(kind) is SQLiteRecordSource) == (kind == .sqlite))
  }

  private func entries(_ item: RecordItem, _ reads: any RecordSource) throws -> [String] {
    var (writer, found): (RecordEntryWriter, [String]) = (RecordEntryWriter(), [])
    try reads.entries(of: item, from: 5, &writer) { bytes, _ in
      found.append(String(decoding: bytes, as: UTF8.self))
    }
    return found
  }

  @Test(
    "What is not sealed is read in order, and each entry has its number", arguments: DatabaseKind.available)
  func unsealed(_ kind: DatabaseKind) throws {
    let event = try fixture.makeEvent(capacity: 3)
    try fixture.book(event)
    try fixture.book(event, 2)
    try fixture.join(event, user: 2)
    let reads = try fixture.record(kind)
    #expect(try reads.feed(after: 0, limit: 9).map(\.position) == [1, 2, 3])
    #expect(try reads.feed(after: 1, limit: 1).map(\.item) == [.notices(event: 1, last: 1, count: 1)])
    #expect(try reads.waiting(after: 0, through: 2, limit: 9).isEmpty)
    #expect(try reads.waiting(after: 0, through: 3, limit: 9).map(\.afterFeed) == [3])
    #expect(try reads.currentEnds() == .init(feed: 3, waiting: 1))
    #expect(try !reads.hasEarlierEntries())
    let booked = try entries(.notices(event: 1, last: 2, count: 2), reads)
    #expect(booked.count == 2)
    #expect(booked[0].hasPrefix(#"{"n":5,"kind":"booked","event":1,"seq":1,"booking":"BK-"#))
    #expect(booked[1].hasPrefix(#"{"n":6,"kind":"booked","event":1,"seq":2,"#))
    #expect(
      try entries(.waiting(last: 1, count: 1), reads)[0].hasPrefix(
        #"{"n":5,"kind":"joined","event":1,"place":1,"user":""#))
  }

  @Test("What an item names and the tables do not have is damage", arguments: DatabaseKind.available)
  func missing(_ kind: DatabaseKind) throws {
    let event = try fixture.makeEvent(capacity: 3)
    try fixture.book(event)
    let reads = try fixture.record(kind)
    for item: RecordItem in [
      .notices(event: 1, last: 2, count: 2), .notices(event: 2, last: 1, count: 1), .made(event: 9, at: 1),
      .confirmed(booking: 9, at: 1), .waiting(last: 1, count: 1),
    ] {
      #expect(throws: StoreFailure.self) { try entries(item, reads) }
    }
  }

  @Test("Moments of a damaged row, however far away, overflow nothing", arguments: DatabaseKind.available)
  func farMoments(_ kind: DatabaseKind) throws {
    let event = try fixture.makeEvent(capacity: 3)
    _ = try fixture.hold(event)
    try fixture.store.connection.execute(
      "UPDATE booking SET held_until = \(Int64.max), extended = \(-Int64.max)")
    #expect(try entries(.notices(event: 1, last: 1, count: 1), fixture.record(kind)).count == 1)
  }
}
