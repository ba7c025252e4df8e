import Testing

@testable import FanoutCore

@Suite struct ClientIndexTests {
  @Test("a client has the slots that entered and did not leave, whatever the order")
  func order() {
    for leaving: UInt32 in [3, 9, 70] {
      var index = ClientIndex()
      for slot: UInt32 in [3, 9, 70] { index.insert(slot, of: 5) }
      index.insert(4, of: 6)
      #expect(index.slots(of: 5) == [70, 9, 3])
      index.remove(leaving, of: 5)
      #expect(index.slots(of: 5) == [70, 9, 3].filter { $0 != leaving })
      index.insert(leaving, of: 6)
      #expect(index.slots(of: 6) == [leaving, 4])
      #expect(index.slots(of: 7) == [])
    }
  }

  @Test("a client without connections is forgotten")
  func forgotten() {
    var index = ClientIndex()
    for round: UInt32 in 0..<100 {
      index.insert(round % 3, of: UInt64(round))
      #expect(index.count == 1)
      index.remove(round % 3, of: UInt64(round))
      #expect(index.count == 0 && index.slots(of: UInt64(round)) == [])
    }
  }
}
