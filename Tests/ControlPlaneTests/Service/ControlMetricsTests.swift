import Testing

@testable import ControlPlane

@Suite("Control metrics")
struct ControlMetricsTests {
  private func batch(bookings: UInt64, hasWritten: Bool) -> Batch {
    var batch = Batch(.at(Instant(milliseconds: 1)))
    batch.counts.bookings = bookings
    batch.hasWritten = hasWritten
    return batch
  }

  @Test("batches add up, and the largest is remembered")
  func batches() {
    let metrics = ControlMetrics()
    metrics.add(batch(bookings: 2, hasWritten: true), commands: 5, failed: false)
    metrics.add(batch(bookings: 0, hasWritten: false), commands: 3, failed: false)
    #expect(metrics.snapshot.bookings == 2)
    #expect(metrics.snapshot.commands == 8)
    #expect(metrics.snapshot.commits == 1)
    #expect(metrics.snapshot.largestBatch == 5)
    #expect(metrics.snapshot.batchSizes.counts.prefix(4) == [0, 0, 1, 1])
    #expect(metrics.snapshot.commitTimes.count == 1)
  }

  @Test("what a failed batch decided did not happen")
  func failure() {
    let metrics = ControlMetrics()
    metrics.add(batch(bookings: 2, hasWritten: true), commands: 5, failed: true)
    var expected = ControlCounters.none
    expected.batchSizes.record(5)
    (expected.commands, expected.failedCommits, expected.largestBatch) = (5, 1, 5)
    #expect(metrics.snapshot == expected)
  }

  @Test("refusals are counted by reason, and commits by the time that they took")
  func reasons() {
    let metrics = ControlMetrics()
    var batch = batch(bookings: 1, hasWritten: true)
    batch.commitTime = 3_000_000
    batch.refused.add(.soldOut)
    batch.refused.add(.soldOut)
    batch.refused.add(.other)
    metrics.add(batch, commands: 4, failed: false)
    #expect(metrics.snapshot.refusals == 3)
    #expect(metrics.snapshot.refusedBy[RefusalReason.soldOut.index] == 2)
    #expect(metrics.snapshot.commitTimes.sum == 3_000_000)
  }

  @Test("requests are taken or turned away, and the store is well or not")
  func requests() {
    let metrics = ControlMetrics()
    metrics.addRequests(taken: 5, turnedAway: 1)
    metrics.addOverload(2)
    #expect(metrics.snapshot.requests == 5)
    #expect(metrics.snapshot.overloaded == 3)
    #expect(metrics.storeFailure == nil)
    metrics.storeFails("full")
    #expect(metrics.storeFailure == "full")
  }
}
