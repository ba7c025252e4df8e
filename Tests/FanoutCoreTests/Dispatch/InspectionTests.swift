import Testing

@testable import FanoutCore
@testable import FanoutTestSupport

@Suite struct InspectionTests {
  @Test("a loop tells of a topic what it has of it, and of others nothing")
  func report() throws {
    var limits = Limits()
    limits.cohortSubscribers = 2
    let rig = LoopRig(limits)
    rig.topics.create(5)
    let clients = rig.subscribers(5)
    clients[4].socket.capacity = 0
    rig.publish(5, 2)
    rig.settle()
    let inspection = Inspection([TopicID(5), TopicID(6)], loops: 1)
    #expect(!inspection.isAnswered && inspection.reports == [LoopReport(loop: 0, topics: nil)])
    #expect(rig.proxy.offer(.inspect(inspection)))
    rig.turn()
    #expect(inspection.isAnswered)
    let report = try #require(inspection.reports.first?.topics?.first)
    #expect(inspection.reports.first?.topics?.count == 1)
    #expect(report.topic == TopicID(5) && report.subscribers == 5 && report.behind == 1)
    #expect(report.cohorts >= 2 && report.head == 2 && report.oldest == 2 && report.newest == 2)
    #expect(report.logFrames == 2 && report.logBytes > 0 && report.conflations == 0)
  }

  @Test("messages that stand for missed ones are counted by topic")
  func conflations() throws {
    var limits = Limits()
    (limits.logFrames, limits.pullFrames) = (4, 4)
    let rig = LoopRig(limits)
    rig.topics.create(5)
    _ = rig.webSocket("/ws/5")
    rig.publish(5, 9)
    rig.settle()
    let inspection = Inspection([TopicID(5)], loops: 1)
    _ = rig.proxy.offer(.inspect(inspection))
    rig.turn()
    #expect(inspection.reports.first?.topics?.first?.conflations == 1)
    #expect(rig.counters.own.conflations == 1)
  }

  @Test("a full mailbox is not waited for")
  func full() {
    var limits = Limits()
    limits.mailboxParcels = 2
    let rig = LoopRig(limits)
    let inspection = Inspection([], loops: 1)
    #expect(rig.proxy.offer(.inspect(inspection)) && rig.proxy.offer(.inspect(inspection)))
    #expect(!rig.proxy.offer(.inspect(inspection)))
  }
}
