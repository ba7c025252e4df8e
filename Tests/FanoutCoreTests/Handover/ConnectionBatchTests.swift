import Testing

@testable import FanoutCore

@Suite struct ConnectionBatchTests {
  @Test("every ConnectionBatch is read as it was written")
  func roundTrip() {
    let batches: [ConnectionBatch] = [
      .batch([[1], [], [2, 3]]), .batch([]), .ahead([[4]]), .changed([5, 6]), .changed([]),
      .replaced([.init(number: 7, record: [8]), .init(number: 0, record: [])]), .replaced([]),
      .taken(4), .end(17), .complete,
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
    let replaced = ConnectionBatch.replaced([.init(number: 7, record: [8])]).bytes
    for count in 1..<replaced.count { #expect(ConnectionBatch(Array(replaced.prefix(count))) == nil) }
    var huge = FieldWriter()
    huge.add(8, 1)
    huge.add(9, UInt64.max)
    huge.add(5, [1])
    #expect(ConnectionBatch(huge.bytes) == nil, "no number is as large")
  }

  @Test("the longest message holds what a batch may have")
  func longest() {
    var records = Array(repeating: [UInt8](repeating: 1, count: 100), count: ConnectionBatch.most - 1)
    records.append(Array(repeating: 1, count: ConnectionBatch.recordBytes))
    #expect(ConnectionBatch.batch(records).bytes.count <= ConnectionBatch.longest)
    let replacements = records.map { ConnectionBatch.Replacement(number: 1, record: $0) }
    #expect(ConnectionBatch.replaced(replacements).bytes.count <= ConnectionBatch.longest)
    // A change is added as long as those before it are fewer than the usual bytes.
    var change: [UInt8] = []
    let cursors = [UInt64](repeating: 1, count: ConnectionChange.mostCursors)
    ConnectionChange(number: 1, quiet: 1, isPinged: true, cursors: cursors).append(to: &change)
    #expect(ConnectionBatch.usualBytes + change.count + 5 <= ConnectionBatch.longest)
  }
}
