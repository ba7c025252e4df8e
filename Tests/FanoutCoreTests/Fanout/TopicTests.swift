import Testing

@testable import FanoutCore
@testable import FanoutTestSupport

@Suite struct TopicTests {
  private let id = TopicID(5)

  private func live(head: UInt64 = 3, logFrames: Int = 4) -> Topic.Live {
    var limits = Limits()
    limits.logFrames = logFrames
    return Topic.Live(FakeTopics.headline(id, head), limits: limits)
  }

  private func run(_ range: ClosedRange<UInt64>) -> FrameRun {
    FrameRun(
      TopicNews(
        topic: id, notices: notices(range), headline: FakeTopics.headline(id, range.upperBound)))
  }

  @Test("a topic that was asked for is not live, and is once it was granted")
  func states() {
    var topic = Topic(opening: id)
    #expect(!topic.isLive)
    topic.state = .live(live())
    #expect(topic.isLive)
    #expect(topic.live.head == 3)
    #expect(!topic.live.isBehind)
  }

  @Test("news reach both logs and the headline")
  func append() {
    var live = live()
    live.append(run(4...6))
    #expect(live.head == 6)
    #expect(live.webSocket.log.head == 6)
    #expect(live.eventStream.log.head == 6)
    #expect(live[.webSocket].dialect == .webSocket)
    #expect(live[.eventStream].dialect == .eventStream)
    #expect(Array(live.delivery(.webSocket, after: 3).bytes) == frames(4...6).bytes)
    let stream = EncodedFrames(notices(5...6), as: .eventStream).bytes
    #expect(Array(live.delivery(.eventStream, after: 4).bytes) == stream)
  }

  @Test("what the log lost is delivered as one message")
  func conflates() {
    var live = live(logFrames: 2)
    live.append(run(4...9))
    #expect(!live.delivery(.webSocket, after: 7).isConflated)
    let delivery = live.delivery(.webSocket, after: 6)
    #expect(delivery.isConflated)
    #expect(Array(delivery.bytes) == [0x81, 7] + Array("c 5 7 9".utf8))
  }
}
