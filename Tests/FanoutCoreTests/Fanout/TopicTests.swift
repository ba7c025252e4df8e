import Testing

@testable import FanoutCore
@testable import FanoutTestSupport

@Suite struct TopicTests {
  private let id = TopicID(5)

  private let room = LogRoom(frames: 4, bytes: 64 * 1024)

  /// Logs that somebody reads.
  private func live(head: UInt64 = 3) -> Topic.Live {
    var live = Topic.Live(FakeTopics.summary(id, head), limits: Limits())
    live.webSocket.beginReading()
    live.eventStream.beginReading()
    return live
  }

  private func delivery(_ live: Topic.Live, _ dialect: Dialect, after cursor: UInt64) -> Delivery {
    Delivery(from: live[dialect].log, or: live.summary, after: cursor, as: dialect)
  }

  private func run(_ range: ClosedRange<UInt64>) -> FrameRun {
    FrameRun(
      TopicUpdate(
        topic: id, notices: notices(range), summary: FakeTopics.summary(id, range.upperBound)))
  }

  @Test("a topic that was asked for is not live, and is once it was granted")
  func states() {
    var topic = Topic(opening: id, limits: Limits())
    #expect(!topic.isLive)
    topic.wait(SubscriptionIndex(4))
    topic.wait(SubscriptionIndex(2))
    topic.grant(FakeTopics.summary(id, 3), limits: Limits())
    #expect(topic.isLive)
    #expect(topic.takeWaiting() == [SubscriptionIndex(4), SubscriptionIndex(2)])
    #expect(topic.takeWaiting().isEmpty)
    #expect(topic.live.head == 3)
    #expect(!topic.live.isBehind)
  }

  @Test("frames reach both logs and the summary")
  func append() {
    var live = live()
    live.append(run(4...6), room: room)
    #expect(live.head == 6)
    #expect(live.webSocket.log.head == 6)
    #expect(live.eventStream.log.head == 6)
    #expect(live[.webSocket].dialect == .webSocket)
    #expect(live[.eventStream].dialect == .eventStream)
    #expect(Array(delivery(live, .webSocket, after: 3).bytes) == frames(4...6).bytes)
    let stream = EncodedFrames(notices(5...6), as: .eventStream).bytes
    #expect(Array(delivery(live, .eventStream, after: 4).bytes) == stream)
  }

  @Test("a log that nobody reads keeps no frames, and what it keeps is counted")
  func unused() {
    var live = Topic.Live(FakeTopics.summary(id, 3), limits: Limits())
    live.append(run(4...6), room: room)
    #expect(live.head == 6)
    #expect(live.webSocket.log.head == 6)
    #expect(live.logBytes == 0)
    #expect(!live.isBehind)
    var used = self.live()
    used.append(run(4...6), room: room)
    #expect(used.logBytes == used.webSocket.log.bytes.count + used.eventStream.log.bytes.count)
    #expect(used.logBytes > 0)
  }

  @Test("what the log lost is delivered as one message")
  func conflates() {
    var live = live()
    live.append(run(4...9), room: LogRoom(frames: 2, bytes: 1000))
    #expect(!delivery(live, .webSocket, after: 7).isConflated)
    let delivery = self.delivery(live, .webSocket, after: 6)
    #expect(delivery.isConflated)
    #expect(Array(delivery.bytes) == [0x81, 7] + Array("c 5 7 9".utf8))
  }
}
