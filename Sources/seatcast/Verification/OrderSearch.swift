// Looks for an order of requests, one after the other, that explains every answer and keeps to time: what was answered before
// something else was asked for comes before it. The search of Wing and Gong (1993) with the memory of Lowe (2017), as Porcupine
// has it. Bounded. It shares no rule with the rest of the checker. Pure.

/// One request, or a change that somebody was told of and nobody here asked for.
struct SearchStep: Sendable, Equatable {
  enum Effect: Sendable, Equatable {
    /// So many seats fewer; below zero: more.
    case takes(Int)
    /// A change of which only the outcome is known.
    case changes
    /// Refused, because fewer than so many were left.
    case refusedFor(Int)
    case reads

    /// Whether it changes no seats.
    var isSilent: Bool {
      switch self {
      case .takes, .changes: false
      case .refusedFor, .reads: true
      }
    }
  }

  let name: String
  let act: String
  let sentAt: Int64
  /// `max`: nobody knows.
  let answeredAt: Int64
  let effect: Effect
  /// Whether it may not have happened at all.
  let isOptional: Bool
  /// What the answer told; nil: nothing.
  var seq: UInt64?
  var available: Int?
  var lines: [Int] = []
}

struct SearchState: Hashable, Sendable {
  /// Nil: not known yet.
  var seq: UInt64?
  var available: Int?
}

struct OrderSearch {
  enum Outcome: Equatable {
    /// Places of the steps in the order found.
    case legal([Int])
    /// The longest order that was found, and nothing goes on behind it.
    case illegal([Int])
    case undecided
  }

  static let most = 8_192
  static let looks = 2_000_000
  /// Of what has been tried, in words of 8 bytes.
  private static let memory = 4_000_000

  private let steps: [SearchStep]
  /// Seqs that somebody told: none of them can have been something unknown.
  private let told: Set<UInt64>
  /// A doubly linked list of entries in the order of time: 2n is the request of step n, 2n + 1 its answer, and the last its ends.
  private var next: [Int]
  private var previous: [Int]
  private var end: Int { 2 * steps.count }
  private var state: SearchState
  private var done: [UInt64]
  private var order: [(step: Int, before: SearchState)] = []
  private var best: [Int] = []
  private var required: Int
  private var seen: Set<Seen> = []

  private struct Seen: Hashable {
    let done: [UInt64]
    let state: SearchState
  }

  /// - Parameter looks: how often an entry is looked at before it is given up.
  static func search(
    _ steps: [SearchStep], from start: SearchState, told: Set<UInt64>, looks: Int = OrderSearch.looks
  ) -> Outcome {
    guard steps.count <= most else { return .undecided }
    var search = OrderSearch(steps, start, told)
    return search.run(looks)
  }

  private init(_ steps: [SearchStep], _ start: SearchState, _ told: Set<UInt64>) {
    (self.steps, state, self.told) = (steps, start, told)
    done = [UInt64](repeating: 0, count: steps.count / 64 + 1)
    required = steps.count { !$0.isOptional }
    (next, previous) = (
      [Int](repeating: -1, count: 2 * steps.count + 1), [Int](repeating: -1, count: 2 * steps.count + 1)
    )
    var entries: [(time: Int64, isAnswer: Bool, entry: Int)] = []
    for (place, step) in steps.enumerated() {
      entries.append((step.sentAt, false, 2 * place))
      if !step.isOptional { entries.append((step.answeredAt, true, 2 * place + 1)) }
    }
    // At one moment nothing is known to come first.
    entries.sort { ($0.time, $0.isAnswer ? 1 : 0, $0.entry) < ($1.time, $1.isAnswer ? 1 : 0, $1.entry) }
    var last = end
    for (_, _, entry) in entries {
      (next[last], previous[entry]) = (entry, last)
      last = entry
    }
    (next[last], previous[end]) = (end, last)
  }

  private mutating func run(_ bound: Int) -> Outcome {
    var (entry, looks) = (next[end], 0)
    while required > 0 {
      looks += 1
      if looks > bound || seen.count * done.count > Self.memory { return .undecided }
      if entry != end, entry % 2 == 0 {
        entry = perform(entry / 2) ? next[end] : next[entry]
      } else if let back = undo() {
        entry = back
      } else {
        return .illegal(best)
      }
    }
    return .legal(order.map(\.step))
  }

  /// - Returns: whether the step can come now, and this has not been tried.
  private mutating func perform(_ place: Int) -> Bool {
    guard let after = apply(steps[place]) else { return false }
    done[place / 64] |= 1 << UInt64(place % 64)
    guard seen.insert(Seen(done: done, state: after)).inserted else {
      done[place / 64] &= ~(1 << UInt64(place % 64))
      return false
    }
    order.append((place, state))
    state = after
    lift(2 * place)
    if !steps[place].isOptional {
      lift(2 * place + 1)
      required -= 1
    }
    if order.count > best.count { best = order.map(\.step) }
    return true
  }

  /// Takes the last step back, and with it those behind which nothing was different: whatever could come before them can come
  /// after them.
  /// - Returns: where to look on; nil: everything has been tried.
  private mutating func undo() -> Int? {
    while let (place, before) = order.popLast() {
      let isFree = before == state && steps[place].effect.isSilent
      state = before
      done[place / 64] &= ~(1 << UInt64(place % 64))
      if !steps[place].isOptional {
        drop(2 * place + 1)
        required += 1
      }
      drop(2 * place)
      if !isFree { return next[2 * place] }
    }
    return nil
  }

  private mutating func lift(_ entry: Int) {
    next[previous[entry]] = next[entry]
    previous[next[entry]] = previous[entry]
  }

  private mutating func drop(_ entry: Int) {
    next[previous[entry]] = entry
    previous[next[entry]] = entry
  }

  // MARK: The rules of a sequence

  /// The state behind the step; nil: it cannot come now.
  private func apply(_ step: SearchStep) -> SearchState? {
    switch step.effect {
    case .reads:
      if let seq = step.seq, let own = state.seq, seq != own { return nil }
      return told(step, state)
    case .refusedFor(let quantity):
      if let available = state.available, available >= quantity { return nil }
      if let available = step.available, available >= quantity { return nil }
      return told(step, state)
    case .takes(let quantity): return change(step, by: quantity)
    case .changes: return change(step, by: nil)
    }
  }

  /// What was told must be so; where nothing is known yet it is so from now on.
  private func told(_ step: SearchStep, _ state: SearchState) -> SearchState? {
    var state = state
    if let available = step.available {
      if let own = state.available, own != available { return nil }
      state.available = available
    }
    state.seq = state.seq ?? step.seq
    return state
  }

  private func change(_ step: SearchStep, by quantity: Int?) -> SearchState? {
    var after = state
    var isNext = true
    after.seq = state.seq.map { $0 + 1 }
    if let seq = step.seq {
      if let expected = after.seq, seq != expected {
        // Between them something happened of which nobody was told.
        guard seq > expected, !told.contains(expected) else { return nil }
        isNext = false
      }
      after.seq = seq
    }
    after.available = isNext ? quantity.flatMap { taken in state.available.map { $0 - taken } } : nil
    if let available = after.available, available < 0 { return nil }
    if let available = step.available {
      if let own = after.available, own != available { return nil }
      after.available = available
    }
    return after
  }
}
