// Answers against the log: what was acknowledged is there, what is there was asked for, a key books once, and bookings end for a
// reason.

extension EventCase {
  // MARK: Acknowledged

  /// Whether the history's log must have what this operation was told.
  private func isBound(_ operation: Operation) -> Bool { operation.outcome == .done && !operation.isForfeit }

  mutating func checkAnswers() {
    guard hasWitness else { return }
    for operation in operations where isBound(operation) {
      switch operation.act {
      case .book: checkBooked(operation)
      case .cancel: checkCancelled(operation)
      case .confirm, .extend, .join, .leave, .change, .delete, .read: break
      }
    }
  }

  private mutating func checkBooked(_ operation: Operation) {
    guard let told = operation.state, operation.booking >= 0 else {
      return verdict.report(
        .acknowledged, "\(who(operation)) was answered with no booking",
        lines: [operation.line, operation.answerLine])
    }
    let logged = fact(told.seq)
    if let logged, logged.state.change == .created, logged.state.booking == operation.booking {
      // The answer is a fact of its own; here it is held against what was asked for.
      let isOther = operation.user >= 0 && logged.state.user >= 0 && logged.state.user != operation.user
      guard isOther || Int(logged.state.quantity) != operation.quantity else { return }
      return verdict.report(
        .acknowledged,
        "\(who(operation)) asked for \(operation.quantity) seats, and the log has \(describe(logged.state))",
        lines: [operation.line, operation.answerLine, logged.line])
    }
    guard told.seq > record.start?.state.seq ?? 0 || !operation.isReplayed else { return }
    verdict.report(
      .acknowledged,
      "\(who(operation)) got booking \(name(operation.booking)) at seq \(told.seq) of event \(event), where the log has "
        + (logged.map { describe($0.state) } ?? "nothing"),
      lines: [operation.line, operation.answerLine, logged?.line ?? 0])
  }

  private mutating func checkCancelled(_ operation: Operation) {
    guard isWhole, made[operation.booking] != nil, ended[operation.booking] == nil else { return }
    verdict.report(
      .acknowledged,
      "\(who(operation)) was told that booking \(name(operation.booking)) has ended, and in the log of event \(event) it "
        + "goes on", lines: [operation.line, operation.answerLine])
  }

  // MARK: Once

  /// One key of one user books once; whoever asks again gets the first answer.
  mutating func checkKeys() {
    var firsts: [KeyOfUser: Operation] = [:]
    var owners: [Int32: Operation] = [:]
    for operation in operations where operation.act == .book && operation.outcome == .done {
      if operation.key >= 0, let first = firsts[KeyOfUser(operation)] {
        checkRepetition(operation, of: first)
        continue
      }
      if operation.key >= 0 { firsts[KeyOfUser(operation)] = operation }
      guard operation.booking >= 0, !operation.isForfeit else { continue }
      if let other = owners.updateValue(operation, forKey: operation.booking) {
        verdict.report(
          .oversold,
          "\(who(other)) and \(who(operation)) both got booking \(name(operation.booking)) of event \(event)",
          lines: [other.answerLine, operation.answerLine])
      }
    }
    checkExtensions()
  }

  struct KeyOfUser: Hashable {
    let key: Int32
    let user: Int32
    init(_ operation: Operation) { (key, user) = (operation.key, operation.user) }
  }

  /// Keys are kept for 24 hours of service.
  private static var keyMicroseconds: Int64 { 24 * 3_600_000_000 }

  private mutating func checkRepetition(_ operation: Operation, of first: Operation) {
    guard operation.sentAt - first.answeredAt < Self.keyMicroseconds, operation.isForfeit == first.isForfeit,
      operation.booking != first.booking || operation.state?.seq != first.state?.seq
    else { return }
    verdict.report(
      .once,
      "key \(name(operation.key)) of \(who(operation)) made booking \(name(first.booking)) at seq "
        + "\(first.state?.seq ?? 0) and booking \(name(operation.booking)) at seq \(operation.state?.seq ?? 0) of event "
        + "\(event)", lines: [first.answerLine, operation.answerLine])
  }

  private mutating func checkExtensions() {
    var ends: [Int32: Operation] = [:]
    for operation in operations where operation.act == .extend && operation.outcome == .done {
      guard let end = operation.expiresAt else { continue }
      if let other = ends[operation.booking], other.expiresAt != end {
        verdict.report(
          .once, "booking \(name(operation.booking)) of event \(event) was extended twice",
          lines: [other.answerLine, operation.answerLine])
      }
      ends[operation.booking] = ends[operation.booking] ?? operation
    }
  }

  // MARK: Asked

  /// What may have been made without an answer that says so.
  private struct Wishes {
    private var counts: [Wish: Int] = [:]

    private struct Wish: Hashable {
      let user: Int32
      let quantity: Int
      let type: Int?
    }

    mutating func add(_ operation: Operation) {
      counts[Wish(user: operation.user, quantity: operation.quantity, type: operation.type), default: 0] += 1
    }

    /// A wish that names the ticket type can mean no other; one without can mean any.
    mutating func take(_ state: FactState) -> Bool {
      let types = state.type >= 0 ? [Int(state.type), nil] : [nil]
      for type in types {
        let wish = Wish(user: state.user, quantity: Int(state.quantity), type: type)
        guard let count = counts[wish], count > 0 else { continue }
        counts[wish] = count - 1
        return true
      }
      return false
    }
  }

  /// Every booking of the log was acknowledged, or may be that of a request without an answer, or was offered to somebody who
  /// waited.
  mutating func checkAsked() {
    guard record.isExclusive, hasWitness else { return }
    var (acknowledged, wishes) = (Set<Int32>(), Wishes())
    var keys: Set<KeyOfUser> = []
    for operation in operations where operation.act == .book && operation.outcome == .done {
      acknowledged.insert(operation.booking)
      if operation.key >= 0, !operation.isForfeit { keys.insert(KeyOfUser(operation)) }
    }
    for operation in operations {
      switch (operation.act, operation.outcome) {
      case (.book, .unknown):
        // Of the same key only one can have been performed.
        if operation.key >= 0, !keys.insert(KeyOfUser(operation)).inserted { continue }
        wishes.add(operation)
      case (.join, .done), (.join, .unknown): wishes.add(operation)
      default: break
      }
    }
    for fact in log where fact.state.change == .created && fact.state.user >= 0 {
      guard !acknowledged.contains(fact.state.booking), !wishes.take(fact.state) else { continue }
      verdict.report(
        .asked,
        "\(describe(fact.state)): that user has no request without an answer that asked for so many",
        lines: [fact.line])
    }
  }

  // MARK: Ends

  /// What is known of one booking from requests.
  private struct Life {
    var isHold: Bool?
    var mayBeCancelled = false
    var confirmedBy: Operation?
    var mayBeExtended = false
    var expiresAt: Int64?
  }

  private func lives() -> [Int32: Life] {
    var lives: [Int32: Life] = [:]
    for operation in operations where operation.booking >= 0 && operation.outcome != .refused {
      var life = lives[operation.booking] ?? Life()
      switch (operation.act, operation.outcome) {
      case (.book, .done):
        life.isHold = operation.isHold
        life.expiresAt = max(life.expiresAt ?? .min, operation.expiresAt ?? .min)
      case (.cancel, _): life.mayBeCancelled = true
      case (.confirm, .done):
        // An earlier copy of the database may not have it.
        if operation.isConfirmed, !operation.isForfeit { life.confirmedBy = life.confirmedBy ?? operation }
      case (.extend, .done) where !operation.isForfeit:
        life.expiresAt = max(life.expiresAt ?? .min, operation.expiresAt ?? .min)
      case (.extend, _): life.mayBeExtended = true
      default: break
      }
      lives[operation.booking] = life
    }
    return lives
  }

  /// Each end in the log has a reason: somebody cancelled the booking, or the event, or a hold's time was over.
  mutating func checkEnds() {
    guard record.isExclusive else { return }
    let (lives, cancelled) = (lives(), names.known("cancelled"))
    let mayCancelEvent = operations.contains { $0.act == .change && $0.outcome == .unknown }
    var isCancelled = mayCancelEvent
    for fact in log {
      if fact.state.status >= 0, fact.state.status == cancelled { isCancelled = true }
      guard fact.state.change == .cancelled, let life = lives[fact.state.booking] else { continue }
      checkEnd(fact, life, isCancelled: isCancelled)
    }
    checkConfirmations()
  }

  private mutating func checkEnd(_ fact: Fact, _ life: Life, isCancelled: Bool) {
    guard !life.mayBeCancelled || fact.state.isExpiry == true, !isCancelled else { return }
    let what = "booking \(name(fact.state.booking)) ends at seq \(fact.state.seq) of event \(event)"
    if let confirmation = life.confirmedBy {
      verdict.report(
        .holds, "\(what), and \(who(confirmation)) had been told that it is confirmed",
        lines: [confirmation.answerLine, fact.line])
    } else if life.isHold == false {
      verdict.report(.asked, "\(what), and nobody asked for that", lines: [fact.line])
    } else if life.isHold == true, !life.mayBeExtended, let end = life.expiresAt, let stamp = fact.stamp,
      end > .min, stamp < end
    {
      verdict.report(
        .holds, "\(what), a hold that had \(end - stamp) milliseconds left, and nobody asked for that",
        lines: [fact.line])
    }
  }

  /// What was known to have ended before it was asked for cannot be confirmed any more.
  private mutating func checkConfirmations() {
    let known = known
    for operation in operations where operation.act == .confirm && isBound(operation) && operation.isConfirmed
    {
      guard let place = ended[operation.booking], let before = known.before(operation.sentAt),
        before >= log[place].state.seq
      else { continue }
      verdict.report(
        .holds,
        "\(who(operation)) confirmed booking \(name(operation.booking)), which had ended at seq \(log[place].state.seq) of "
          + "event \(event)", lines: [log[place].line, operation.line, operation.answerLine])
    }
  }
}
