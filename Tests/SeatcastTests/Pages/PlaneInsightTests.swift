import Testing

@testable import ControlPlane
@testable import FanoutCore
@testable import seatcast

@Suite("Numbers of the data plane")
struct PlaneInsightTests {
  @Test("Both audiences of an event on all loops are one number, largest first")
  func audiences() {
    func count(_ topic: Int64, _ subscribers: Int, _ behind: Int = 0) -> TopicCount {
      TopicCount(topic: TopicID(topic), subscribers: subscribers, behind: behind)
    }
    let audiences = PlaneInsight.audiences([
      [count(7, 5, 1), count(-7, 4), count(8, 3)], [count(8, 9, 2), count(9, 12)],
    ])
    #expect(
      audiences == [
        EventAudience(event: EventID(8), subscribers: 12, lagging: 2),
        EventAudience(event: EventID(9), subscribers: 12, lagging: 0),
        EventAudience(event: EventID(7), subscribers: 9, lagging: 1),
      ])
  }

  @Test("The counts of loops add up")
  func counts() {
    var loop = LoopCounts()
    (loop.connectionsOpen, loop.subscriptions, loop.following, loop.anonymousOpen) = (4, 3, 1, 2)
    loop.limited[AdmissionLimit.messagesPerConnection.rawValue] = 6
    let numbers = PlaneNumbers([loop, loop])
    #expect(numbers.connectionsOpen == 8 && numbers.lagging == 4 && numbers.anonymousOpen == 4)
    #expect(numbers.refusedByLimit.first { $0.name == "messages" }?.count == 12)
  }

  @Test("Histograms of loops add up, and no loops have an empty one")
  func histograms() {
    let one = Histogram(bounds: [5], counts: [1, 0], sum: 3)
    #expect(PlaneInsight.sum([one, one]) == Histogram(bounds: [5], counts: [2, 0], sum: 6))
    #expect(PlaneInsight.sum([]).count == 0)
  }
}
