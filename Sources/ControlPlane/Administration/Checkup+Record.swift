// Whether the record of sales is what its heads say, for `seatcast doctor`: its newest entries are made again from the rows
// and held against the signed heads. `seatcast record export` goes through all of it.

extension Checkup {
  public struct RecordState: Sendable, Equatable {
    /// Entries that the newest head covers, and how many of them were looked at.
    public let entries, checked: UInt64
  }

  /// Entries that are looked at, about.
  private static let checkedEntries: UInt64 = 200_000

  /// Nil: there is no database, or it has no head yet.
  public static func record(in folder: String) throws(StartFailure) -> RecordState? {
    try record(in: folder, atMost: checkedEntries)
  }

  static func record(in folder: String, atMost entries: UInt64) throws(StartFailure) -> RecordState? {
    guard try database(in: folder).map({ $0.schema == $0.currentSchema }) ?? false else { return nil }
    do throws(StoreFailure) {
      let reads = try RecordExport.reads(of: folder)
      guard let last = try reads.last() else { return nil }
      let before = try firstSeal(before: last, entries, reads)
      var walk = before.map { RecordWalk(reads, after: $0) } ?? RecordWalk(reads)
      while walk.chain.size < last.size {
        guard try walk.next() else { throw StoreFailure.damagedRecord("a seal before \(last.number)") }
      }
      return RecordState(entries: last.size, checked: last.size - (before?.size ?? 0))
    } catch {
      throw StartFailure(error.description)
    }
  }

  /// The seal behind which the look begins; nil: at the beginning.
  private static func firstSeal(
    before last: RecordSeal, _ entries: UInt64, _ reads: any RecordSource
  ) throws(StoreFailure) -> RecordSeal? {
    guard last.size > entries else { return nil }
    // Seals have different sizes: halve until the part is small enough.
    var (low, high) = (Int64(1), last.number)
    while low < high {
      let middle = low + (high - low) / 2
      guard let seal = try reads.seal(middle) else { throw StoreFailure.damagedRecord("seal \(middle)") }
      if last.size - seal.size > entries { low = middle + 1 } else { high = middle }
    }
    return try reads.seal(low - 1)
  }
}
