import Testing

@testable import FanoutCore
@testable import FanoutTestSupport

@Suite struct FrameRunTests {
  private let topic = TopicID(5)

  @Test("a run holds each notice once in both dialects")
  func encodes() {
    let notices = [Notice(seq: 7, text: Array("one".utf8)), Notice(seq: 8, text: Array("two".utf8))]
    let run = FrameRun(TopicUpdate(topic: topic, notices: notices, summary: FakeTopics.summary(topic, 8)))
    #expect(run.first == 7)
    #expect(run.webSocket.bytes == [0x81, 3] + Array("one".utf8) + [0x81, 3] + Array("two".utf8))
    #expect(run.webSocket.ends == [5, 10])
    #expect(run.eventStream.bytes == Array("id: 7\ndata: one\n\nid: 8\ndata: two\n\n".utf8))
    #expect(run.eventStream.ends == [17, 34])
    #expect(run.summary.seq == 8)
  }

  @Test("a run without notices begins behind its state")
  func empty() {
    let run = FrameRun(TopicUpdate(topic: topic, notices: [], summary: FakeTopics.summary(topic, 8)))
    #expect(run.first == 9)
    #expect(run.webSocket.bytes.isEmpty)
    #expect(run.webSocket.ends.isEmpty)
  }

  @Test("an event without a seq has no id")
  func dialects() {
    var bytes: [UInt8] = []
    Dialect.eventStream.append(Array("hi".utf8), seq: nil, to: &bytes)
    #expect(bytes == Array("data: hi\n\n".utf8))
    bytes = []
    Dialect.webSocket.append(Array("hi".utf8), seq: 9, to: &bytes)
    #expect(bytes == [0x81, 2] + Array("hi".utf8))
  }
}
