import Testing

@testable import FanoutCore
@testable import FanoutTestSupport

@Suite struct ParcelTests {
  @Test("one parcel carries a whole batch, and its frames are shared between loops, not copied")
  func shared() throws {
    let proxies = (0..<2).map { LoopProxy(id: LoopID($0), capacity: 8, waker: SilentWaker()) }
    let publisher = Publisher(loops: proxies)
    for proxy in proxies {
      publisher.grant(TopicID(5), to: proxy.id, at: FakeTopics.summary(TopicID(5), 0))
      _ = proxy.take()
    }
    let summary = FakeTopics.summary(TopicID(5), 9)
    publisher.publish([TopicUpdate(topic: TopicID(5), notices: notices(1...9), summary: summary)])
    let addresses = try proxies.map { proxy in
      guard case .updates(let runs) = try #require(proxy.take()) else { throw Unexpected() }
      #expect(runs.count == 1)
      #expect(proxy.take() == nil)
      return unsafe runs[0].webSocket.bytes.withUnsafeBufferPointer { Int(bitPattern: $0.baseAddress) }
    }
    #expect(addresses[0] == addresses[1])
  }

  private struct Unexpected: Error {}
}
