// What can happen in a simulation, as values. Numbers name people, events and loops by their places, and bookings by the order
// in which they were acknowledged, so that a script still means something when steps before are left out.

/// One act, as it is printed: `book caller=1 key=17`.
struct Step: Equatable, CustomStringConvertible {
  enum Verb: String, CaseIterable {
    // The server
    case turn, pump, rest
    // Time
    case pass, freeze, clock
    // The disk and the machine
    case failSync, failReads, fill, slow, heal, crash, kill, stop
    // Who books
    case connect, hangUp, book, cancel, confirm, extend, join, quit, look, resize, patch, callOff, delete,
      read
    // Who watches over WebSocket
    case watch, subscribe, unsubscribe, leave, vanish, end, close, ping, pace, window, take
    // Who listens to an event stream
    case listen, hear

    /// The names of the numbers.
    var parameters: [String] {
      switch self {
      case .turn: ["loop"]
      case .pump, .rest, .heal, .kill, .stop: []
      case .pass, .freeze, .clock, .slow: ["ms"]
      case .failSync: ["after"]
      case .failReads: ["oneOf"]
      case .fill: ["spare"]
      case .crash: ["after", "seed", "off"]
      case .connect: ["caller", "loop", "window"]
      case .hangUp: ["caller"]
      case .book: ["caller", "key"]
      case .cancel, .confirm, .extend: ["caller", "booking"]
      case .join: ["caller", "event", "quantity"]
      case .quit, .look, .callOff: ["caller", "event"]
      case .resize: ["caller", "event", "capacity"]
      case .patch: ["caller", "event", "kind"]
      case .delete: ["caller"]
      case .read: ["caller", "bytes"]
      case .watch: ["viewer", "loop", "event", "resumes", "window", "offer"]
      case .subscribe: ["viewer", "event", "resumes"]
      case .unsubscribe: ["viewer", "event"]
      case .leave, .vanish, .end, .close: ["viewer"]
      case .ping: ["viewer", "times"]
      case .pace: ["viewer", "perSecond"]
      case .window, .take: ["viewer", "bytes"]
      case .listen: ["listener", "loop", "window"]
      case .hear: ["listener", "bytes"]
      }
    }
  }

  let verb: Verb
  let numbers: [Int64]

  init(_ verb: Verb, _ numbers: Int...) {
    precondition(numbers.count == verb.parameters.count, "A step must have its numbers.")
    (self.verb, self.numbers) = (verb, numbers.map { Int64($0) })
  }

  subscript(_ place: Int) -> Int { Int(numbers[place]) }

  var description: String {
    ([verb.rawValue] + zip(verb.parameters, numbers).map { "\($0)=\($1)" }).joined(separator: " ")
  }

  /// nil: this is no step.
  init?(_ text: some StringProtocol) {
    let words = text.split(separator: " ")
    guard let first = words.first, let verb = Verb(rawValue: String(first)) else { return nil }
    let parts = words.dropFirst().map { $0.split(separator: "=", maxSplits: 1) }
    guard parts.allSatisfy({ $0.count == 2 }), parts.map({ String($0[0]) }) == verb.parameters else {
      return nil
    }
    let numbers = parts.compactMap { Int64($0[1]) }
    guard numbers.count == parts.count else { return nil }
    (self.verb, self.numbers) = (verb, numbers)
  }
}
