// What was told to anybody, held against the log at the end: every count must be that of its `seq`, everything
// acknowledged must be there, and no event may ever have been sold beyond its capacity.
@testable import ControlPlane
@testable import seatcast

/// Collects claims and faults of one run.
final class Record {
  /// Somebody was told that after `seq` of `event` this many seats were free.
  struct Claim {
    let event: Int64
    let seq: UInt64
    let available: Int64
    let capacity: Int64?
    /// Free seats by ticket type; nil: the message did not tell them.
    let types: [Int64: Int64]?
    /// The type of a notice; nil: a state or an answer.
    let type: String?
    /// nil: the message did not tell it.
    let state: PublicState?
    let who: String
  }

  /// A booking or a cancellation that was answered with success.
  struct Act {
    let event: Int64
    let seq: UInt64
    let booking: String
    let quantity: Int64
  }

  /// The same for the checker of `seatcast verify`.
  let history = SimulatedHistory()
  /// Whether only the history counts: a planted fault is for its checker to find.
  var isMuted = false
  private(set) var faults: [String] = []
  private var claims: [Claim] = []
  private(set) var bookings: [Act] = []
  private(set) var offers: [Act] = []
  private var keys: [String: String] = [:]
  private var cancellations: Set<String> = []
  private var confirmations: Set<String> = []
  /// Bookings and events that somebody wanted to cancel, whatever came of it.
  private var cancellationsAsked: Set<String> = []
  private var callOffsAsked: Set<Int64> = []
  private var deletionsAsked: Set<Int64> = []
  private var deletions: Set<Int64> = []

  var claimCount: Int { claims.count }

  func fault(_ sentence: String) { if !isMuted, faults.count < 20 { faults.append(sentence) } }

  func claim(_ claim: Claim) { claims.append(claim) }

  /// From now on it may have happened; whoever asked may never hear of it.
  func asked(_ request: Caller.Request) {
    switch request {
    case .delete(let event): deletionsAsked.insert(event)
    case .cancel(let booking): cancellationsAsked.insert(booking)
    case .update(let event, let patch) where patch.contains("cancelled"): callOffsAsked.insert(event)
    default: break
    }
  }

  func mayBeDeleted(_ event: Int64) -> Bool { deletionsAsked.contains(event) }

  /// A deletion was acknowledged, which can happen once.
  func deleted(_ event: Int64) {
    if !deletions.insert(event).inserted { fault("event \(event) was deleted twice") }
  }

  /// A booking was acknowledged. One key stands for one booking.
  func booked(_ deed: Act, key: String) {
    if let known = keys[key], known != deed.booking {
      fault("key \(key) made \(known) and \(deed.booking)")
    }
    keys[key] = deed.booking
    bookings.append(deed)
  }

  func cancelled(_ booking: String) { cancellations.insert(booking) }
  func confirmed(_ booking: String) { confirmations.insert(booking) }
  /// Seats are held for somebody who waited.
  func offered(_ booking: String, of event: Int64, quantity: Int64) {
    offers.append(Act(event: event, seq: 0, booking: booking, quantity: quantity))
  }

  // MARK: The end

  /// What the checker finds.
  func judgeHistory() {
    if let sentence = history.fault { fault(sentence) }
    for broken in history.judge().broken {
      let lines = broken.violations[0].lines.map { String($0) }.joined(separator: ", ")
      fault(
        "the checker: \(broken.rule.rawValue): \(broken.evidence) (lines \(lines), \(broken.count) times)")
    }
  }

  /// Holds everything against the log of one event.
  /// - Parameter first: the event's public state as it was made.
  func check(_ event: Int64, against log: [Notice], from first: PublicState) {
    checkLog(event, log)
    let states = log.reduce(into: [first]) { states, notice in
      if case .eventUpdated(let details) = notice.change {
        states.append(PublicState(details))
      } else {
        states.append(states.last ?? first)
      }
    }
    for claim in claims where claim.event == event {
      guard claim.seq <= UInt64(log.count) else {
        fault("\(claim.who) was told of seq \(claim.seq) of \(event), which did not commit")
        continue
      }
      if let state = claim.state, state != states[Int(claim.seq)] {
        fault("\(claim.who): \(state) at seq \(claim.seq), really \(states[Int(claim.seq)])")
      }
      guard claim.seq > 0 else { continue }
      let notice = log[Int(claim.seq) - 1]
      if Int64(notice.availableSeats) != claim.available {
        fault(
          "\(claim.who): \(claim.available) seats at seq \(claim.seq), really \(notice.availableSeats)"
        )
      }
      if let capacity = claim.capacity, capacity != Int64(notice.seatCapacity) {
        fault(
          "\(claim.who): capacity \(capacity) at seq \(claim.seq), really \(notice.seatCapacity)")
      }
      if let types = claim.types, types != Self.types(notice) {
        fault("\(claim.who): types \(types) at seq \(claim.seq), really \(Self.types(notice))")
      }
      if let type = claim.type, type != Self.type(notice.change) {
        fault("\(claim.who): \(type) at seq \(claim.seq), really \(Self.type(notice.change))")
      }
    }
    for deed in bookings + offers where deed.event == event { checkDeed(deed, log) }
    checkEnds(event, log)
  }

  /// Without gaps, each count follows from the one before, never more is sold than there is, and each booking is made
  /// and ended once at most.
  private func checkLog(_ event: Int64, _ log: [Notice]) {
    var sold = 0
    var standing: [String: Int] = [:]
    for (index, notice) in log.enumerated() {
      if notice.seq != UInt64(index) + 1 {
        return fault("the log of \(event) has a gap at \(index + 1)")
      }
      switch notice.change {
      case .bookingCreated(let facts):
        sold += facts.quantity
        if standing.updateValue(facts.quantity, forKey: facts.booking.text) != nil {
          fault("\(facts.booking.text) is made twice")
        }
      case .bookingCancelled(let facts):
        sold -= facts.quantity
        if standing.removeValue(forKey: facts.booking.text) != facts.quantity {
          fault("\(facts.booking.text) ends and did not stand")
        }
      case .capacityChanged, .eventUpdated: break
      }
      if notice.availableSeats != notice.seatCapacity - sold || sold < 0 {
        fault("event \(event), seq \(notice.seq): \(sold) sold of \(notice.seatCapacity)")
      }
      if notice.availableSeats < 0 { fault("event \(event) is sold out beyond its capacity") }
    }
  }

  private func checkDeed(_ deed: Act, _ log: [Notice]) {
    let place = log.firstIndex { notice in
      if case .bookingCreated(let facts) = notice.change {
        return facts.booking.text == deed.booking && Int64(facts.quantity) == deed.quantity
      }
      return false
    }
    guard let place else { return fault("booking \(deed.booking) was acknowledged and is not there") }
    if deed.seq > 0, deed.seq != log[place].seq {
      fault("booking \(deed.booking) was acknowledged at seq \(deed.seq) and is at \(log[place].seq)")
    }
  }

  /// What was cancelled has ended; what was confirmed ends only when somebody cancels it.
  private func checkEnds(_ event: Int64, _ log: [Notice]) {
    var ended: Set<String> = []
    for case .bookingCancelled(let facts) in log.map(\.change) { ended.insert(facts.booking.text) }
    let here = Set((bookings + offers).filter { $0.event == event }.map(\.booking))
    for booking in cancellations.intersection(here).subtracting(ended).sorted() {
      fault("booking \(booking) was cancelled and stands")
    }
    guard !callOffsAsked.contains(event) else { return }
    let kept = confirmations.subtracting(cancellationsAsked)
    for booking in kept.intersection(ended).sorted() {
      fault("booking \(booking) was confirmed, and ended although nobody cancelled it")
    }
  }

  private static func types(_ notice: Notice) -> [Int64: Int64] {
    Dictionary(uniqueKeysWithValues: notice.types.map { (Int64($0.id), Int64($0.available)) })
  }

  private static func type(_ change: Notice.Change) -> String {
    switch change {
    case .bookingCreated: "booking_created"
    case .bookingCancelled: "booking_cancelled"
    case .capacityChanged: "seat_update"
    case .eventUpdated: "event_updated"
    }
  }
}

/// What is told of an event besides counts.
struct PublicState: Equatable {
  var status: String
  var name: String
  var maxPerBooking: Int64

  init(_ details: EventDetails) {
    (status, name) = (details.status.rawValue, details.name)
    maxPerBooking = Int64(details.maxPerBooking)
  }

  /// nil: the message has none.
  init?(_ message: Message) {
    guard let status = message.text("status"), let name = message.text("name"),
      let maxPerBooking = message.number("maxPerBooking")
    else { return nil }
    (self.status, self.name, self.maxPerBooking) = (status, name, maxPerBooking)
  }
}
