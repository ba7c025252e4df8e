// The subscribers of a topic that asked for a pace, on one loop (docs/decisions/0037-a-pace-is-a-time-to-wait.md). They stand in
// cohorts of their own, one pace each, so that the pass over the others neither meets nor looks for them.
//
//   join, settle ──▶ waiting ──(its time has come)──▶ idle   nothing to send: at the head
//                       ▲                │              │
//                       │                ▼ behind       │ append
//                       └── settle ───  late  ◀─────────┘
//
// Invariants: a cohort stands in the list of its stage once. Those that wait stand in the order of their times, because a pace
// has one interval. A late cohort is behind the head, an idle one is at it. One loop's thread.

/// The paced cohorts of one topic.
final class PacedFeed {
  enum Stage: Equatable {
    case free
    /// May be sent something at `dueAt`; at the head or behind it.
    case waiting
    /// May be sent something, and there is nothing to send.
    case idle
    /// Is to be sent something.
    case late
  }

  /// A cohort and when it is served.
  struct Standing {
    var cohort: Cohort
    var lane: Int
    var dueAt: UInt64
    var stage = Stage.waiting
  }

  /// The cohorts of one pace.
  struct Lane {
    let pace: Pace
    var waiting = Queue<Int>()
    var idle: [Int] = []
    /// A cohort that had room lately, if it still waits.
    var roomy: Int?
  }

  private(set) var head: UInt64
  private(set) var standings: [Standing] = []
  /// One for each pace that was ever asked for.
  private(set) var lanes: [Lane] = []
  private var late = Queue<Int>()
  private var free: [Int] = []
  private let cohortLimit: Int
  /// Notices have come since the times were looked at.
  private var hasNews = false
  /// Whether the loop's list of feeds that wait for their time has it (`Subscribers`).
  var isAwaited = false

  init(head: UInt64, limits: Limits) { (self.head, cohortLimit) = (head, limits.cohortSubscribers) }

  /// Whether the pass is to visit it.
  var isBehind: Bool { hasNews || !late.isEmpty }
  /// Whether some cohort waits for its time.
  var isWaiting: Bool { lanes.contains { !$0.waiting.isEmpty } }
  /// Members of all cohorts.
  var count: Int { standings.reduce(0) { $0 + $1.cohort.count } }
  var cohorts: [Cohort] { standings.map(\.cohort) }

  /// Whether some cohort at the head has members.
  var hasMemberAtHead: Bool { standings.contains { $0.cohort.count > 0 && $0.cohort.cursor == head } }

  /// Appends members of cohorts at the head until `found` has `limit`.
  func appendMembersAtHead(to found: inout [SubscriptionIndex], atMost limit: Int) {
    for cohort in cohorts where cohort.cursor == head && found.count < limit {
      // The last ones first: when they leave, nobody has to move into their places.
      found += cohort.members.suffix(limit - found.count).reversed()
    }
  }

  // MARK: Members

  /// Puts a subscriber that stands at `cursor` and was sent something now into a cohort. It may be behind the head.
  func join(
    _ index: SubscriptionIndex, descriptor: Int32, cursor: UInt64, _ pace: Pace, at now: UInt64,
    in subscriptions: inout Subscriptions
  ) {
    assert(cursor <= head, "no subscriber stands beyond the head of its topic")
    let number = cohort(at: cursor, lane(of: pace), dueAt: pace.next(after: now))
    let position = standings[number].cohort.add(index, descriptor: descriptor)
    subscriptions[index.rawValue].place = .cohort(UInt32(number), position: position)
  }

  private func lane(of pace: Pace) -> Int {
    if let lane = lanes.firstIndex(where: { $0.pace == pace }) { return lane }
    lanes.append(Lane(pace: pace))
    return lanes.count - 1
  }

  /// The cohort that had room lately if it stands there, or a new one.
  private func cohort(at cursor: UInt64, _ lane: Int, dueAt: UInt64) -> Int {
    if let roomy = lanes[lane].roomy, standings[roomy].stage == .waiting, standings[roomy].dueAt == dueAt {
      if standings[roomy].cohort.count == 0 { standings[roomy].cohort.cursor = cursor }
      let cohort = standings[roomy].cohort
      if cohort.cursor == cursor, cohort.count < cohortLimit { return roomy }
    }
    let standing = Standing(cohort: Cohort(cursor: cursor), lane: lane, dueAt: dueAt)
    let number = free.popLast() ?? standings.count
    if number == standings.count { standings.append(standing) } else { standings[number] = standing }
    lanes[lane].waiting.append(number)
    lanes[lane].roomy = number
    return number
  }

  /// Takes a subscriber out of its cohort and returns its cursor.
  func leave(_ cohort: UInt32, position: UInt32, in subscriptions: inout Subscriptions) -> UInt64 {
    let number = Int(cohort)
    if let moved = standings[number].cohort.remove(at: position) {
      subscriptions[moved.rawValue].place = .cohort(cohort, position: position)
    }
    let standing = standings[number]
    // One that waits or is late is given back when its turn comes, which is soon.
    if standing.cohort.count == 0, standing.stage == .idle {
      lanes[standing.lane].idle.removeAll { $0 == number }
      giveBack(number)
    }
    return standing.cohort.cursor
  }

  private func giveBack(_ number: Int) {
    if lanes[standings[number].lane].roomy == number { lanes[standings[number].lane].roomy = nil }
    (standings[number].cohort, standings[number].stage) = (Cohort(cursor: 0), .free)
    free.append(number)
  }

  // MARK: The pass

  /// Notices came: who was idle is late.
  func append(through head: UInt64) {
    self.head = head
    for lane in lanes.indices where !lanes[lane].idle.isEmpty {
      for number in lanes[lane].idle { noteLate(number) }
      lanes[lane].idle = []
    }
    hasNews = isWaiting
  }

  private func noteLate(_ number: Int) {
    standings[number].stage = .late
    late.append(number)
  }

  /// Looks which cohorts' time has come.
  func advance(to now: UInt64, in subscriptions: inout Subscriptions) {
    for lane in lanes.indices {
      while let number = lanes[lane].waiting.first, standings[number].dueAt <= now {
        lanes[lane].waiting.removeFirst()
        arrive(number, in: &subscriptions)
      }
    }
    hasNews = false
  }

  private func arrive(_ number: Int, in subscriptions: inout Subscriptions) {
    if standings[number].cohort.count == 0 {
      giveBack(number)
    } else if standings[number].cohort.cursor < head {
      noteLate(number)
    } else {
      rest(number, in: &subscriptions)
    }
  }

  /// Its time has come and it has missed nothing. Those who are idle are served together from now on.
  private func rest(_ number: Int, in subscriptions: inout Subscriptions) {
    let lane = standings[number].lane
    if let last = lanes[lane].idle.last, merge(number, into: last, in: &subscriptions) { return }
    standings[number].stage = .idle
    lanes[lane].idle.append(number)
  }

  /// The next cohort to be sent something; nil: none now.
  func nextLate(at now: UInt64, in subscriptions: inout Subscriptions) -> Int? {
    advance(to: now, in: &subscriptions)
    while let number = late.first {
      if standings[number].cohort.count > 0 { return number }
      late.removeFirst()
      giveBack(number)
    }
    return nil
  }

  /// The cohort that `nextLate` returned has been sent everything, except to members that have left it.
  func settle(_ number: Int, at now: UInt64, in subscriptions: inout Subscriptions) {
    assert(late.first == number, "the cohort that was visited is the first of those that are late")
    late.removeFirst()
    guard standings[number].cohort.count > 0 else { return giveBack(number) }
    let lane = standings[number].lane
    (standings[number].cohort.cursor, standings[number].cohort.sentAt) = (head, now)
    standings[number].dueAt = lanes[lane].pace.next(after: now)
    if let roomy = lanes[lane].roomy, standings[roomy].stage == .waiting,
      standings[roomy].dueAt == standings[number].dueAt, merge(number, into: roomy, in: &subscriptions)
    {
      return
    }
    standings[number].stage = .waiting
    lanes[lane].waiting.append(number)
    if standings[number].cohort.count < cohortLimit { lanes[lane].roomy = number }
  }

  /// Moves everybody of a cohort, which stands in no list, into another at the same place, if there is room. False: there is
  /// none, or it stands elsewhere.
  private func merge(_ number: Int, into target: Int, in subscriptions: inout Subscriptions) -> Bool {
    let (moved, other) = (standings[number].cohort, standings[target].cohort)
    guard moved.cursor == other.cursor, moved.count + other.count <= cohortLimit else { return false }
    standings[target].cohort.sentAt = min(moved.sentAt, other.sentAt)
    for (member, descriptor) in zip(moved.members, moved.descriptors) {
      let position = standings[target].cohort.add(member, descriptor: descriptor)
      subscriptions[member.rawValue].place = .cohort(UInt32(target), position: position)
    }
    giveBack(number)
    return true
  }
}
