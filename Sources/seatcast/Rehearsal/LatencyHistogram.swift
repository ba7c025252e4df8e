// Latencies in a fixed number of buckets, so that any number of observations takes the same memory: a bucket is at most
// 1/32 wide of its value. Percentiles are the upper ends of buckets, but the greatest is exact. A value.

struct LatencyHistogram: Sendable, Equatable {
  private static let parts = 32

  private var counts = [Int](repeating: 0, count: 60 * Self.parts)
  private(set) var count = 0
  /// Microseconds.
  private(set) var greatest: Int64 = 0

  /// A time below zero, from clocks that disagree, counts as zero.
  mutating func record(microseconds: Int64) {
    let value = max(0, microseconds)
    counts[Self.bucket(of: value)] += 1
    count += 1
    greatest = max(greatest, value)
  }

  mutating func merge(_ other: LatencyHistogram) {
    for index in counts.indices { counts[index] += other.counts[index] }
    count += other.count
    greatest = max(greatest, other.greatest)
  }

  /// Milliseconds that this part of all observations does not exceed; nil: there are none.
  func quantile(_ part: Double) -> Double? {
    guard count > 0 else { return nil }
    let rank = max(1, Int((Double(count) * part).rounded(.up)))
    var sum = 0
    for (bucket, number) in counts.enumerated() where number > 0 {
      sum += number
      if sum >= rank { return Double(min(Self.end(of: bucket), greatest)) / 1_000 }
    }
    return Double(greatest) / 1_000
  }

  /// Below 32 exact; then 32 buckets for each power of two.
  private static func bucket(of value: Int64) -> Int {
    guard value >= Int64(parts) else { return Int(value) }
    let exponent = Int64.bitWidth - 1 - value.leadingZeroBitCount - 5
    return (exponent + 1) * parts + Int(value >> Int64(exponent)) - parts
  }

  /// The greatest value of a bucket.
  private static func end(of bucket: Int) -> Int64 {
    guard bucket >= parts else { return Int64(bucket) }
    let (exponent, part) = (bucket / parts - 1, bucket % parts + parts)
    return (Int64(part + 1) << Int64(exponent)) - 1
  }
}
