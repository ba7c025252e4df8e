import Testing

@testable import FanoutCore

@Suite struct TopicTextTests {
  @Test("a text is one whole frame for a WebSocket and one event without an id for an event stream")
  func encoded() {
    let text = TopicText(topic: TopicID(5), text: Array("hello".utf8))
    #expect(text.topic == TopicID(5))
    #expect(text.bytes(for: .webSocket) == [0x81, 5] + Array("hello".utf8))
    #expect(text.bytes(for: .eventStream) == Array("data: hello\n\n".utf8))
  }
}
