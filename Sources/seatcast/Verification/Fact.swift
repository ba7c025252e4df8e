// One thing that was told of an event, in numbers: the same told to a thousand viewers is one fact. Values.

/// A telling with its words as numbers of a `NameTable`; `none` where nothing was told.
struct FactState: Hashable, Sendable {
  /// Of the database; `none`: the only one that the history has.
  var epoch = NameTable.none
  var seq: UInt64 = 0
  var change: Telling.Change?
  var booking = NameTable.none
  var user = NameTable.none
  var quantity = NameTable.none
  var type = NameTable.none
  var available = Self.untold
  var capacity = NameTable.none
  var types = NameTable.none
  var status = NameTable.none
  var isExpiry: Bool?
  /// Whether an answer told it, and not a message to viewers.
  var isAnswer = false

  /// Of seats, which may be wrong, and then below zero.
  static let untold = Int32.min

  init(_ telling: Telling, epoch: Int32, isAnswer: Bool, _ names: inout NameTable) {
    (self.epoch, seq, change, self.isAnswer) = (epoch, telling.seq, telling.change, isAnswer)
    (booking, user) = (names.number(telling.bookingID), names.number(telling.userID))
    (quantity, type) = (Self.number(telling.quantity), Self.number(telling.typeID))
    available = telling.availableSeats.map { Int32(clamping: $0) } ?? Self.untold
    capacity = Self.number(telling.seatCapacity)
    types = names.number(telling.types)
    status = names.number(telling.status)
    isExpiry = telling.isExpiry
  }

  private static func number(_ value: Int?) -> Int32 { value.map { Int32(clamping: $0) } ?? NameTable.none }

  var hasAvailable: Bool { available != Self.untold }

  /// What another telling of the same seq tells otherwise; nil: the two go together.
  func contradiction(_ other: FactState) -> String? {
    func differ(_ one: Int32, _ two: Int32) -> Bool { one >= 0 && two >= 0 && one != two }
    if hasAvailable, other.hasAvailable, available != other.available { return "the seats left" }
    if differ(capacity, other.capacity) { return "the capacity" }
    if let change, let told = other.change, change != told { return "what happened" }
    if differ(booking, other.booking) { return "the booking" }
    if differ(quantity, other.quantity) { return "the quantity" }
    if differ(user, other.user) { return "the user" }
    if differ(type, other.type) { return "the ticket type" }
    if differ(types, other.types) { return "the seats of the ticket types" }
    if differ(status, other.status) { return "the status" }
    return nil
  }

  /// Takes over what the other tells and this one does not.
  mutating func add(_ other: FactState) {
    func more(_ one: Int32, _ two: Int32) -> Int32 { one >= 0 ? one : two }
    if !hasAvailable { available = other.available }
    change = change ?? other.change
    isExpiry = isExpiry ?? other.isExpiry
    (booking, user) = (more(booking, other.booking), more(user, other.user))
    (quantity, type) = (more(quantity, other.quantity), more(type, other.type))
    (capacity, types) = (more(capacity, other.capacity), more(types, other.types))
    status = more(status, other.status)
  }
}

struct Fact: Sendable {
  var state: FactState
  /// Where it was told first, and when; witnesses have no time.
  let line: Int
  let at: Int64
  /// How often it was told.
  var count = 1
  /// The server's clock at the commit; nil: it was not told.
  var stamp: Int64?
}

/// All that a history has of one event.
struct EventRecord: Sendable {
  /// How the event was when the history began.
  var start: Fact?
  var isExclusive = true
  /// What was told, each once.
  fileprivate(set) var facts: [Fact] = []
  private var places: [FactState: Int] = [:]
  /// The server's log, in the order of its lines.
  var witness: [Fact] = []
  /// What the server lists at the end.
  var listed: [(booking: Int32, quantity: Int, isStanding: Bool, line: Int)] = []
  var isListed = false
  /// Bookings that were offered to somebody who waited.
  var offers: Set<Int32> = []
  /// By epoch: the greatest seq that was told.
  fileprivate(set) var heads: [Int32: UInt64] = [:]
  /// Where subscriptions rested at the last quiet moment.
  var rests: [Rest] = []

  struct Rest: Sendable {
    let client: Int32
    let seq: UInt64
    let epoch: Int32
    let line: Int
    let hasCount: Bool
  }

  mutating func tell(_ state: FactState, line: Int, at: Int64, stamp: Int64?) {
    if let place = places[state] { return facts[place].count += 1 }
    places[state] = facts.count
    facts.append(Fact(state: state, line: line, at: at, stamp: stamp))
    heads[state.epoch] = max(heads[state.epoch] ?? 0, state.seq)
  }
}

extension EventRecord {
  /// With the epoch of what was told before any was known.
  func resolved(_ epoch: Int32) -> EventRecord {
    guard epoch != NameTable.none else { return self }
    var record = self
    record.resolve(epoch)
    return record
  }

  private mutating func resolve(_ epoch: Int32) {
    if start?.state.epoch == NameTable.none { start?.state.epoch = epoch }
    for place in witness.indices where witness[place].state.epoch == NameTable.none {
      witness[place].state.epoch = epoch
    }
    for place in facts.indices where facts[place].state.epoch == NameTable.none {
      facts[place].state.epoch = epoch
    }
    if let head = heads.removeValue(forKey: NameTable.none) { heads[epoch] = max(heads[epoch] ?? 0, head) }
    for place in rests.indices where rests[place].epoch == NameTable.none {
      let rest = rests[place]
      rests[place] = Rest(
        client: rest.client, seq: rest.seq, epoch: epoch, line: rest.line, hasCount: rest.hasCount)
    }
  }
}

/// One request and what became of it.
struct Operation: Sendable {
  enum Outcome: Sendable, Equatable {
    case done
    case refused
    /// No answer came: it may have happened or not.
    case unknown
  }

  let line: Int
  let client: Int32
  let user: Int32
  let act: HistoryRequest.Act
  let sentAt: Int64
  let quantity: Int
  let type: Int?
  let isHold: Bool
  let key: Int32
  /// Where it is known: asked for, or answered.
  var event: Int?
  /// Of an act on a booking, or of the booking that was made.
  var booking: Int32
  var answerLine = 0
  var answeredAt = Int64.max
  var outcome = Outcome.unknown
  var isReplayed = false
  var state: FactState?
  var problem = NameTable.none
  /// What a refusal said of the seats left; `untold`: nothing.
  var available = FactState.untold
  /// What an answer said of the booking.
  var isConfirmed = false
  var expiresAt: Int64?
  var place: Int?
  /// Whether the database was replaced by an earlier copy of it afterwards.
  var isForfeit = false

  init(_ request: HistoryRequest, line: Int, _ names: inout NameTable) {
    (self.line, act, sentAt, event) = (line, request.act, request.at, request.event)
    (client, user) = (names.number(request.client), names.number(request.userID))
    (quantity, type, isHold) = (request.quantity, request.typeID, request.isHold)
    (key, booking) = (names.number(request.key), names.number(request.bookingID))
  }

  mutating func take(_ answer: HistoryAnswer, line: Int, epoch: Int32, _ names: inout NameTable) {
    (answerLine, answeredAt, isReplayed) = (line, answer.at, answer.isReplayed)
    outcome = answer.isSuccess ? .done : .refused
    // The server may have done what it did not come to answer; and what a disk did not take for sure may be there after a
    // crash. Only a full queue is a refusal.
    if answer.status >= 500, answer.problem != "overloaded" { outcome = .unknown }
    problem = names.number(answer.problem)
    available = answer.available.map { Int32(clamping: $0) } ?? FactState.untold
    (expiresAt, place) = (answer.expiresAt, answer.place)
    isConfirmed = answer.bookingStatus == "confirmed"
    guard answer.isSuccess else { return }
    event = event ?? answer.event
    if let told = answer.booking { booking = names.number(told) }
    if let telling = answer.telling {
      var state = FactState(telling, epoch: epoch, isAnswer: true, &names)
      if act == .book {
        (state.change, state.booking, state.user) = (.created, booking, user)
        state.quantity = Int32(clamping: answer.quantity ?? quantity)
        if let type = answer.typeID { state.type = Int32(clamping: type) }
      }
      self.state = state
    }
  }
}
