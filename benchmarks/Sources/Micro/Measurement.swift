// Samples of pieces in turn, and what they come to. main.swift states the method.
import CMeter
import Glibc

/// One piece with the samples taken of it so far.
struct Measurement {
  /// A sample lasts at least this long: the clock's own cost and a context switch or two vanish in it.
  private static let sampleNanoseconds: UInt64 = 50_000_000

  let piece: Piece
  /// Operations of one sample.
  private let count: Int
  /// Of one operation, one per sample.
  private var nanoseconds: [Double] = []
  private var allocations = 0.0

  /// Finds how many operations make a sample. What that takes warms caches, memory and branch predictors.
  init(_ piece: Piece) {
    self.piece = piece
    // The first operation may make what the others use.
    _ = Self.time(piece, 1)
    var count = 1
    while true {
      let time = Self.time(piece, count)
      if time >= Self.sampleNanoseconds { break }
      // Towards the goal, in steps that a first slow operation does not lead astray.
      let wanted = Double(count) * Double(Self.sampleNanoseconds) / Double(max(time, 1)) * 1.1
      count = Int(min(wanted, Double(count) * 16)) + 1
    }
    self.count = count
  }

  mutating func sample() {
    let before = meter_allocations()
    nanoseconds.append(Double(Self.time(piece, count)) / Double(count))
    allocations = Double(meter_allocations() - before) / Double(count)
  }

  private static func time(_ piece: Piece, _ count: Int) -> UInt64 {
    let start = now()
    let sum = piece.run(count)
    let time = now() - start
    guard sum == piece.checksum &* UInt64(count) else { fail("\(piece.name) gave a wrong result.") }
    return time
  }

  private static func now() -> UInt64 {
    var moment = timespec()
    unsafe clock_gettime(CLOCK_MONOTONIC, &moment)
    return UInt64(moment.tv_sec) * 1_000_000_000 + UInt64(moment.tv_nsec)
  }

  /// One line of `key=value`. `operations` and `allocations` are those of the last sample.
  var line: String {
    let sorted = nanoseconds.sorted()
    let middle = sorted.count / 2
    let median = sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
    var words = [
      "piece=\(piece.name)", "ns_median=\(Self.text(median))", "ns_min=\(Self.text(sorted[0]))",
      "ns_max=\(Self.text(sorted[sorted.count - 1]))", "operations=\(count)", "samples=\(sorted.count)",
      "allocations=\(Self.text(allocations))",
    ]
    if piece.bytes > 0 { words.append("bytes=\(piece.bytes)") }
    return words.joined(separator: " ")
  }

  /// With two decimals.
  private static func text(_ number: Double) -> String {
    let hundredths = Int((number * 100).rounded())
    let fraction = hundredths % 100
    return "\(hundredths / 100).\(fraction < 10 ? "0" : "")\(fraction)"
  }
}
