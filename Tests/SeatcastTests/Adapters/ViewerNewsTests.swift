import ControlPlane
import FanoutCore
import Synchronization
import TestSupport
import Testing

@testable import seatcast

/// A plane of two loops with the numbers that it is given.
private final class FakeAudience: AudiencePort {
  let changes: Mutex<[[TopicID: SubscriberCount]]>
  let told = Mutex<[(loop: Int, topics: [TopicID])]>([])

  init(_ changes: [[TopicID: SubscriberCount]]) { self.changes = Mutex(changes) }

  func takeSubscribers() -> [[TopicID: SubscriberCount]] {
    changes.withLock { changes in
      defer { changes = [[:], [:]] }
      return changes
    }
  }

  func tell(_ texts: [TopicText], on loop: Int) {
    told.withLock { $0.append((loop, texts.map(\.topic))) }
  }
}

/// Other nodes with the numbers that they are given.
private final class FakeNodes: RemoteAudiences {
  let noted = Mutex<[[EventID: Int]]>([])
  let changes = Mutex<[EventID: Int]>([:])

  func note(_ viewers: [EventID: Int]) { noted.withLock { $0.append(viewers) } }
  func takeOthers() -> [EventID: Int] {
    changes.withLock { changes in
      defer { changes = [:] }
      return changes
    }
  }
}

@Suite("Viewer news")
struct ViewerNewsTests {
  @Test("A round takes the numbers of all loops and tells the loops that have viewers")
  func round() {
    let plane = FakeAudience([
      [TopicID(7): SubscriberCount(1)], [TopicID(-7): SubscriberCount(2), TopicID(8): SubscriberCount(1)],
    ])
    let news = ViewerNews(plane: plane, loops: 2) { _, viewers in Array("\(viewers)".utf8) }
    news.round()
    news.round()
    let told = plane.told.withLock { $0 }
    #expect(told.map(\.loop) == [0, 1])
    #expect(told.map { Set($0.topics) } == [[TopicID(7)], [TopicID(-7), TopicID(8)]])
  }

  @Test("A round tells the other nodes what there is here, and the viewers here what there is in all")
  func nodes() {
    let plane = FakeAudience([[TopicID(7): SubscriberCount(1)], [TopicID(-7): SubscriberCount(2)]])
    let nodes = FakeNodes()
    nodes.changes.withLock { $0 = [EventID(7): 10] }
    let texts = Mutex<[Int]>([])
    let news = ViewerNews(plane: plane, loops: 2, others: nodes) { _, viewers in
      texts.withLock { $0.append(viewers) }
      return []
    }
    news.round()
    #expect(nodes.noted.withLock { $0 } == [[EventID(7): 3]])
    #expect(texts.withLock { $0 } == [13])
  }

  @Test("Its thread makes a round once a second, and none once it is stopped")
  func thread() throws {
    let plane = FakeAudience([[TopicID(7): SubscriberCount(1)], [:]])
    let news = ViewerNews(plane: plane, loops: 2) { _, _ in [] }
    try news.start()
    try eventually("a round is made") { plane.told.withLock { !$0.isEmpty } }
    news.stop()
    plane.changes.withLock { $0 = [[TopicID(9): SubscriberCount(1)], [:]] }
    // Nothing takes them any more; a second stop changes nothing.
    news.stop()
    #expect(plane.changes.withLock { $0[0] } == [TopicID(9): SubscriberCount(1)])
    #expect(plane.told.withLock { $0.count } == 1)
  }
}
