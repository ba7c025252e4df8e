import Testing

@testable import FanoutCore
@testable import FanoutTestSupport

@Suite struct SubscribersTests {
  private let subscribers = Subscribers(limits: Limits(), counters: LoopCounters())

  /// A topic that was granted at `head`, and its index.
  private func topic(_ id: Int64, head: UInt64 = 0) -> UInt32 {
    let topic = subscribers.open(TopicID(id))
    _ = subscribers.grant(topic, FakeTopics.summary(TopicID(id), head))
    return topic
  }

  /// A subscription at the head of its topic, in a cohort.
  private func join(_ slot: UInt32, _ topic: UInt32) -> SubscriptionIndex {
    let head = subscribers.topics[topic].live.head
    let index = subscribers.add(slot, to: topic, .webSocket, .lagging(cursor: head))
    subscribers.beginReading(index)
    subscribers.join(index, descriptor: Int32(slot) + 100, at: 0)
    return index
  }

  private func run(_ id: Int64, _ range: ClosedRange<UInt64>) -> FrameRun {
    FrameRun(
      TopicUpdate(
        topic: TopicID(id), notices: range.map { Notice(seq: $0, text: Array("n \($0)".utf8)) },
        summary: FakeTopics.summary(TopicID(id), range.upperBound)))
  }

  @Test("a connection's subscriptions are found by topic, and each can be removed")
  func lists() {
    let topics = (Int64(1)...4).map { topic($0) }
    for topic in topics { _ = join(7, topic) }
    #expect(subscribers.count(of: 7) == 4)
    #expect(subscribers.count(of: 6) == 0 && subscribers.count(of: 99) == 0)
    for id in [Int64(2), 4, 1, 3] {
      let index = subscribers.find(TopicID(id), of: 7)
      #expect(index.map { subscribers.topics[subscribers[$0].topic].id } == TopicID(id))
      if let index { subscribers.remove(index, at: 0) }
      #expect(subscribers.find(TopicID(id), of: 7) == nil)
    }
    #expect(subscribers.count(of: 7) == 0)
    #expect(subscribers.subscriptions.count == 0)
  }

  @Test("positions are what was sent, in the order of subscribing; who is not greeted has none")
  func positions() {
    let topics = [topic(1, head: 4), topic(2, head: 7), topic(3)]
    let (first, second) = (join(0, topics[0]), join(0, topics[1]))
    let third = subscribers.add(0, to: topics[2], .webSocket, .replaying(cursor: 0, through: 0, .subscribed))
    func positions() -> [[Int64]] { subscribers.positions(of: 0).map { [$0.topic.rawValue, Int64($0.seq)] } }
    #expect(positions() == [[1, 4], [2, 7]])
    subscribers.append(run(1, 5...6))
    #expect(positions() == [[1, 4], [2, 7]], "nothing was sent yet")
    subscribers.suspend(0)
    subscribers.move(first, to: .lagging(cursor: 5))
    subscribers.move(third, to: .replaying(cursor: 0, through: 0, nil))
    #expect(positions() == [[1, 5], [2, 7], [3, 0]])
    subscribers.remove(second, at: 0)
    #expect(positions() == [[1, 5], [3, 0]])
    #expect(subscribers.positions(of: 9).isEmpty)
  }

  @Test("a connection that is suspended stays behind at its cursors and joins again at the heads")
  func suspended() {
    let topic = topic(5, head: 3)
    let index = join(0, topic)
    subscribers.suspend(0)
    #expect(subscribers[index].place == .lagging(cursor: 3))
    #expect(subscribers.firstLagging(of: 0) == nil)
    subscribers.append(run(5, 4...5))
    #expect(subscribers.firstLagging(of: 0)?.cursor == 3)
    #expect(subscribers.pull(index, after: 3).head == 5)
    subscribers.move(index, to: .lagging(cursor: 5))
    subscribers.rejoin(0, descriptor: 100, at: 0)
    #expect(subscribers[index].place == .cohort(0, position: 0))
  }

  @Test("the pass visits each topic with something new in turn, and then is over")
  func pass() {
    let topics = (Int64(1)...3).map { topic($0) }
    for (slot, topic) in topics.enumerated() { _ = join(UInt32(slot), topic) }
    #expect(subscribers.passIsOver)
    for id in [Int64(3), 1] { subscribers.append(run(id, 1...2)) }
    var visited: [[Int32]] = []
    while let topic = subscribers.dequeue() {
      guard let visit = subscribers.visit(topic, .webSocket) else { continue }
      visited.append(visit.cohort.descriptors)
      subscribers.settle(visit, at: 77)
      subscribers.enqueue(topic)
    }
    #expect(visited == [[102], [100]])
    #expect(subscribers.passIsOver)
    #expect(subscribers.lastSent(to: 2) == 77 && subscribers.lastSent(to: 1) == 0)
  }

  @Test("a topic without subscribers is told of once its time has passed, until it is closed")
  func empty() {
    let topic = topic(5)
    subscribers.remove(join(0, topic), at: 1000)
    #expect(subscribers.emptyTopic(since: 999) == nil)
    #expect(subscribers.emptyTopic(since: 1000) == topic)
    let again = join(0, topic)
    #expect(subscribers.emptyTopic(since: 5000) == nil)
    subscribers.remove(again, at: 6000)
    #expect(subscribers.emptyTopic(since: 6000) == topic)
    subscribers.close(topic)
    #expect(subscribers.emptyTopic(since: 9000) == nil)
    #expect(subscribers.topics.count == 0)
  }

  @Test("a topic that loses its last subscriber again and again waits once, from the last time on")
  func emptyOnce() {
    let topics = (Int64(1)...3).map { topic($0) }
    for moment in UInt64(1)...1000 {
      for topic in topics { subscribers.remove(join(0, topic), at: moment) }
    }
    #expect(subscribers.emptyCount == 3)
    #expect(subscribers.emptyTopic(since: 999) == nil)
    #expect(subscribers.emptyCount == 3)
    for topic in topics {
      #expect(subscribers.emptyTopic(since: 1000) == topic)
      subscribers.close(topic)
    }
    #expect(subscribers.emptyTopic(since: 5000) == nil)
    #expect(subscribers.emptyCount == 0)
  }

  @Test("another topic at the index of one that was closed waits for its own time")
  func emptyIndexUsedAgain() {
    let first = topic(1)
    subscribers.remove(join(0, first), at: 100)
    subscribers.close(first)
    let second = topic(2)
    #expect(second == first)
    subscribers.remove(join(0, second), at: 500)
    #expect(subscribers.emptyTopic(since: 499) == nil)
    #expect(subscribers.emptyTopic(since: 500) == second)
  }

  @Test("who comes and goes while a grant is on its way leaves nothing behind")
  func waitingIsBounded() {
    let topic = subscribers.open(TopicID(5))
    let first = subscribers.add(0, to: topic, .webSocket, .waiting(.none, .subscribed))
    for number in 0..<10_000 {
      let slot = UInt32(1 + number % 7)
      subscribers.remove(subscribers.add(slot, to: topic, .webSocket, .waiting(.none, .subscribed)), at: 0)
    }
    let last = subscribers.add(9, to: topic, .webSocket, .waiting(.none, .subscribed))
    #expect(subscribers.topics[topic].waiting.count <= 2 * 2 + Limits.waitersBeforeCompaction)
    let waited = subscribers.grant(topic, FakeTopics.summary(TopicID(5), 9))
    #expect(Set(waited.filter { subscribers.at($0) != nil }) == [first, last])
  }

  @Test("those who left before the grant have ended when it comes")
  func waiting() {
    let topic = subscribers.open(TopicID(5))
    let indices = (UInt32(0)..<3).map {
      subscribers.add($0, to: topic, .webSocket, .waiting(.none, .subscribed))
    }
    subscribers.remove(indices[1], at: 0)
    let waited = subscribers.grant(topic, FakeTopics.summary(TopicID(5), 9))
    #expect(waited.filter { subscribers.at($0) != nil } == [indices[0], indices[2]])
    #expect(subscribers.summary(of: indices[0]).seq == 9)
  }

  #if DEBUG
    @Test("a subscription behind the head joins no cohort")
    func joinsAtHeadOnly() async {
      let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        let subscribers = Subscribers(limits: Limits(), counters: LoopCounters())
        let topic = subscribers.open(TopicID(5))
        _ = subscribers.grant(topic, FakeTopics.summary(TopicID(5), 9))
        let index = subscribers.add(0, to: topic, .webSocket, .lagging(cursor: 8))
        subscribers.join(index, descriptor: 100, at: 0)
      }
      let said = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
      #expect(said.contains("only a subscription at the head of its topic joins a cohort"))
    }
  #endif
}
