import Testing

@testable import FanoutCore

@Suite struct ConnectionBatchTests {
  @Test("every ConnectionBatch is read as it was written")
  func roundTrip() {
    let batches: [ConnectionBatch] = [
      .batch([[1], [], [2, 3]]), .batch([]), .taken(4), .end(17), .complete,
    ]
    for batch in batches { #expect(ConnectionBatch(batch.bytes) == batch) }
  }

  @Test("a ConnectionBatch with too few records, or anything behind it, is none")
  func broken() {
    #expect(ConnectionBatch([]) == nil)
    #expect(ConnectionBatch([9, 0, 0, 0, 0]) == nil)
    let batch = ConnectionBatch.batch([[1], [2]]).bytes
    #expect(ConnectionBatch(Array(batch.dropLast(6))) == nil)
    #expect(ConnectionBatch(batch + [1]) == nil)
  }

  @Test("the longest message holds what a batch may have")
  func longest() {
    var records = Array(repeating: [UInt8](repeating: 1, count: 100), count: ConnectionBatch.most - 1)
    records.append(Array(repeating: 1, count: ConnectionBatch.recordBytes))
    #expect(ConnectionBatch.batch(records).bytes.count <= ConnectionBatch.longest)
  }
}
