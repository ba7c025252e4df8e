// The waiting list: seats are offered in the order of the line, and to it before they are sold to others. Among those who wait for
// as many seats of the same kind nobody is passed over; who waits for more may be.

extension EventCase {
  /// Somebody who surely waits: joined, and neither left nor joined anew.
  private struct Waiter {
    let user: Int32
    let joinedAt: Int64
    let sentAt: Int64
    let lines: [Int]
    /// The seq of the offer; `max`: none came.
    var offeredAt: UInt64
  }

  private struct Wish: Hashable {
    let quantity: Int
    let type: Int?
  }

  mutating func checkQueue() {
    let waiters = waiters()
    for (wish, line) in waiters { checkLine(line, wish) }
    checkOthers(waiters)
  }

  /// In the order in which they were told that they wait.
  private func waiters() -> [Wish: [Waiter]] {
    let offers = offers()
    // Whoever books besides may reach a limit, and then loses the place.
    let buyers = Set(operations.filter { $0.act == .book && $0.outcome != .refused }.map(\.user))
    var joins: [Int32: [Operation]] = [:]
    for operation in operations where operation.act == .join || operation.act == .leave {
      joins[operation.user, default: []].append(operation)
    }
    var lines: [Wish: [Waiter]] = [:]
    for (user, acts) in joins where !buyers.contains(user) {
      // Whoever comes and goes stands where nobody outside can tell.
      guard acts.count == 1, let join = acts.first, join.act == .join, join.outcome == .done, !join.isForfeit
      else {
        continue
      }
      let offer = offers[user].flatMap { $0.count == 1 ? $0.first : nil }
      if offers[user]?.count ?? 0 > 1 { continue }
      lines[Wish(quantity: join.quantity, type: join.type), default: []].append(
        Waiter(
          user: user, joinedAt: join.answeredAt, sentAt: join.sentAt, lines: [join.line, join.answerLine],
          offeredAt: offer ?? .max))
    }
    return lines.mapValues { $0.sorted { $0.joinedAt < $1.joinedAt } }
  }

  /// By user: the changes that gave a booking which the user had not asked for by booking.
  private func offers() -> [Int32: [UInt64]] {
    var asked: Set<Int32> = []
    for operation in operations where operation.act == .book && operation.outcome == .done {
      asked.insert(operation.booking)
    }
    var offers: [Int32: [UInt64]] = [:]
    for fact in log where fact.state.change == .created && !asked.contains(fact.state.booking) {
      offers[fact.state.user, default: []].append(fact.state.seq)
    }
    return offers
  }

  /// Whoever was known to wait before another asked to wait gets the seats first.
  private mutating func checkLine(_ line: [Waiter], _ wish: Wish) {
    let lasts = LatestSeqs(line.map { ($0.joinedAt, $0.offeredAt) })
    for waiter in line where waiter.offeredAt != .max {
      guard let last = lasts.before(waiter.sentAt), last > waiter.offeredAt,
        let passed = line.first(where: { $0.joinedAt < waiter.sentAt && $0.offeredAt > waiter.offeredAt })
      else { continue }
      // A limit that was changed meanwhile takes the place from whom it concerns, and only administrators change one.
      if passed.offeredAt == .max, mayHaveChanged { continue }
      verdict.report(
        .queue,
        "\(name(waiter.user)) was offered \(wish.quantity) seats of event \(event) at seq \(waiter.offeredAt), before "
          + "\(name(passed.user)), who waited for as many when \(name(waiter.user)) came",
        lines: passed.lines + waiter.lines)
    }
  }

  private var mayHaveChanged: Bool {
    operations.contains { $0.act == .change && $0.outcome != .refused }
  }

  /// Nobody else books seats that somebody waits for. Of an event with ticket types nobody outside knows which are free.
  private mutating func checkOthers(_ waiters: [Wish: [Waiter]]) {
    guard !waiters.isEmpty, !mayHaveChanged, log.allSatisfy({ $0.state.types < 0 }) else { return }
    let lines = waiters.map { wish, line in
      (quantity: wish.quantity, line: line, lasts: LatestSeqs(line.map { ($0.joinedAt, $0.offeredAt) }))
    }
    for operation in operations
    where operation.act == .book && operation.outcome == .done && !operation.isForfeit {
      guard !operation.isReplayed, let seq = operation.state?.seq, let place = places[seq],
        let left = place == 0 ? start?.available : log[place - 1].state.available
      else { continue }
      for (quantity, line, lasts) in lines where quantity <= Int(left) {
        guard let last = lasts.before(operation.sentAt), last > seq,
          let passed = line.first(where: {
            $0.joinedAt < operation.sentAt && $0.offeredAt > seq && $0.user != operation.user
          })
        else { continue }
        verdict.report(
          .queue,
          "\(who(operation)) booked at seq \(seq) of event \(event), when \(left) seats were left and \(name(passed.user)) "
            + "waited for \(quantity)", lines: passed.lines + [operation.line, operation.answerLine])
      }
    }
  }
}
