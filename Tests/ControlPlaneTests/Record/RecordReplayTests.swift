// Records that a dishonest operator signed: only the rules can find what is wrong with them.
import TestSupport
import Testing

@testable import ControlPlane

@Suite("RecordReplay")
struct RecordReplayTests {
  private func fault(_ entries: [String]) -> String? {
    var replay = RecordReplay()
    do throws(RecordFault) {
      for (number, text) in entries.enumerated() {
        guard let entry = RecordEntry(Array(#"{"n":\#(number + 1),\#(text)}"#.utf8)) else {
          return "no entry"
        }
        try replay.apply(entry)
      }
      try replay.finish()
      return nil
    } catch {
      return error.sentence
    }
  }

  private let event = #""kind":"event","event":1,"name":"E","status":"on_sale","capacity":4,"at":1"#

  private func booked(
    _ seq: Int, _ name: String, _ quantity: Int, free: Int, user: String = "u", held: Int? = nil,
    type: Int? = nil
  ) -> String {
    let until = held.map { #","until":\#($0)"# } ?? ""
    let type = type.map { #","type":\#($0)"# } ?? ""
    return
      #""kind":"\#(held == nil ? "booked" : "held")","event":1,"seq":\#(seq),"booking":"\#(name)","user":"\#(user)","quantity":\#(quantity)\#(type)\#(until),"available":\#(free),"capacity":4,"at":5"#
  }

  private func ended(
    _ seq: Int, _ name: String, _ quantity: Int, free: Int, kind: String = "cancelled", at: Int = 9,
    user: String = "u"
  ) -> String {
    #""kind":"\#(kind)","event":1,"seq":\#(seq),"booking":"\#(name)","user":"\#(user)","quantity":\#(quantity),"available":\#(free),"capacity":4,"at":\#(at)"#
  }

  private func queue(
    _ kind: String, _ place: Int, _ user: String? = nil, _ quantity: Int = 1, type: Int? = nil
  ) -> String {
    let wish = user.map { #","user":"\#($0)","quantity":\#(quantity)"# } ?? ""
    let type = type.map { #","type":\#($0)"# } ?? ""
    return #""kind":"\#(kind)","event":1,"place":\#(place)\#(wish)\#(type),"at":5"#
  }

  @Test("Sales that keep the rules")
  func good() {
    #expect(
      fault([
        event, booked(1, "A", 3, free: 1), booked(2, "B", 1, free: 0, held: 20),
        queue("joined", 1, "w", 2), queue("joined", 2, "v"),
        ended(3, "B", 1, free: 1, kind: "expired", at: 20),
        queue("offered", 2), booked(4, "C", 1, free: 0, user: "v", held: 30),
        #""kind":"confirmed","event":1,"booking":"C","at":6"#, ended(5, "A", 3, free: 3),
        queue("offered", 1), booked(6, "D", 2, free: 1, user: "w", held: 30),
        #""kind":"extended","event":1,"booking":"D","until":40,"at":6"#,
        #""kind":"updated","event":1,"seq":7,"name":"E","status":"deleted","available":1,"capacity":4,"at":7"#,
      ]) == nil)
  }

  @Test("More seats than there are, the same seats twice, wrong counts and numbers")
  func oversold() {
    #expect(fault([event, booked(1, "A", 5, free: -1)]) == "books 5 seats of event 1, which has 4 left")
    #expect(fault([event, booked(1, "A", 3, free: 1), booked(2, "B", 2, free: -1)]) != nil)
    #expect(
      fault([event, booked(1, "A", 1, free: 3), booked(2, "A", 1, free: 2)])
        == "makes booking A a second time")
    #expect(fault([event, booked(1, "A", 1, free: 4)]) == "says that 4 seats are free, and 3 are")
    #expect(fault([event, booked(2, "A", 1, free: 3)]) == "is change 2 of its event, and change 1 is due")
    #expect(fault([event, booked(1, "A", 0, free: 4)]) != nil)
    #expect(fault([booked(1, "A", 1, free: 3)]) == "is about event 1, which was never made")
    #expect(fault([event, event]) == "makes event 1 a second time")
    let shrunk = #""kind":"capacity","event":1,"seq":2,"available":0,"capacity":2,"at":5"#
    #expect(
      fault([event, booked(1, "A", 3, free: 1), shrunk])
        == "leaves event 1 with 2 seats, of which 3 are taken")
    let huge =
      #""kind":"event","event":1,"name":"E","status":"on_sale","capacity":9223372036854775807,"at":1"#
    #expect(fault([huge]) == "has 9223372036854775807 as a capacity")
    let types = booked(1, "A", 1, free: 3).replacing(#""capacity":4"#, with: #""capacity":4,"types":[[1,4]]"#)
    #expect(fault([event, types])?.contains("of a ticket type") == true)
  }

  @Test("Bookings that end twice, as others than they were, or holds before their time")
  func endings() {
    let start = [event, booked(1, "A", 2, free: 2), booked(2, "H", 1, free: 1, held: 20)]
    #expect(
      fault(start + [ended(3, "A", 2, free: 3), ended(4, "A", 2, free: 4)])?.contains("had ended") == true)
    #expect(fault(start + [ended(3, "A", 1, free: 2)])?.contains("another quantity") == true)
    #expect(fault(start + [ended(3, "A", 2, free: 3, user: "x")])?.contains("another quantity, user") == true)
    #expect(fault(start + [ended(3, "X", 2, free: 3)])?.contains("never made") == true)
    #expect(fault(start + [ended(3, "H", 1, free: 2, kind: "expired", at: 19)])?.contains("expire") == true)
    #expect(fault(start + [ended(3, "A", 2, free: 3, kind: "expired", at: 99)])?.contains("expire") == true)
    let confirmed = #""kind":"confirmed","event":1,"booking":"A","at":6"#
    #expect(fault(start + [confirmed])?.contains("no hold") == true)
    let extended = #""kind":"extended","event":1,"booking":"H","until":30,"at":6"#
    #expect(fault(start + [extended]) == nil)
    #expect(fault(start + [extended, extended])?.contains("extended before") == true)
    let strange = #""kind":"sold","event":1,"at":6"#
    #expect(fault(start + [strange])?.contains("kind that this program does not know") == true)
  }

  @Test("Whoever jumps the queue is found")
  func queueJumping() {
    let full = [event, booked(1, "A", 4, free: 0), queue("joined", 1, "w", 2), queue("joined", 2, "v", 2)]
    let freed = full + [ended(2, "A", 4, free: 4)]
    #expect(
      fault(freed + [booked(3, "B", 2, free: 2, user: "x")])?.contains("jumps the queue: place 1") == true)
    #expect(
      fault(freed + [booked(3, "B", 1, free: 3, user: "w")])?.contains("jumps the queue: place 1") == true)
    #expect(
      fault(freed + [queue("offered", 2)])?.contains("place 1 of the waiting list stands before 2") == true)
    #expect(fault(freed + [queue("passed", 2)])?.contains("jumps the queue") == true)
    #expect(fault(freed + [queue("offered", 1)])?.contains("did not get them") == true)
    let stolen = [queue("offered", 1), booked(3, "B", 2, free: 2, user: "x", held: 9)]
    #expect(fault(freed + stolen)?.contains("were offered to place 1") == true)
    let right = [queue("offered", 1), booked(3, "B", 2, free: 2, user: "w", held: 9)]
    #expect(fault(freed + right + [queue("left", 2), booked(4, "C", 2, free: 0, user: "x")]) == nil)
    // A party that is too large is passed over.
    #expect(
      fault([
        event, booked(1, "A", 4, free: 0), queue("joined", 1, "w", 3), queue("joined", 2, "v", 1),
        ended(2, "A", 4, free: 4), queue("offered", 2),
      ])?.contains("did not get them") == true)
    #expect(fault(full + [queue("joined", 3, "w")])?.contains("wait twice") == true)
    #expect(fault(full + [queue("joined", 2, "z")])?.contains("was given before") == true)
    #expect(fault(full + [queue("left", 7)])?.contains("nobody stands") == true)
    let dissolved = #""kind":"dismissed","event":1,"at":5"#
    #expect(fault(freed + [dissolved, booked(3, "B", 2, free: 2, user: "x")]) == nil)
  }

  @Test("Ticket types have queues of their own")
  func types() {
    let full = [event, booked(1, "A", 4, free: 0, type: 1), queue("joined", 1, "w", 2, type: 2)]
    let freed =
      full + [ended(2, "A", 4, free: 4).replacing(#""quantity":4"#, with: #""quantity":4,"type":1"#)]
    #expect(fault(freed + [booked(3, "B", 2, free: 2, user: "x", type: 1)]) == nil)
    #expect(fault(freed + [booked(3, "B", 1, free: 3, user: "x", type: 2)]) == nil, "two may not fit")
    #expect(fault(freed + [booked(3, "B", 2, free: 2, user: "x", type: 2)])?.contains("jumps") == true)
  }
}
