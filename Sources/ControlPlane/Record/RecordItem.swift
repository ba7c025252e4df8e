// What a seal says of the entries that it covers: where each stands in the database, in order. Written as text, a line per
// item, because the tables that are read for an entry keep no order between each other. A value; any thread.

enum RecordItem: Equatable, Sendable {
  /// Notices of one event that follow each other; `last` is the `seq` of the last.
  case notices(event: Int64, last: Int64, count: Int64)
  case confirmed(booking: Int64, at: Int64)
  case extended(booking: Int64, at: Int64)
  case made(event: Int64, at: Int64)
  /// Rows of `waiting_log` that follow each other.
  case waiting(last: Int64, count: Int64)
  /// An entry of the record about itself, without its number: what stands behind `{"n":1,`.
  case literal(String)

  /// How many entries it stands for.
  var count: Int64 {
    switch self {
    case .notices(_, _, let count), .waiting(_, let count): count
    case .confirmed, .extended, .made, .literal: 1
    }
  }

  /// A row of the feed; nil: it is of no kind that is known, or no run.
  init?(kind: Int64, subject: Int64, number: Int64, count: Int64) {
    switch FeedKind(rawValue: kind) {
    case .notice where Self.isRun(last: number, count: count):
      self = .notices(event: subject, last: number, count: count)
    case .confirmed: self = .confirmed(booking: subject, at: number)
    case .extended: self = .extended(booking: subject, at: number)
    case .eventCreated: self = .made(event: subject, at: number)
    case .notice, nil: return nil
    }
  }

  /// Whether so many things that are numbered from 1 can end with this one. A damaged row may say anything, and what is
  /// computed of it must not overflow.
  private static func isRun(last: Int64, count: Int64) -> Bool { count > 0 && count <= last }

  /// This item and the next as one; nil: they are two.
  func joined(with next: RecordItem) -> RecordItem? {
    switch (self, next) {
    case (.notices(let event, let last, let count), .notices(let other, let end, let more))
    where event == other && end - more == last:
      .notices(event: event, last: end, count: count + more)
    case (.waiting(let last, let count), .waiting(let end, let more)) where end - more == last:
      .waiting(last: end, count: count + more)
    default: nil
    }
  }

  // MARK: Text

  var line: String {
    switch self {
    case .notices(let event, let last, let count): "n \(event) \(last) \(count)"
    case .confirmed(let booking, let at): "c \(booking) \(at)"
    case .extended(let booking, let at): "x \(booking) \(at)"
    case .made(let event, let at): "e \(event) \(at)"
    case .waiting(let last, let count): "w \(last) \(count)"
    case .literal(let text): "! \(text)"
    }
  }

  static func text(_ items: [RecordItem]) -> String { items.map(\.line).joined(separator: "\n") }

  /// Nil: a line is no item.
  static func items(_ text: String) -> [RecordItem]? {
    var items: [RecordItem] = []
    for line in text.split(separator: "\n") {
      guard let item = RecordItem(line: line) else { return nil }
      items.append(item)
    }
    return items
  }

  private init?(line: Substring) {
    if line.hasPrefix("! ") {
      self = .literal(String(line.dropFirst(2)))
      return
    }
    let words = line.split(separator: " ")
    let numbers = words.dropFirst().compactMap { Int64($0) }
    guard numbers.count == words.count - 1 else { return nil }
    switch (words.first, numbers.count) {
    case ("n", 3) where Self.isRun(last: numbers[1], count: numbers[2]):
      self = .notices(event: numbers[0], last: numbers[1], count: numbers[2])
    case ("c", 2): self = .confirmed(booking: numbers[0], at: numbers[1])
    case ("x", 2): self = .extended(booking: numbers[0], at: numbers[1])
    case ("e", 2): self = .made(event: numbers[0], at: numbers[1])
    case ("w", 2) where Self.isRun(last: numbers[0], count: numbers[1]):
      self = .waiting(last: numbers[0], count: numbers[1])
    default: return nil
    }
  }
}

/// A row of the table `record_seal`: entries whose links were computed, and the head that covers them and all before.
struct RecordSeal: Sendable, Equatable {
  /// From 1, without gaps.
  var number: Int64
  /// Entries of the record up to and with this seal's.
  var size: UInt64
  /// Of the last of them.
  var link: [UInt8]
  var epoch: String
  var key: RecordPublicKey
  /// The signed note.
  var head: String
  /// Up to where the feed, the log of the waiting lists and what was before the record are covered.
  var feed: Int64
  var waiting: Int64
  /// `allEarlier`: everything.
  var earlier: Int64
  /// `RecordItem.text`
  var items: String

  static let allEarlier = Int64.max

  var chain: RecordChain { RecordChain(size: size, link: link) }
}
