import Testing

@testable import SeatcastClient

@Suite("EventHandle")
struct EventHandleTests {
  @Test("A booking names what it wants, and keys are never the same")
  func bookings() {
    let plain = EventHandle.booking(of: 7, 2, key: "k")
    #expect(plain.body == Array(#"{"eventId":7,"quantity":2}"#.utf8) && plain.isRepeatable)
    let hold = EventHandle.booking(of: 7, 1, hold: true, typeID: 3, key: "k")
    #expect(hold.body == Array(#"{"eventId":7,"quantity":1,"hold":true,"typeId":3}"#.utf8))
    let keys = (0..<100).map { _ in EventHandle.newKey() }
    #expect(Set(keys).count == 100 && keys.allSatisfy { $0.utf8.count == 32 })
  }
}
