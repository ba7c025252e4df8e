// Where the record of sales comes from: seals, what is not sealed yet, and the entries, made again from the rows as the bytes that
// are hashed. Whoever makes them again gets the same, because the rows an entry is made from never change, whatever
// database they are in.

/// One thread's own, with a connection of its own.
/// - Throws: `StoreFailure`; with `corrupt`: a row is missing or wrong.
protocol RecordSource: AnyObject {
  var facts: RecordFacts { get }

  /// The newest seal, without its items.
  func last() throws(StoreFailure) -> RecordSeal?
  /// Without its items.
  func seal(_ number: Int64) throws(StoreFailure) -> RecordSeal?
  /// The first one behind `number`, with its items.
  func seal(after number: Int64) throws(StoreFailure) -> RecordSeal?

  func currentEnds() throws(StoreFailure) -> RecordEnds
  /// Whether there is something from before the record.
  func hasEarlierEntries() throws(StoreFailure) -> Bool
  /// Where the feed stood when the record began.
  func feedStart() throws(StoreFailure) -> Int64
  /// In order. What is committed between this and another call stands behind what this one gave.
  func feed(after position: Int64, limit: Int) throws(StoreFailure) -> [FeedRun]
  /// The same of what happened before the record.
  func earlier(after position: Int64, limit: Int) throws(StoreFailure) -> [FeedRun]
  /// Those that stand at or before a position of the feed, in order.
  func waiting(after position: Int64, through feed: Int64, limit: Int) throws(StoreFailure) -> [WaitingRow]

  /// Makes the entries of an item, from a number on.
  /// - Parameter each: gets the bytes and the event; nil: the entry is about the record itself.
  func entries(
    of item: RecordItem, from number: UInt64, _ writer: inout RecordEntryWriter,
    _ each: ([UInt8], _ event: Int64?) -> Void
  ) throws(StoreFailure)
}

/// Where one kind of rows stands.
struct RecordEnds: Equatable {
  var feed: Int64
  var waiting: Int64
}

/// A row of the feed, as far as the record needs it.
struct FeedRun: Equatable {
  /// Of its last entry.
  let position: Int64
  let count: Int64
  /// nil: of a kind that this program does not know.
  let item: RecordItem?
}

/// A change of a waiting list.
struct WaitingRow: Equatable {
  let position: Int64
  /// The position of the feed behind which it stands.
  let afterFeed: Int64
}
