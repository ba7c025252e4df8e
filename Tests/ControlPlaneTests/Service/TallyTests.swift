import Testing

@testable import ControlPlane

@Suite("Tally")
struct TallyTests {
  private func batch(bookings: UInt64, hasWritten: Bool) -> Batch {
    var batch = Batch(at: Instant(milliseconds: 1))
    batch.counts.bookings = bookings
    batch.hasWritten = hasWritten
    return batch
  }

  @Test("batches add up, and the largest is remembered")
  func batches() {
    let tally = Tally()
    tally.add(batch(bookings: 2, hasWritten: true), commands: 5, failed: false)
    tally.add(batch(bookings: 0, hasWritten: false), commands: 3, failed: false)
    #expect(tally.snapshot.bookings == 2)
    #expect(tally.snapshot.commands == 8)
    #expect(tally.snapshot.commits == 1)
    #expect(tally.snapshot.largestBatch == 5)
  }

  @Test("what a failed batch decided did not happen")
  func failure() {
    let tally = Tally()
    tally.add(batch(bookings: 2, hasWritten: true), commands: 5, failed: true)
    var expected = ControlCounters()
    (expected.commands, expected.failedCommits, expected.largestBatch) = (5, 1, 5)
    #expect(tally.snapshot == expected)
  }

  @Test("requests are taken or turned away, and the store is well or not")
  func requests() {
    let tally = Tally()
    tally.addRequest(taken: true)
    tally.addRequest(taken: false)
    tally.addOverload()
    #expect(tally.snapshot.requests == 1)
    #expect(tally.snapshot.overloaded == 2)
    #expect(!tally.storeIsFailing)
    tally.storeFails(true)
    #expect(tally.storeIsFailing)
  }
}
