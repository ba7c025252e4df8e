import TestSupport
import Testing

@testable import FanoutCore
@testable import FanoutTestSupport

/// A paced feed with its slab, and a model of what each subscriber was sent and when.
private final class PacedFixture {
  let feed: PacedFeed
  var slab = Subscriptions()
  var now: UInt64 = 10_000
  private(set) var paces: [SubscriptionIndex: Pace] = [:]
  private(set) var reached: [SubscriptionIndex: UInt64] = [:]
  private(set) var sentAt: [SubscriptionIndex: UInt64] = [:]
  let limit: Int

  init(limit: Int = 4) {
    var limits = Limits()
    (limits.cohortSubscribers, self.limit) = (limit, limit)
    feed = PacedFeed(head: 0, limits: limits)
  }

  @discardableResult
  func join(_ perSecond: Int = 1, at cursor: UInt64? = nil) throws -> SubscriptionIndex {
    let cursor = cursor ?? feed.head
    let index = SubscriptionIndex(
      slab.insert(
        Subscription(place: .lagging(cursor: cursor), dialect: .paced, slot: 0, topic: 0, next: .none)))
    let pace = try #require(Pace(perSecond))
    paces[index] = pace
    feed.join(
      index, descriptor: Int32(index.rawValue), cursor: cursor, pace, at: now, in: &slab
    )
    (reached[index], sentAt[index]) = (cursor, now)
    return index
  }

  func leave(_ index: SubscriptionIndex) {
    guard case .cohort(let cohort, let position) = slab[index.rawValue].place else { return }
    #expect(feed.leave(cohort, position: position, in: &slab) == reached[index])
    slab.remove(index.rawValue)
    (reached[index], sentAt[index], paces[index]) = (nil, nil, nil)
  }

  /// Visits everybody whose time has come; returns how many were sent something.
  @discardableResult
  func pass() -> Int {
    var sends = 0
    while let number = feed.nextLate(at: now, in: &slab) {
      for member in feed.standings[number].cohort.members {
        let waited = now - (sentAt[member] ?? 0)
        #expect(waited >= paces[member]?.interval ?? .max, "too early")
        #expect(reached[member] ?? 0 < feed.head, "nothing to send")
        (reached[member], sentAt[member]) = (feed.head, now)
        sends += 1
      }
      feed.settle(number, at: now, in: &slab)
    }
    return sends
  }

  func check(_ comment: Comment) {
    #expect(feed.brokenInvariants(limit: limit) == [], comment)
    #expect(feed.count == reached.count, comment)
    for (index, cursor) in reached {
      guard case .cohort(let number, let position) = slab[index.rawValue].place else {
        Issue.record("a member without a cohort")
        continue
      }
      let standing = feed.standings[Int(number)]
      #expect(standing.cohort.members[Int(position)] == index, comment)
      #expect(standing.cohort.descriptors[Int(position)] == Int32(index.rawValue), comment)
      #expect(standing.cohort.cursor == cursor && feed.lanes[standing.lane].pace == paces[index], comment)
    }
  }
}

@Suite struct PacedFeedTests {
  @Test("who joins is sent nothing before its interval is over, and then at once when a notice comes")
  func waits() throws {
    let fixture = PacedFixture()
    try fixture.join()
    fixture.feed.append(through: 1)
    #expect(fixture.feed.isBehind && fixture.pass() == 0)
    #expect(!fixture.feed.isBehind && fixture.feed.isWaiting)
    fixture.now += 999
    #expect(fixture.pass() == 0)
    fixture.now += 1
    #expect(fixture.pass() == 1)
    fixture.now += 1_200
    #expect(fixture.pass() == 0 && !fixture.feed.isWaiting, "it is idle")
    fixture.feed.append(through: 5)
    #expect(fixture.feed.isBehind && fixture.pass() == 1)
    fixture.check("in the end")
  }

  @Test("a pace does not wait for another, and cohorts of one pace keep the order of their times")
  func lanes() throws {
    let fixture = PacedFixture()
    let slow = try fixture.join(1)
    let fast = try fixture.join(10)
    fixture.feed.append(through: 1)
    fixture.now += 112
    #expect(fixture.pass() == 1 && fixture.reached[fast] == 1 && fixture.reached[slow] == 0)
    fixture.now += 1_000
    #expect(fixture.pass() == 1 && fixture.reached[slow] == 1)
    fixture.check("in the end")
  }

  @Test("who joins behind the head keeps its cursor, and is sent what is missing without a new notice")
  func behind() throws {
    let fixture = PacedFixture()
    fixture.feed.append(through: 7)
    try fixture.join()
    let late = try fixture.join(at: 3)
    #expect(fixture.feed.cohorts.map(\.cursor) == [7, 3])
    fixture.now += 1_125
    #expect(fixture.pass() == 1 && fixture.reached[late] == 7)
    fixture.check("in the end")
  }

  @Test("those who came one by one are served together after a while, in full cohorts")
  func gather() throws {
    let fixture = PacedFixture(limit: 64)
    for seq in UInt64(1)...256 {
      fixture.feed.append(through: seq)
      try fixture.join()
    }
    #expect(fixture.feed.standings.count == 256)
    for _ in 0..<3 {
      fixture.feed.append(through: fixture.feed.head + 1)
      fixture.now += 1_200
      #expect(fixture.pass() == 256)
    }
    #expect(fixture.feed.standings.count { $0.stage != .free } == 4)
    fixture.check("in the end")
  }

  @Test("subscribers that come and go without a notice leave no cohorts behind")
  func noGrowth() throws {
    let fixture = PacedFixture()
    for _ in 0..<1_000 {
      let members = try (0..<5).map { _ in try fixture.join() }
      fixture.now += 400
      fixture.feed.advance(to: fixture.now, in: &fixture.slab)
      for member in members { fixture.leave(member) }
    }
    // Those of one interval.
    #expect(fixture.feed.standings.count <= 2 * 4)
    try (0..<4).forEach { _ in try fixture.join() }
    fixture.now += 2_000
    fixture.feed.advance(to: fixture.now, in: &fixture.slab)
    #expect(!fixture.feed.isWaiting)
    fixture.check("in the end")
  }

  @Test("a withdrawn topic finds its members at the head, and no others")
  func atHead() throws {
    let fixture = PacedFixture()
    let members = try (0..<3).map { _ in try fixture.join() }
    fixture.feed.append(through: 1)
    var found: [SubscriptionIndex] = []
    fixture.feed.appendMembersAtHead(to: &found, atMost: 8)
    #expect(found.isEmpty && !fixture.feed.hasMemberAtHead)
    fixture.now += 1_125
    fixture.pass()
    fixture.feed.appendMembersAtHead(to: &found, atMost: 2)
    #expect(found == [members[2], members[1]] && fixture.feed.hasMemberAtHead)
  }

  @Test(
    "whatever happens, nobody is sent anything too early, and in the end everybody is at the head",
    arguments: 0..<8)
  func random(seed: UInt64) throws {
    let fixture = PacedFixture(limit: 5)
    var random = SeededRandom(seed: seed)
    for step in 0..<1_500 {
      switch Int.random(in: 0..<10, using: &random) {
      case 0...2:
        let back = min(fixture.feed.head, UInt64.random(in: 0...3, using: &random) / 3)
        try fixture.join(Int.random(in: 1...3, using: &random), at: fixture.feed.head - back)
      case 3:
        if let index = fixture.reached.keys.min(by: { $0.rawValue < $1.rawValue }) { fixture.leave(index) }
      case 4:
        if let index = fixture.reached.keys.max(by: { $0.rawValue < $1.rawValue }) { fixture.leave(index) }
      case 5, 6: fixture.feed.append(through: fixture.feed.head + UInt64.random(in: 1...4, using: &random))
      case 7: fixture.feed.advance(to: fixture.now, in: &fixture.slab)
      default:
        fixture.now += UInt64.random(in: 0...400, using: &random)
        fixture.pass()
      }
      fixture.check("step \(step) of seed \(seed)")
    }
    fixture.now += 2_000
    fixture.pass()
    #expect(fixture.reached.values.allSatisfy { $0 == fixture.feed.head })
  }
}
