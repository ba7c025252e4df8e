// Replays the log by the rules of a sequence of bookings. Where the log is put together from what was told, it may have holes: it
// is checked between them.

extension EventCase {
  mutating func checkLog() {
    var before = record.start.flatMap { $0.state.epoch == epoch || $0.state.epoch < 0 ? $0 : nil }
    var made: [Int32: (quantity: Int32, line: Int)] = [:]
    for fact in log {
      if let before, fact.state.seq != before.state.seq + 1, hasWitness {
        verdict.report(
          .log, "behind seq \(before.state.seq) the log of event \(event) has seq \(fact.state.seq)",
          lines: [before.line, fact.line])
      }
      checkBooking(fact, &made)
      if let before, before.state.seq + 1 == fact.state.seq { checkStep(before, fact) }
      checkSold(fact)
      before = fact
    }
  }

  private mutating func checkBooking(_ fact: Fact, _ made: inout [Int32: (quantity: Int32, line: Int)]) {
    guard fact.state.booking >= 0, let change = fact.state.change else { return }
    let booking = "booking \(name(fact.state.booking))"
    switch change {
    case .created:
      if let other = made.updateValue((fact.state.quantity, fact.line), forKey: fact.state.booking) {
        verdict.report(
          .oversold, "\(booking) is made again at seq \(fact.state.seq) of event \(event)",
          lines: [other.line, fact.line])
      }
    case .cancelled:
      if let one = made.removeValue(forKey: fact.state.booking) {
        guard one.quantity != fact.state.quantity, one.quantity >= 0, fact.state.quantity >= 0 else { return }
        verdict.report(
          .log,
          "seq \(fact.state.seq) of event \(event) gives back \(fact.state.quantity) seats of \(booking), which "
            + "had \(one.quantity)", lines: [one.line, fact.line])
      } else if isWhole, record.isExclusive, isFresh {
        verdict.report(
          .once, "\(booking) ends at seq \(fact.state.seq) of event \(event) and did not stand",
          lines: [fact.line])
      }
    case .resized, .updated: break
    }
  }

  /// Whether nothing was booked before the history began.
  var isFresh: Bool {
    guard let start = record.start?.state else { return log.first?.state.seq == 1 }
    return start.available == start.capacity
  }

  private mutating func checkStep(_ before: Fact, _ after: Fact) {
    let (old, new) = (before.state, after.state)
    guard old.hasAvailable, new.hasAvailable, let change = new.change else { return }
    var (expected, ofType) = (Int(old.available), 0)
    switch change {
    case .created, .cancelled:
      guard new.quantity >= 0 else { return }
      ofType = change == .created ? -Int(new.quantity) : Int(new.quantity)
      expected += ofType
    case .resized, .updated: break
    }
    // Only a change of the capacity changes it.
    if old.capacity >= 0, new.capacity >= 0 {
      if change == .resized || change == .updated {
        expected += Int(new.capacity) - Int(old.capacity)
      } else if old.capacity != new.capacity {
        verdict.report(
          .log, "at seq \(new.seq) of event \(event) a booking changes the capacity",
          lines: [before.line, after.line])
      }
    } else if change == .resized || change == .updated {
      return
    }
    if Int(new.available) != expected {
      verdict.report(
        .log,
        "at seq \(new.seq) of event \(event) \(expected) seats should be left, and it says \(new.available)",
        lines: [before.line, after.line])
    }
    if change != .updated { checkTypes(before, after, by: ofType) }
  }

  /// What a type has left is its own seats or those of the event, whichever are fewer. As long as its own were fewer they are
  /// known, and with them what is to follow.
  private mutating func checkTypes(_ before: Fact, _ after: Fact, by quantity: Int) {
    let old = names.types(before.state.types)
    let (eventBefore, eventAfter) = (Int(before.state.available), Int(after.state.available))
    for type in names.types(after.state.types) {
      guard let known = old.first(where: { $0.id == type.id }) else { continue }
      let step = type.id == Int(after.state.type) ? quantity : 0
      let least = min(known.available + step, eventAfter)
      let most = known.available < eventBefore ? least : eventAfter
      guard !(min(least, most)...max(least, most)).contains(type.available) else { continue }
      verdict.report(
        .log,
        "at seq \(after.state.seq) of event \(event) ticket type \(type.id) should have \(least) seats left, and it says "
          + "\(type.available)", lines: [before.line, after.line])
    }
  }

  private mutating func checkSold(_ fact: Fact) {
    let state = fact.state
    guard state.hasAvailable else { return }
    if state.available < 0 {
      verdict.report(
        .oversold,
        "at seq \(state.seq) of event \(event) \(-state.available) seats more are sold than there are",
        lines: [fact.line])
    } else if state.capacity >= 0, state.available > state.capacity {
      verdict.report(
        .oversold,
        "at seq \(state.seq) of event \(event) \(state.available) of \(state.capacity) seats are left",
        lines: [fact.line])
    }
    for type in names.types(state.types) where type.available < 0 || type.available > state.available {
      verdict.report(
        .oversold,
        "at seq \(state.seq) of event \(event) ticket type \(type.id) has \(type.available) of \(state.available) seats "
          + "left", lines: [fact.line])
    }
  }

  // MARK: The end

  /// What the server lists at the end, against what its log says.
  mutating func checkStanding() {
    guard record.isListed, hasWitness, isFresh, isWhole else { return }
    var expected: [Int32: (quantity: Int32, line: Int)] = [:]
    for fact in log {
      switch fact.state.change {
      case .created?: expected[fact.state.booking] = (fact.state.quantity, fact.line)
      case .cancelled?: expected[fact.state.booking] = nil
      case .resized?, .updated?, nil: break
      }
    }
    for one in record.listed where one.isStanding {
      guard let logged = expected.removeValue(forKey: one.booking) else {
        verdict.report(
          .standing,
          "the server lists booking \(name(one.booking)) with \(one.quantity) seats, which the log of event "
            + "\(event) does not leave", lines: [one.line])
        continue
      }
      guard Int(logged.quantity) != one.quantity else { continue }
      verdict.report(
        .standing,
        "the log of event \(event) leaves booking \(name(one.booking)) with \(logged.quantity) seats, and the "
          + "server lists \(one.quantity)", lines: [logged.line, one.line])
    }
    for (booking, logged) in expected.sorted(by: { $0.value.line < $1.value.line }) {
      verdict.report(
        .standing,
        "the log of event \(event) leaves booking \(name(booking)) with \(logged.quantity) seats, and the "
          + "server does not list it", lines: [logged.line])
    }
  }
}
