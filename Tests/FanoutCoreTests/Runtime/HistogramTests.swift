import TestSupport
import Testing

@testable import FanoutCore

@Suite struct HistogramTests {
  @Test("an observation is in the first bucket whose bound it does not exceed")
  func buckets() {
    let cells = HistogramCells(bounds: [10, 20])
    for value: UInt64 in [0, 10, 11, 20, 21, 1_000] { cells.record(value) }
    #expect(cells.read() == Histogram(bounds: [10, 20], counts: [2, 2, 2], sum: 1_062))
    #expect(cells.read().count == 6)
  }

  @Test("several observations of one value are counted at once")
  func times() {
    let cells = HistogramCells(bounds: [10])
    cells.record(4, times: 3)
    #expect(cells.read() == Histogram(bounds: [10], counts: [3, 0], sum: 12))
  }

  @Test("rows do not touch each other")
  func rows() {
    let cells = HistogramCells(bounds: [10, 20], rows: 3)
    cells.record(15, row: 1)
    #expect(cells.read(row: 0).count == 0 && cells.read(row: 2).count == 0)
    #expect(cells.read(row: 1).counts == [0, 1, 0])
  }

  @Test("histograms of the same bounds add up")
  func sum() {
    let one = Histogram(bounds: [10], counts: [1, 2], sum: 30)
    #expect(one + one == Histogram(bounds: [10], counts: [2, 4], sum: 60))
  }

  @Test("another thread reads while the owner adds")
  func threads() throws {
    let cells = HistogramCells(bounds: HistogramCells.deliveryBounds)
    let reader = try BackgroundThread { () -> Bool in
      var last: UInt64 = 0
      while last < 10_000 {
        let count = cells.read().count
        if count < last { return false }
        last = count
      }
      return true
    }
    for value in 0..<10_000 { cells.record(UInt64(value) * 1_000) }
    #expect(try reader.join())
  }
}
