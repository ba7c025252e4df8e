import ControlPlane
import FanoutCore
import Testing

@testable import seatcast

@Suite("Viewer counts")
struct ViewerCountsTests {
  private func text(_ event: EventID, _ viewers: Int) -> [UInt8] {
    Array("\(event.rawValue): \(viewers)".utf8)
  }

  private func counts(_ numbers: [Int64: Int]...) -> [[TopicID: SubscriberCount]] {
    numbers.map { loop in
      Dictionary(uniqueKeysWithValues: loop.map { (TopicID($0.key), SubscriberCount($0.value)) })
    }
  }

  /// For each loop the topics that are told something.
  private func topics(_ texts: [[TopicText]]) -> [[Int64]] { texts.map { $0.map(\.topic.rawValue) } }

  @Test("Loops and audiences are summed, and each is told where somebody subscribes")
  func sums() {
    var sums = ViewerCounts(loops: 2)
    sums.take(counts([7: 3, 8: 1], [7: 2, -7: 4]))
    var said: [String] = []
    let texts = sums.round { event, viewers in
      said.append("\(event.rawValue): \(viewers)")
      return text(event, viewers)
    }
    #expect(said.sorted() == ["7: 9", "8: 1"])
    #expect(topics(texts).map { $0.sorted() } == [[7, 8], [-7, 7]])
  }

  @Test("Only what has changed is said, and nobody is told of nobody")
  func changes() {
    var sums = ViewerCounts(loops: 1)
    sums.take(counts([7: 3, 8: 1]))
    #expect(topics(sums.round(text)) == [[7, 8]])
    #expect(topics(sums.round(text)) == [[]])
    // One came and another one left.
    sums.take(counts([7: 4]))
    sums.take(counts([7: 3, 8: 0]))
    #expect(topics(sums.round(text)) == [[]])
    #expect(sums.count == 1)
    sums.take(counts([7: 0]))
    _ = sums.round(text)
    #expect(sums.count == 0)
    // After a time without anybody it is news again.
    sums.take(counts([7: 3]))
    #expect(topics(sums.round(text)) == [[7]])
  }

  @Test("A round says a bounded number of things; the rest follows in the next ones, in order")
  func bounded() {
    var sums = ViewerCounts(loops: 1)
    let events = ViewerCounts.eventsPerRound + 10
    sums.take(counts(Dictionary(uniqueKeysWithValues: (1...events).map { (Int64($0), 1) })))
    #expect(sums.round(text)[0].count == ViewerCounts.eventsPerRound)
    #expect(topics(sums.round(text))[0] == Array(Int64(events - 9)...Int64(events)))
    #expect(sums.round(text)[0].isEmpty)
  }

  @Test("Those of other nodes are added where somebody watches here, and are told when they change")
  func elsewhere() {
    var sums = ViewerCounts(loops: 1, hasNodes: true)
    var said: [String] = []
    func round() -> [String] {
      said = []
      _ = sums.round { event, viewers in
        said.append("\(event.rawValue): \(viewers)")
        return text(event, viewers)
      }
      return said
    }
    sums.take(elsewhere: [EventID(7): 5, EventID(8): 1])
    #expect(round() == [], "nobody watches here")
    sums.take(counts([7: 3]))
    #expect(round() == ["7: 8"])
    sums.take(elsewhere: [EventID(7): 2])
    #expect(round() == ["7: 5"])
    // Somebody went from here to there.
    sums.take(counts([7: 2]))
    sums.take(elsewhere: [EventID(7): 3])
    #expect(round() == [])
    sums.take(elsewhere: [EventID(7): 0, EventID(8): 0])
    #expect(round() == ["7: 2"])
    sums.take(counts([7: 0]))
    #expect(round() == [] && sums.count == 0)
  }

  @Test("Other nodes are told this server's own sums, each change once, and nodes are needed for it")
  func shared() {
    var sums = ViewerCounts(loops: 2, hasNodes: true)
    sums.take(counts([7: 3, -7: 1], [7: 2]))
    sums.take(elsewhere: [EventID(7): 100])
    #expect(sums.takeShared() == [EventID(7): 6])
    #expect(sums.takeShared().isEmpty)
    sums.take(counts([7: 0, -7: 0], [7: 0]))
    #expect(sums.takeShared() == [EventID(7): 0])
    var alone = ViewerCounts(loops: 1)
    alone.take(counts([7: 1]))
    #expect(alone.takeShared().isEmpty)
  }

  @Test("A loop that had no viewers for a while is told, because the number that it knows is old")
  func returned() {
    var sums = ViewerCounts(loops: 2)
    sums.take(counts([7: 2], [7: 1]))
    #expect(topics(sums.round(text)) == [[7], [7]])
    sums.take(counts([:], [7: 0]))
    #expect(topics(sums.round(text)) == [[7], []])
    sums.take(counts([7: 1], [7: 1]))
    #expect(topics(sums.round(text)) == [[], [7]])
  }

  @Test("A loop that gets its first viewers is told the number, although it is no news to the others")
  func moved() {
    var sums = ViewerCounts(loops: 2)
    sums.take([[TopicID(7): SubscriberCount(2, isUntold: true)], [:]])
    #expect(topics(sums.round(text)) == [[7], []])
    // One of them comes back by the other loop.
    sums.take([[TopicID(7): SubscriberCount(1)], [TopicID(7): SubscriberCount(1, isUntold: true)]])
    #expect(topics(sums.round(text)) == [[], [7]])
    #expect(topics(sums.round(text)) == [[], []])
  }
}
