import TestSupport
import Testing

@testable import FanoutCore
@testable import FanoutTestSupport

/// A feed with its slab, and a model of where each subscriber stands.
private final class FeedFixture {
  var feed: Feed
  var slab = Subscriptions()
  /// The last `seq` that each subscriber has been sent.
  var reached: [SubscriptionIndex: UInt64] = [:]
  let limit: Int

  init(limit: Int = 4, head: UInt64 = 0) {
    var limits = Limits()
    limits.cohortSubscribers = limit
    self.limit = limit
    feed = Feed(dialect: .webSocket, head: head, limits: limits)
    feed.beginReading()
  }

  func join() -> SubscriptionIndex {
    let index = SubscriptionIndex(
      slab.insert(
        Subscription(place: .lagging(cursor: 0), dialect: .webSocket, slot: 0, topic: 0, next: .none)))
    feed.join(index, descriptor: Int32(index.rawValue) + 100, in: &slab)
    reached[index] = feed.log.head
    return index
  }

  func leave(_ index: SubscriptionIndex) -> UInt64? {
    guard case .cohort(let cohort, let position) = slab[index.rawValue].place else { return nil }
    let cursor = feed.leave(cohort, position: position, in: &slab)
    slab.remove(index.rawValue)
    reached[index] = nil
    return cursor
  }

  func append(_ count: UInt64) {
    let head = feed.log.head
    feed.append(
      frames(head + 1...head + count), first: head + 1, room: LogRoom(frames: 256, bytes: 64 * 1024))
  }

  /// One visit of the pass; false when it is over.
  func visit() -> Bool {
    guard let cohort = feed.nextBehind() else { return false }
    for member in feed.cohorts[cohort].members { reached[member] = feed.log.head }
    feed.settle(cohort, at: 0)
    feed.merge(cohort, in: &slab)
    return true
  }

  func check(_ comment: Comment) {
    #expect(feed.brokenInvariants(limit: limit) == [], comment)
    #expect(feed.count == reached.count, comment)
    for (index, cursor) in reached {
      guard case .cohort(let cohort, let position) = slab[index.rawValue].place else {
        Issue.record("a member without a cohort")
        continue
      }
      #expect(feed.cohorts[Int(cohort)].members[Int(position)] == index, comment)
      #expect(feed.cohorts[Int(cohort)].descriptors[Int(position)] == Int32(index.rawValue) + 100, comment)
      #expect(feed.cohorts[Int(cohort)].cursor == cursor, comment)
    }
  }
}

@Suite struct FeedTests {
  @Test("who joins stands at the head, in cohorts of bounded size")
  func joins() {
    let bench = FeedFixture(limit: 3)
    for _ in 0..<7 { _ = bench.join() }
    #expect(bench.feed.cohorts.map(\.count) == [3, 3, 1])
    #expect(!bench.feed.isBehind)
    #expect(bench.feed.nextBehind() == nil)
    bench.check("after the joins")
  }

  @Test("a pass visits each cohort once and then is over")
  func pass() {
    let bench = FeedFixture(limit: 3)
    for _ in 0..<7 { _ = bench.join() }
    bench.append(2)
    #expect(bench.feed.isBehind)
    var visits = 0
    while bench.visit() { visits += 1 }
    #expect(visits == 3)
    #expect(!bench.feed.isBehind)
    #expect(bench.reached.values.allSatisfy { $0 == 2 })
  }

  @Test("news in the middle of a pass make it go on round, and nobody is left out")
  func appendsDuringPass() {
    let bench = FeedFixture(limit: 2)
    for _ in 0..<10 { _ = bench.join() }
    bench.append(1)
    _ = bench.visit()
    _ = bench.visit()
    bench.append(1)
    let third = bench.feed.nextBehind()
    #expect(third == 2)  // goes on where it was instead of starting anew
    while bench.visit() {}
    #expect(bench.reached.values.allSatisfy { $0 == 2 })
    bench.check("after the pass")
  }

  @Test("who joins in the middle of a pass is at the head and is not sent anything again")
  func joinsDuringPass() {
    let bench = FeedFixture(limit: 2)
    for _ in 0..<4 { _ = bench.join() }
    bench.append(1)
    _ = bench.visit()
    let late = bench.join()
    #expect(bench.reached[late] == 1)
    bench.check("after the join")
    while let cohort = bench.feed.nextBehind() {
      #expect(!bench.feed.cohorts[cohort].members.contains(late))
      _ = bench.visit()
    }
    bench.check("after the pass")
  }

  @Test("who leaves is told the cursor of its cohort")
  func leaves() {
    let bench = FeedFixture(limit: 2)
    let members = (0..<4).map { _ in bench.join() }
    bench.append(3)
    _ = bench.visit()
    #expect(bench.leave(members[0]) == 3)
    #expect(bench.leave(members[3]) == 0)
    bench.check("after the leaves")
  }

  @Test("sparse cohorts are joined together, so that many leaves do not leave many sends behind")
  func merges() {
    let bench = FeedFixture(limit: 8)
    let members = (0..<64).map { _ in bench.join() }
    for (number, member) in members.enumerated() where number % 8 != 0 { _ = bench.leave(member) }
    for _ in 0..<4 {
      bench.append(1)
      while bench.visit() {}
      bench.check("after a pass")
    }
    #expect(bench.feed.cohorts.count { $0.count > 0 } <= 2)
    #expect(bench.feed.count == 8)
  }

  @Test("cohorts that were emptied are used again before new ones are made")
  func reusesEmpty() {
    let bench = FeedFixture(limit: 2)
    for round in 0..<50 {
      let members = (0..<6).map { _ in bench.join() }
      bench.append(1)
      while bench.visit() {}
      for member in members { _ = bench.leave(member) }
      bench.check("round \(round)")
    }
    #expect(bench.feed.cohorts.count <= 4)
  }

  @Test("one joining and leaving at every notice does not make ever more cohorts")
  func churn() {
    let bench = FeedFixture(limit: 16)
    for _ in 0..<20 { _ = bench.join() }
    var client: SubscriptionIndex?
    for round in 0..<200 {
      bench.append(1)
      _ = bench.visit()
      if let client { _ = bench.leave(client) }
      client = bench.join()
      while bench.visit() {}
      bench.check("round \(round)")
    }
    #expect(bench.feed.cohorts.count <= 5)
  }

  @Test("under random joins, leaves, news and visits everybody is sent everything once", arguments: 1...40)
  func random(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    let bench = FeedFixture(limit: Int.random(in: 1...6, using: &random), head: 17)
    for step in 0..<400 {
      switch Int.random(in: 0..<10, using: &random) {
      case 0...2: _ = bench.join()
      case 3...4:
        let members = bench.reached.keys.sorted { $0.rawValue < $1.rawValue }
        if let member = members.randomElement(using: &random) {
          let cursor = bench.reached[member]
          #expect(bench.leave(member) == cursor)
        }
      case 5...6: bench.append(UInt64.random(in: 1...3, using: &random))
      default: _ = bench.visit()
      }
      bench.check("seed \(seed), step \(step)")
    }
    var visits = 0
    while bench.visit() { visits += 1 }
    #expect(visits <= bench.feed.cohorts.count)
    #expect(bench.reached.values.allSatisfy { $0 == bench.feed.log.head })
  }
}
