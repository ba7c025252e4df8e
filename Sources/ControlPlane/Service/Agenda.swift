// What the ledger has to do by the clock: for each event the next moment at which its status changes, a hold of it ends,
// or work on it goes on. Moments are of the wall clock. It only says when to look: what is found then is decided by the
// event and by the rows of its bookings, so an entry too many, of a batch that failed or of a hold that was confirmed,
// costs a look and nothing else. The ledger's thread only.

struct Agenda {
  private struct Entry: Comparable {
    let at: Instant
    let event: EventID
    static func < (left: Self, right: Self) -> Bool { left.at < right.at }
  }

  private var entries = Heap<Entry>()
  /// The entry of each event that counts; the others are passed over.
  private var moments: [EventID: Instant] = [:]
  private var holds: [EventID: HoldQueue] = [:]

  /// The next moment.
  var first: Instant? { entries.first?.at }

  /// nil: nothing is to be done for this event.
  mutating func set(_ event: EventID, to moment: Instant?) {
    guard moments[event] != moment else { return }
    moments[event] = moment
    if let moment { entries.insert(Entry(at: moment, event: event)) }
    passOver()
    // Entries that do not count are no more than those that do, and a few.
    guard entries.count > 2 * moments.count + 64 else { return }
    entries = Heap(moments.map { Entry(at: $0.value, event: $0.key) })
  }

  /// An event for which something is due, taken out; it is to be set again.
  mutating func popDue(at now: Instant) -> EventID? {
    guard let entry = entries.first, entry.at <= now else { return nil }
    moments[entry.event] = nil
    passOver()
    return entry.event
  }

  private mutating func passOver() {
    while let entry = entries.first, moments[entry.event] != entry.at { _ = entries.popFirst() }
  }

  // MARK: Holds

  /// The event's hold that ends first.
  func firstHold(of event: EventID) -> Hold? { holds[event]?.first }

  /// - Parameter fresh: the event's holds as the store has them, asked for when too many have ended by themselves.
  /// - Returns: the holds that those of the store have replaced; nil: the store was not asked.
  @discardableResult
  mutating func add(
    _ hold: Hold, of event: EventID, fresh: () throws(StoreFailure) -> [Hold]
  ) throws(StoreFailure) -> HoldQueue? {
    var replaced: HoldQueue?
    if holds[event]?.isCrowded == true {
      replaced = holds.updateValue(HoldQueue(try fresh()), forKey: event)
    }
    holds[event, default: HoldQueue()].insert(hold)
    return replaced
  }

  /// Takes out the event's hold that ends first.
  mutating func popHold(of event: EventID) {
    holds[event]?.popFirst()
    if holds[event]?.first == nil { holds[event] = nil }
  }

  /// Puts the holds back that `add` has replaced.
  mutating func restore(_ replaced: HoldQueue, of event: EventID) { holds[event] = replaced }

  /// Puts a hold back whose end did not come to pass.
  mutating func restore(_ hold: Hold, of event: EventID) {
    holds[event, default: HoldQueue()].insert(hold)
  }
}

/// A booking that is held, or was when this was noted.
struct Hold: Comparable, Sendable {
  let expiresAt: Instant
  let booking: BookingID
  static func < (left: Self, right: Self) -> Bool {
    (left.expiresAt, left.booking.rawValue) < (right.expiresAt, right.booking.rawValue)
  }
}

/// The holds of one event, by their ends. Those that were confirmed, cancelled or extended stay until their moment comes,
/// or until they may be half of all.
struct HoldQueue {
  private var holds: Heap<Hold>
  /// As many may be there before they are read anew.
  private let bound: Int

  init(_ holds: [Hold] = []) {
    self.holds = Heap(holds)
    bound = max(1_024, 2 * holds.count)
  }

  var isCrowded: Bool { holds.count >= bound }
  var first: Hold? { holds.first }
  mutating func insert(_ hold: Hold) { holds.insert(hold) }
  mutating func popFirst() { _ = holds.popFirst() }
}
