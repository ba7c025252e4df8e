import Testing

@testable import FanoutCore
@testable import FanoutTestSupport

@Suite struct PassedAheadTests {
  @Test("slots are looked at once, in order, and each has the number in whose place it was sent")
  func numbers() {
    let link = LinkKept()
    let ahead = PassedAhead(HandoverTask(loop: 0, patience: 0) { nil }, link, slots: [2, 5, 9])
    #expect(!ahead.isComplete)
    var record = ConnectionRecord(kind: .webSocket, peer: PeerAddress(ipv4: 1))
    #expect(ahead.nextSlot() == 2)
    #expect(ahead.nextSlot() == 5)
    ahead.add(5, record)
    #expect(ahead.nextSlot() == 9)
    record.quiet = 4
    ahead.add(9, record)
    #expect(ahead.nextSlot() == nil && ahead.isComplete)
    #expect([2, 5, 9, 11].map(ahead.number) == [nil, 0, 1, nil])
    #expect(ahead.records.map(\.quiet) == [0, 4])
  }
}
