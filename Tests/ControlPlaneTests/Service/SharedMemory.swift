// A database that several ledgers share, in memory: what is locked is kept from others until the end of a transaction, others see
// only what is committed, and what goes wrong comes from a seed. One thread; transactions of several nodes overlap when a test
// has one run inside another.

import TestSupport

@testable import ControlPlane

final class SharedMemory {
  struct EventState {
    /// nil: deleted.
    var event: Event?
    var revision: Int64
    /// The revision that last changed the waiting list.
    var waitingRevision: Int64
  }

  struct KeyName: Hashable {
    let user: UserID
    let key: String
  }

  struct LoggedWait: Equatable {
    let entry: WaitingEntry
    let change: WaitingChange
  }

  struct Commit {
    let node: Int
    let events: Set<EventID>
    let news: [ClusterNews]
  }

  struct State {
    var events: [EventID: EventState] = [:]
    var bookings: [BookingID: Booking] = [:]
    var notices: [EventID: [Notice]] = [:]
    var waiting: [Int64: WaitingEntry] = [:]
    var waits: [LoggedWait] = []
    var keys: [KeyName: (booking: BookingID, at: ServiceTime)] = [:]
    var people: [UserID: Person] = [:]
    var logouts: [Identity: Instant] = [:]
    var tokens: [ServiceToken] = []
    var audit: [AuditEntry] = []
    var feedPending = 0
    var feed = 0
    var served = ServiceTime(milliseconds: 0)

    func list(of event: EventID) -> [WaitingEntry] {
      waiting.values.filter { $0.event == event }.sorted { $0.id < $1.id }
    }

    func holds(of event: EventID?) -> [(event: EventID, hold: Hold)] {
      bookings.values.filter { $0.status == .held && (event == nil || $0.event == event) }
        .compactMap { booking in
          booking.expiresAt.map { (booking.event, Hold(expiresAt: $0, booking: booking.id)) }
        }
        .sorted { $0.1 < $1.1 }
    }
  }

  var committed = State()
  var commits: [Commit] = []
  var locks: [EventID: Int] = [:]
  var interest: [EventID: Set<Int>] = [:]
  var leader: Int?
  let cipher = BookingIDCipher(key: 7)
  private var drawn: Int64 = 0

  // What goes wrong: so many of a hundred.
  var contention = 0
  var failedCommits = 0
  var lostAnswers = 0
  var failedReads = 0
  /// Only of looks at what others have changed.
  var failedLooks = 0
  /// So many of the next looks inside transactions meet another node.
  var refusedLooks = 0
  var random: SeededRandom
  /// Run before a node locks its events, as if it waited for others.
  var whileWaiting: ((_ node: Int) -> Void)?
  /// Run while a node holds its locks.
  var whileLocked: ((_ node: Int) -> Void)?

  init(seed: UInt64 = 1) { random = SeededRandom(seed: seed) }

  /// A number that nobody else gets, whatever becomes of the transaction.
  func draw() -> Int64 {
    drawn += 1
    return drawn
  }

  func happens(_ percent: Int) -> Bool { percent > 0 && Int.random(in: 0..<100, using: &random) < percent }

  /// Whatever goes wrong ends.
  func heal() {
    (contention, failedCommits, lostAnswers, failedReads, failedLooks) = (0, 0, 0, 0, 0)
  }

  static let busy = StoreFailure(code: 6, message: "another node was in the way", isContention: true)
  static let gone = StoreFailure(code: 10, message: "the connection is gone")
}

/// What one node reads of the others' commits; now and then something twice.
final class MemoryChanges: ChangeSource {
  private let database: SharedMemory
  private let number: Int
  private var seen: Int
  private var seenFeed: Int
  var fails = false
  private(set) var interruptions = 0

  init(_ database: SharedMemory, _ number: Int) {
    (self.database, self.number) = (database, number)
    (seen, seenFeed) = (database.commits.count, database.committed.feed)
  }

  func wait(milliseconds: Int) throws(StoreFailure) -> Bool {
    if fails { throw SharedMemory.gone }
    if seen == database.commits.count { pause(milliseconds: min(milliseconds, 5)) }
    return seen < database.commits.count
  }

  func read() throws(StoreFailure) -> ForeignNews {
    if fails { throw SharedMemory.gone }
    let again = database.happens(20) ? 1 : 0
    let commits = database.commits[max(0, seen - again)...].filter { $0.node != number }
    let new = database.commits[seen...].filter { $0.node != number }
    defer { (seen, seenFeed) = (database.commits.count, database.committed.feed) }
    return ForeignNews(
      events: Set(commits.flatMap(\.events)).sorted { $0.rawValue < $1.rawValue },
      news: new.flatMap(\.news), feedHasGrown: database.committed.feed > seenFeed)
  }

  func sequenceFeed() throws(StoreFailure) -> Bool {
    if fails { throw SharedMemory.gone }
    guard database.committed.feedPending > 0 else { return false }
    let step = min(3, database.committed.feedPending)
    database.committed.feedPending -= step
    database.committed.feed += step
    return true
  }

  func interrupt() { interruptions += 1 }
}
