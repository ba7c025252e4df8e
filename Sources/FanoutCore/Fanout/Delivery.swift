/// The bytes that move a subscriber from its cursor to the head: the missed frames as they are, or one message
/// that stands for them. The same for a cohort in a pass, a slow reader that catches up and a resume.
struct Delivery {
  /// Holds the bytes; shared with the log, not copied.
  let storage: [UInt8]
  let range: Range<Int>
  /// Where a subscriber stands that took everything.
  let head: UInt64
  private let start: UInt64
  /// The log whose frames these are; nil when one message stands for them.
  private let log: TopicLog?
  /// Whether these are the frames of a compressed dialect; everything else is plain.
  let isDeflated: Bool

  var isConflated: Bool { log == nil }
  var bytes: ArraySlice<UInt8> { storage[range] }

  /// All frames of `log` after `cursor`; nil when some are no longer in it.
  /// - Parameter dialect: that of the log.
  init?(framesOf log: TopicLog, after cursor: UInt64, as dialect: Dialect = .webSocket) {
    guard let range = log.range(after: cursor) else { return nil }
    storage = log.bytes
    self.range = range
    head = log.head
    start = cursor
    self.log = log
    isDeflated = dialect.isDeflated
  }

  /// One message for everything after `cursor`.
  init(conflating summary: TopicSummary, after cursor: UInt64, as dialect: Dialect, idPrefix: [UInt8] = []) {
    var text = summary.before
    text.appendDecimal(cursor + 1)
    text.append(contentsOf: summary.after)
    var bytes: [UInt8] = []
    dialect.append(text, seq: summary.seq, idPrefix: idPrefix, to: &bytes)
    storage = bytes
    range = 0..<bytes.count
    head = summary.seq
    start = cursor
    log = nil
    isDeflated = false
  }

  /// All frames after `cursor` when the log has them, else one message for them.
  init(
    from log: TopicLog, or summary: TopicSummary, after cursor: UInt64, as dialect: Dialect,
    idPrefix: [UInt8] = []
  ) {
    self =
      Delivery(framesOf: log, after: cursor, as: dialect)
      ?? Delivery(conflating: summary, after: cursor, as: dialect, idPrefix: idPrefix)
  }

  /// For a subscriber that took only `taken` bytes: its cursor once it has got `rest`, the end of the frame
  /// that it began.
  func position(taken: Int) -> (cursor: UInt64, rest: Range<Int>) {
    if let log { return log.position(after: start, taken: taken) }
    return taken == 0 ? (start, 0..<0) : (head, range.lowerBound + taken..<range.upperBound)
  }
}
