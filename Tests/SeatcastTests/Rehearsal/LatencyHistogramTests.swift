import Testing

@testable import seatcast

@Suite("LatencyHistogram")
struct LatencyHistogramTests {
  @Test("Quantiles are at most a thirty-second above the exact ones, and the greatest is exact")
  func quantiles() throws {
    var histogram = LatencyHistogram()
    let values = (1...10_000).map { Int64($0 * 37) }
    for value in values.shuffled() { histogram.record(microseconds: value) }
    for part in [0.01, 0.5, 0.9, 0.99] {
      let exact = Double(values[Int((10_000 * part).rounded(.up)) - 1]) / 1_000
      let found = try #require(histogram.quantile(part))
      #expect(found >= exact && found <= exact * 33 / 32)
    }
    #expect(histogram.greatest == 370_000 && histogram.quantile(1) == 370)
  }

  @Test("Small, negative and huge values have their places")
  func edges() {
    var histogram = LatencyHistogram()
    #expect(histogram.quantile(0.5) == nil)
    for value: Int64 in [-5, 0, 31, 32, 33, .max] { histogram.record(microseconds: value) }
    #expect(histogram.count == 6 && histogram.greatest == .max && histogram.quantile(0.3) == 0)
    var sum = LatencyHistogram()
    sum.merge(histogram)
    sum.merge(histogram)
    #expect(sum.count == 12)
  }
}
