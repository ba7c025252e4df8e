// Histograms with fixed buckets, in memory that is allocated once. One thread adds and any thread reads, so adding is a
// plain load and a store: no lock, no read-modify-write, no allocation.
// Invariant: only the owner of a `HistogramCells` calls `record`.
import Synchronization

/// What a histogram held when it was read.
public struct Histogram: Sendable, Equatable {
  /// Upper bounds of the buckets, included in them, in nanoseconds, ascending.
  public let bounds: [UInt64]
  /// Observations by bucket, not added up; the last bucket has those above all bounds.
  public var counts: [UInt64]
  /// Of all observations.
  public var sum: UInt64

  public init(bounds: [UInt64], counts: [UInt64], sum: UInt64) {
    (self.bounds, self.counts, self.sum) = (bounds, counts, sum)
  }

  public var count: UInt64 { counts.reduce(0, &+) }

  /// Both together; they must have the same bounds.
  public static func + (left: Histogram, right: Histogram) -> Histogram {
    precondition(left.bounds == right.bounds, "only histograms with the same bounds can be added")
    return Histogram(
      bounds: left.bounds, counts: zip(left.counts, right.counts).map { $0 &+ $1 },
      sum: left.sum &+ right.sum)
  }
}

/// The buckets of one or more histograms with the same bounds.
@safe final class HistogramCells: Sendable {
  let bounds: [UInt64]
  let rows: Int
  /// Of a row: its buckets, then its sum.
  private let stride: Int
  /// Allocated and freed with this object.
  private nonisolated(unsafe) let cells: UnsafeMutablePointer<Atomic<UInt64>>

  init(bounds: [UInt64], rows: Int = 1) {
    precondition(rows > 0, "there is at least one histogram")
    (self.bounds, self.rows) = (bounds, rows)
    stride = bounds.count + 2
    unsafe cells = .allocate(capacity: stride * rows)
    for index in 0..<stride * rows { unsafe (cells + index).initialize(to: Atomic(0)) }
  }

  deinit {
    unsafe cells.deinitialize(count: stride * rows)
    unsafe cells.deallocate()
  }

  /// Counts `times` observations of `value`. The owner's thread only.
  func record(_ value: UInt64, row: Int = 0, times: UInt64 = 1) {
    assert(row < rows, "the row is one of this histogram")
    var bucket = 0
    while bucket < bounds.count, value > bounds[bucket] { bucket += 1 }
    let base = row * stride
    add(times, to: base + bucket)
    add(value &* times, to: base + stride - 1)
  }

  private func add(_ amount: UInt64, to index: Int) {
    let cell = unsafe cells + index
    // relaxed: one thread writes, and readers take each number as it comes.
    unsafe cell.pointee.store(cell.pointee.load(ordering: .relaxed) &+ amount, ordering: .relaxed)
  }

  /// The numbers of a row. Any thread; while the owner adds, the sum may be ahead of the buckets by an observation.
  func read(row: Int = 0) -> Histogram {
    let values = (row * stride..<(row + 1) * stride).map { index in
      unsafe (cells + index).pointee.load(ordering: .relaxed)  // relaxed: as in `add`
    }
    return Histogram(bounds: bounds, counts: Array(values.dropLast()), sum: values[stride - 1])
  }
}

extension HistogramCells {
  /// From 0.5 ms to 10 s: those of OpenTelemetry's `http.server.request.duration`, and smaller ones.
  static let requestBounds: [UInt64] = [
    500_000, 1_000_000, 2_500_000, 5_000_000, 10_000_000, 25_000_000, 50_000_000, 75_000_000, 100_000_000,
    250_000_000, 500_000_000, 750_000_000, 1_000_000_000, 2_500_000_000, 5_000_000_000, 7_500_000_000,
    10_000_000_000,
  ]

  /// From 0.1 ms to 10 s: the way of a notice.
  static let deliveryBounds: [UInt64] = [
    100_000, 250_000, 500_000, 1_000_000, 2_500_000, 5_000_000, 10_000_000, 25_000_000, 50_000_000,
    100_000_000, 250_000_000, 500_000_000, 1_000_000_000, 2_500_000_000, 5_000_000_000, 10_000_000_000,
  ]
}
