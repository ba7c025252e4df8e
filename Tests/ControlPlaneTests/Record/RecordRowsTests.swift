import Testing

@testable import ControlPlane

@Suite("RecordRows")
struct RecordRowsTests {
  /// The same sales, whatever the database, are the same bytes: entries of `RecordRows`, of every kind.
  @Test("The same rows give the same entries in each database", arguments: DatabaseKind.available)
  func sameBytes(_ kind: DatabaseKind) throws {
    let fixture = try RecordFixture()
    let ledger = fixture.ledger
    let event = try ledger.makeEvent(capacity: 5) { $0.holdSeconds = 60 }
    try ledger.book(event, user: 1, 2)
    let held = try ledger.hold(event, user: 2, 1).booking.publicID
    try ledger.change(held, .extend, by: 2)
    try ledger.change(held, .confirm, by: 2)
    let other = try ledger.hold(event, user: 3, 2).booking.publicID
    try ledger.join(event, user: 4, 2)
    try ledger.join(event, user: 5, 1)
    try ledger.leave(event, user: 5)
    try ledger.cancel(other, by: 3)
    try fixture.seal()
    ledger.clock.advance(by: 700_000)
    ledger.ledger.idle()
    try ledger.patch(event, EventPatch(seatCapacity: 9))
    try ledger.patch(event, EventPatch(name: "Caf\u{E9} \u{1F3B5}"))
    try ledger.delete(try ledger.makeEvent(capacity: 1))
    let exported = RecordFixture.entries(try fixture.lines())

    let reads = try ledger.record(kind)
    var (walk, entries) = (RecordWalk(reads), [String]())
    while try walk.next({ _, entry, _ in entries.append(String(decoding: entry, as: UTF8.self)) }) {}
    #expect(entries == exported && entries.count > 15)
    #expect(walk.chain.link == fixture.sealer.last?.link)
    #expect(try reads.last()?.head == fixture.sealer.last?.head)
    #expect(try reads.seal(1)?.size == 1)
    #expect(try reads.seal(99) == nil)
  }
}
