// Cuts what was asked of an event into windows at moments when nothing waited for an answer, and has each searched for a legal
// order (OrderSearch.swift). Of a long history a sample of windows is searched.

/// A window without a legal order.
struct Counterexample: Sendable, Equatable {
  let event: Int
  let steps: [SearchStep]
  /// Places of the longest legal beginning, in order.
  let order: [Int]

  /// Steps that had to come and could not.
  var stuck: [Int] { steps.indices.filter { !steps[$0].isOptional && !order.contains($0) } }
}

extension EventCase {
  private static var mostWindows: Int { 256 }
  private static var usualSteps: Int { 48 }
  /// Requests without an answer that may still have an effect, at most.
  private static var mostOpen: Int { 32 }

  /// Adds what it finds to the verdict.
  mutating func search() -> [Counterexample] {
    let windows = windows()
    let stride = max(1, (windows.count + Self.mostWindows - 1) / Self.mostWindows)
    var counterexamples: [Counterexample] = []
    let told = Set(log.map(\.state.seq))
    let others = others()
    for number in Swift.stride(from: 0, to: windows.count, by: stride) {
      let window = windows[number] + others.around(number, windows)
      let start = number == 0 ? firstState : SearchState()
      switch OrderSearch.search(window, from: start, told: told) {
      case .legal: verdict.windows.legal += 1
      case .undecided: verdict.windows.undecided += 1
      case .illegal(let order):
        verdict.windows.illegal += 1
        let found = Counterexample(event: event, steps: window, order: order)
        counterexamples.append(found)
        let stuck = found.stuck.map { window[$0] }
        verdict.report(
          .legal,
          "no order explains \(window.count) requests of event \(event): behind \(order.count) of them neither of "
            + stuck.prefix(3).map { "\($0.name)'s \($0.act)" }.joined(separator: ", ") + " can follow",
          lines: stuck.prefix(8).flatMap(\.lines))
      }
    }
    return counterexamples
  }

  private var firstState: SearchState {
    guard let start = record.start?.state else { return SearchState() }
    return SearchState(seq: start.seq, available: start.hasAvailable ? Int(start.available) : nil)
  }

  private func windows() -> [[SearchStep]] {
    let steps = requests().sorted { $0.sentAt < $1.sentAt }
    var (windows, window, open, latest): ([[SearchStep]], [SearchStep], [SearchStep], Int64) = (
      [], [], [], .min
    )
    for step in steps {
      if window.count >= Self.usualSteps, latest < step.sentAt {
        windows.append(window)
        window = open
      }
      window.append(step)
      if step.isOptional {
        if open.count < Self.mostOpen { open.append(step) }
      } else {
        latest = max(latest, step.answeredAt)
      }
    }
    if window.contains(where: { !$0.isOptional }) { windows.append(window) }
    return windows
  }

  /// The changes that nobody asked for here.
  private func others() -> OtherChanges {
    let asked = Set(changes.map(\.seq))
    return OtherChanges(log: log.filter { !asked.contains($0.state.seq) })
  }

  // MARK: Requests

  /// Requests of one key are one step.
  private func requests() -> [SearchStep] {
    let isDivided = log.contains { $0.state.types >= 0 } || record.start?.state.types ?? NameTable.none >= 0
    let (changes, quantities) = (changes, quantities)
    var (steps, changed): ([SearchStep], Set<UInt64>) = ([], [])
    for change in changes { changed.insert(change.seq) }
    var timed = Dictionary(changes.map { ($0.seq, $0) }) { one, _ in one }
    var acknowledged: Set<KeyOfUser> = []
    for operation in operations
    where operation.act == .book && operation.outcome == .done && operation.key >= 0 {
      acknowledged.insert(KeyOfUser(operation))
    }
    for operation in operations where !operation.isForfeit {
      if let seq = operation.state?.seq, operation.act == .book || operation.act == .cancel,
        operation.outcome == .done
      {
        guard changed.contains(seq) else { continue }
        if let change = timed.removeValue(forKey: seq) { steps.append(step(operation, change, quantities)) }
      } else if let step = step(operation, isDivided, acknowledged, quantities) {
        steps.append(step)
      }
    }
    return steps
  }

  private var quantities: [Int32: Int] {
    var quantities: [Int32: Int] = [:]
    for fact in log where fact.state.booking >= 0 && fact.state.quantity >= 0 {
      quantities[fact.state.booking] = Int(fact.state.quantity)
    }
    return quantities
  }

  private func step(
    _ operation: Operation, _ change: TimedChange, _ quantities: [Int32: Int]
  ) -> SearchStep {
    let ofBooking = quantities[operation.booking].map { SearchStep.Effect.takes(-$0) } ?? .changes
    let available = operation.state.flatMap { $0.hasAvailable ? Int($0.available) : nil }
    return SearchStep(
      name: who(operation), act: describe(operation), sentAt: change.sentAt, answeredAt: change.answeredAt,
      effect: operation.act == .book ? .takes(operation.quantity) : ofBooking, isOptional: false,
      seq: change.seq,
      available: available, lines: change.lines)
  }

  /// Refusals, reads, and what was never answered; nil: it says nothing about seats.
  private func step(
    _ operation: Operation, _ isDivided: Bool, _ acknowledged: Set<KeyOfUser>, _ quantities: [Int32: Int]
  ) -> SearchStep? {
    var (effect, isOptional): (SearchStep.Effect, Bool)
    var (seq, available): (UInt64?, Int?)
    switch (operation.act, operation.outcome) {
    case (.book, .refused):
      guard !isDivided, name(operation.problem) == "sold-out" else { return nil }
      (effect, isOptional) = (.refusedFor(operation.quantity), false)
      if operation.available != FactState.untold { available = Int(operation.available) }
    case (.book, .unknown):
      if operation.key >= 0, acknowledged.contains(KeyOfUser(operation)) { return nil }
      (effect, isOptional) = (.takes(operation.quantity), true)
    case (.cancel, .unknown):
      (effect, isOptional) = (quantities[operation.booking].map { .takes(-$0) } ?? .changes, true)
    case (.read, .done):
      guard let state = operation.state, state.epoch == epoch, state.hasAvailable else { return nil }
      (effect, isOptional, seq, available) = (.reads, false, state.seq, Int(state.available))
    default: return nil
    }
    return SearchStep(
      name: who(operation), act: describe(operation), sentAt: operation.sentAt,
      answeredAt: operation.answeredAt,
      effect: effect, isOptional: isOptional, seq: seq, available: available,
      lines: [operation.line, operation.answerLine].filter { $0 > 0 })
  }

  private func describe(_ operation: Operation) -> String {
    switch operation.act {
    case .book: "book \(operation.quantity)"
    case .cancel: "cancel \(name(operation.booking))"
    default: operation.act.rawValue
    }
  }
}

/// Changes that nobody asked for in this history: ends of holds, offers, other people's bookings.
private struct OtherChanges {
  /// In the order of their seqs.
  let log: [Fact]

  /// Those that may have happened in a window: between the changes of its neighbours.
  func around(_ number: Int, _ windows: [[SearchStep]]) -> [SearchStep] {
    let first = number == 0 ? 0 : windows[number - 1].compactMap(\.seq).max() ?? 0
    // Who reads a state in the next window says nothing of when it came to be.
    let next = number + 1 < windows.count ? windows[number + 1] : []
    let last = next.compactMap { step in step.seq.map { step.effect.isSilent ? $0 + 1 : $0 } }.min() ?? .max
    let start = windows[number].map(\.sentAt).min() ?? .min
    let from = log.partition { $0.state.seq > first }
    return log[from...].prefix { $0.state.seq < last }.prefix(OrderSearch.most).map { step($0, since: start) }
  }

  private func step(_ fact: Fact, since start: Int64) -> SearchStep {
    let quantity = fact.state.quantity >= 0 ? Int(fact.state.quantity) : nil
    let effect: SearchStep.Effect =
      switch fact.state.change {
      case .created?: quantity.map { .takes($0) } ?? .changes
      case .cancelled?: quantity.map { .takes(-$0) } ?? .changes
      case .resized?, .updated?, nil: .changes
      }
    return SearchStep(
      name: "the server", act: "change", sentAt: start, answeredAt: .max, effect: effect, isOptional: true,
      seq: fact.state.seq, available: fact.state.hasAvailable ? Int(fact.state.available) : nil,
      lines: [fact.line])
  }
}
