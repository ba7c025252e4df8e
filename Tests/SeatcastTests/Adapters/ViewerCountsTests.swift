import ControlPlane
import FanoutCore
import Testing

@testable import seatcast

@Suite("Viewer counts")
struct ViewerCountsTests {
  private func text(_ event: EventID, _ viewers: Int) -> [UInt8] {
    Array("\(event.rawValue): \(viewers)".utf8)
  }

  /// For each loop the topics that are told something.
  private func topics(_ texts: [[TopicText]]) -> [[Int64]] { texts.map { $0.map(\.topic.rawValue) } }

  @Test("Loops and audiences are summed, and each is told where somebody subscribes")
  func sums() {
    var counts = ViewerCounts(loops: 2)
    counts.take([[TopicID(7): 3, TopicID(8): 1], [TopicID(7): 2, TopicID(-7): 4]])
    var said: [String] = []
    let texts = counts.round { event, viewers in
      said.append("\(event.rawValue): \(viewers)")
      return text(event, viewers)
    }
    #expect(said.sorted() == ["7: 9", "8: 1"])
    #expect(topics(texts).map { $0.sorted() } == [[7, 8], [-7, 7]])
  }

  @Test("Only what has changed is said, and nobody is told of nobody")
  func changes() {
    var counts = ViewerCounts(loops: 1)
    counts.take([[TopicID(7): 3, TopicID(8): 1]])
    #expect(topics(counts.round(text)) == [[7, 8]])
    #expect(topics(counts.round(text)) == [[]])
    // One came and another one left.
    counts.take([[TopicID(7): 4]])
    counts.take([[TopicID(7): 3, TopicID(8): 0]])
    #expect(topics(counts.round(text)) == [[]])
    #expect(counts.count == 1)
    counts.take([[TopicID(7): 0]])
    _ = counts.round(text)
    #expect(counts.count == 0)
    // After a time without anybody it is news again.
    counts.take([[TopicID(7): 3]])
    #expect(topics(counts.round(text)) == [[7]])
  }

  @Test("A round says a bounded number of things; the rest follows in the next ones, in order")
  func bounded() {
    var counts = ViewerCounts(loops: 1)
    let events = ViewerCounts.eventsPerRound + 10
    counts.take([Dictionary(uniqueKeysWithValues: (1...events).map { (TopicID(Int64($0)), 1) })])
    #expect(counts.round(text)[0].count == ViewerCounts.eventsPerRound)
    #expect(topics(counts.round(text))[0] == Array(Int64(events - 9)...Int64(events)))
    #expect(counts.round(text)[0].isEmpty)
  }
}
