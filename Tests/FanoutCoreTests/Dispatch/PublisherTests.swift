import Testing

@testable import FanoutCore
@testable import FanoutTestSupport

@Suite struct PublisherTests {
  private let proxies = (0..<3).map { LoopProxy(id: LoopID($0), capacity: 64, waker: SilentWaker()) }

  private func updates(_ topic: Int64, _ range: ClosedRange<UInt64>) -> TopicUpdate {
    TopicUpdate(
      topic: TopicID(topic), notices: notices(range),
      summary: FakeTopics.summary(TopicID(topic), range.upperBound))
  }

  /// What has come to a loop, in words.
  private func received(_ loop: Int) -> [String] {
    var words: [String] = []
    while let parcel = proxies[loop].take() {
      switch parcel {
      case .grant(let topic, let summary):
        words.append("grant \(topic.rawValue) " + (summary.map { "\($0.seq)" } ?? "none"))
      case .updates(let runs):
        words.append(
          "news "
            + runs.map { "\($0.topic.rawValue):\($0.first)+\($0.webSocket.ends.count)" }
            .joined(separator: " "))
      case .withdraw(let topic): words.append("withdraw \(topic.rawValue)")
      default: words.append("other")
      }
    }
    return words
  }

  @Test("a grant goes before the notices that follow on it")
  func grantFirst() {
    let publisher = Publisher(loops: proxies)
    publisher.publish([updates(5, 1...1)])
    #expect(!publisher.isWatched(TopicID(5)))
    publisher.grant(TopicID(5), to: LoopID(1), at: FakeTopics.summary(TopicID(5), 1))
    #expect(publisher.isWatched(TopicID(5)))
    publisher.publish([updates(5, 2...3)])
    #expect(received(1) == ["grant 5 1", "news 5:2+2"])
    #expect(received(0).isEmpty)
  }

  @Test("a withdrawn topic is told to the loops that hold it, and then nobody watches it")
  func withdrawn() {
    let publisher = Publisher(loops: proxies)
    publisher.grant(TopicID(5), to: LoopID(1), at: FakeTopics.summary(TopicID(5), 1))
    publisher.publish([updates(5, 2...2)])
    publisher.withdraw(TopicID(5))
    publisher.publish([updates(5, 3...3)])
    #expect(!publisher.isWatched(TopicID(5)))
    #expect(received(1) == ["grant 5 1", "news 5:2+1", "withdraw 5"])
    #expect(received(0).isEmpty)
  }

  @Test("a batch is one parcel per loop, with the topics that it holds and no others")
  func oneParcelPerLoop() {
    let publisher = Publisher(loops: proxies)
    for (topic, loop) in [(5, 0), (6, 0), (6, 1)] {
      publisher.grant(
        TopicID(Int64(topic)), to: LoopID(UInt16(loop)), at: FakeTopics.summary(TopicID(Int64(topic)), 0))
    }
    publisher.publish([updates(5, 1...2), updates(6, 1...1), updates(7, 1...1)])
    #expect(received(0) == ["grant 5 0", "grant 6 0", "news 5:1+2 6:1+1"])
    #expect(received(1) == ["grant 6 0", "news 6:1+1"])
    #expect(received(2).isEmpty)
  }

  @Test("a refused topic is watched by nobody")
  func refused() {
    let publisher = Publisher(loops: proxies)
    publisher.grant(TopicID(5), to: LoopID(0), at: nil)
    #expect(!publisher.isWatched(TopicID(5)))
    #expect(received(0) == ["grant 5 none"])
  }

  @Test("a topic that was given back is not sent any more")
  func released() {
    let publisher = Publisher(loops: proxies)
    for loop in UInt16(0)..<2 {
      publisher.grant(TopicID(5), to: LoopID(loop), at: FakeTopics.summary(TopicID(5), 0))
      _ = received(Int(loop))
    }
    publisher.released(TopicID(5), by: LoopID(0))
    publisher.publish([updates(5, 1...1)])
    #expect(received(0).isEmpty)
    #expect(received(1) == ["news 5:1+1"])
    publisher.released(TopicID(5), by: LoopID(1))
    #expect(!publisher.isWatched(TopicID(5)))
    publisher.released(TopicID(5), by: LoopID(1))
    publisher.grant(TopicID(5), to: LoopID(0), at: FakeTopics.summary(TopicID(5), 1))
    #expect(publisher.isWatched(TopicID(5)))
  }

  @Test("a loop that is granted twice is sent everything once")
  func grantedTwice() {
    let publisher = Publisher(loops: proxies)
    for _ in 0..<2 {
      publisher.grant(TopicID(5), to: LoopID(0), at: FakeTopics.summary(TopicID(5), 0))
    }
    publisher.publish([updates(5, 1...1)])
    #expect(received(0) == ["grant 5 0", "grant 5 0", "news 5:1+1"])
  }

  @Test("a loop that does not exist is granted nothing, and nothing breaks")
  func unknownLoop() {
    let publisher = Publisher(loops: proxies)
    publisher.grant(TopicID(5), to: LoopID(9), at: FakeTopics.summary(TopicID(5), 0))
    #expect(!publisher.isWatched(TopicID(5)))
  }

  @Test("news without notices are no news")
  func empty() {
    let publisher = Publisher(loops: proxies)
    publisher.grant(TopicID(5), to: LoopID(0), at: FakeTopics.summary(TopicID(5), 0))
    publisher.publish([
      TopicUpdate(topic: TopicID(5), notices: [], summary: FakeTopics.summary(TopicID(5), 0))
    ])
    #expect(received(0) == ["grant 5 0"])
  }
}
