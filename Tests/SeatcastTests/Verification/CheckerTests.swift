// The checker against a history that is right, and against each kind of fault planted into it: it must find the fault by the rule
// that the fault breaks, and only by rules that it breaks.
import TestSupport
import Testing

@testable import seatcast

/// 10 seats. Ann, bob and cleo book 1, 2 and 3; bob cancels; dora finds too few for 8; eve never hears what became of her request;
/// one viewer is left behind and resumes, another sees two states.
let rightHistory = #"""
  {"kind":"history","version":1,"by":"tests"}
  {"kind":"event","eventId":1,"epoch":"e","state":{"seq":1,"availableSeats":10,"seatCapacity":10,"status":"on_sale"}}
  {"kind":"request","at":100,"request":1,"client":"ann","act":"book","userId":"ann","eventId":1,"quantity":1,"key":"a"}
  {"kind":"request","at":150,"request":2,"client":"bob","act":"book","userId":"bob","eventId":1,"quantity":2}
  {"kind":"opened","connection":1,"client":"viewer 1"}
  {"kind":"frame","at":155,"connection":1,"message":{"type":"connection_established","eventId":1,"seq":1,"epoch":"e","availableSeats":10,"seatCapacity":10}}
  {"kind":"frame","at":190,"connection":1,"message":{"type":"booking_created","eventId":1,"bookingId":"A","userId":"ann","quantity":1,"availableSeats":9,"seatCapacity":10,"seq":2}}
  {"kind":"answer","at":200,"request":1,"status":201,"body":{"bookingId":"A","eventId":1,"userId":"ann","quantity":1,"status":"confirmed","availableSeats":9,"seq":2}}
  {"kind":"answer","at":300,"request":2,"status":201,"body":{"bookingId":"B","eventId":1,"userId":"bob","quantity":2,"status":"confirmed","availableSeats":7,"seq":3}}
  {"kind":"opened","connection":2,"client":"viewer 2"}
  {"kind":"frame","at":310,"connection":2,"message":{"type":"connection_established","eventId":1,"seq":3,"epoch":"e","availableSeats":7,"seatCapacity":10}}
  {"kind":"ping","connection":2}
  {"kind":"pong","connection":2}
  {"kind":"frame","at":320,"connection":2,"message":{"type":"pong","positions":[{"eventId":1,"seq":3}]}}
  {"kind":"closed","connection":2,"code":1000}
  {"kind":"request","at":350,"request":3,"client":"cleo","act":"book","userId":"cleo","eventId":1,"quantity":3}
  {"kind":"request","at":360,"request":4,"client":"dora","act":"book","userId":"dora","eventId":1,"quantity":8}
  {"kind":"request","at":365,"request":5,"client":"eve","act":"book","userId":"eve","eventId":1,"quantity":1}
  {"kind":"answer","at":400,"request":3,"status":201,"body":{"bookingId":"C","eventId":1,"userId":"cleo","quantity":3,"status":"confirmed","availableSeats":4,"seq":4}}
  {"kind":"answer","at":420,"request":4,"status":409,"body":{"type":"urn:seatcast:problem:sold-out","available":4,"requested":8}}
  {"kind":"request","at":430,"request":6,"client":"bob","act":"cancel","userId":"bob","bookingId":"B"}
  {"kind":"answer","at":440,"request":6,"status":200,"body":{"bookingId":"B","eventId":1,"userId":"bob","quantity":2,"status":"cancelled","availableSeats":6,"seq":5}}
  {"kind":"frame","at":450,"connection":1,"message":{"type":"seat_update","eventId":1,"availableSeats":6,"seatCapacity":10,"seq":5,"fromSeq":3,"toSeq":5}}
  {"kind":"closed","connection":1}
  {"kind":"opened","connection":3,"client":"viewer 1","eventId":1,"since":5,"epoch":"e"}
  {"kind":"frame","at":700,"connection":3,"message":{"type":"connection_established","eventId":1,"seq":5,"epoch":"e","recovered":true}}
  {"kind":"frame","at":710,"connection":3,"message":{"type":"booking_created","eventId":1,"bookingId":"E","userId":"eve","quantity":1,"availableSeats":5,"seatCapacity":10,"seq":6}}
  {"kind":"opened","connection":4,"client":"viewer 2"}
  {"kind":"frame","at":800,"connection":4,"message":{"type":"connection_established","eventId":1,"seq":6,"epoch":"e","availableSeats":5,"seatCapacity":10}}
  {"kind":"unanswered","request":5}
  {"kind":"request","at":850,"request":7,"client":"ann","act":"book","userId":"ann","eventId":1,"quantity":1,"key":"a"}
  {"kind":"answer","at":860,"request":7,"status":201,"replayed":true,"body":{"bookingId":"A","eventId":1,"userId":"ann","quantity":1,"status":"confirmed","availableSeats":9,"seq":2}}
  {"kind":"quiet"}
  {"kind":"notice","notice":{"type":"booking_created","eventId":1,"bookingId":"A","userId":"ann","quantity":1,"availableSeats":9,"seatCapacity":10,"seq":2}}
  {"kind":"notice","notice":{"type":"booking_created","eventId":1,"bookingId":"B","userId":"bob","quantity":2,"availableSeats":7,"seatCapacity":10,"seq":3}}
  {"kind":"notice","notice":{"type":"booking_created","eventId":1,"bookingId":"C","userId":"cleo","quantity":3,"availableSeats":4,"seatCapacity":10,"seq":4}}
  {"kind":"notice","notice":{"type":"booking_cancelled","eventId":1,"bookingId":"B","userId":"bob","quantity":2,"availableSeats":6,"seatCapacity":10,"seq":5}}
  {"kind":"notice","notice":{"type":"booking_created","eventId":1,"bookingId":"E","userId":"eve","quantity":1,"availableSeats":5,"seatCapacity":10,"seq":6}}
  {"kind":"booking","booking":{"eventId":1,"bookingId":"A","quantity":1,"status":"confirmed"}}
  {"kind":"booking","booking":{"eventId":1,"bookingId":"B","quantity":2,"status":"cancelled"}}
  {"kind":"booking","booking":{"eventId":1,"bookingId":"C","quantity":3,"status":"confirmed"}}
  {"kind":"booking","booking":{"eventId":1,"bookingId":"E","quantity":1,"status":"confirmed"}}
  {"kind":"listed","eventId":1}
  """#.split(separator: "\n").map(String.init)

/// A fault: lines that are changed, by their number, and the rules that are then broken. An empty text: the line is missing.
struct HistoryEdit: Sendable, CustomTestStringConvertible {
  let testDescription: String
  let rules: Set<ConsistencyRule>
  let edits: [(line: Int, old: String, new: String)]

  init(_ name: String, _ rules: Set<ConsistencyRule>, _ edits: (line: Int, old: String, new: String)...) {
    (testDescription, self.rules, self.edits) = (name, rules, edits)
  }

  func lines() throws -> [HistoryLine] {
    var texts = rightHistory
    for (line, old, new) in edits {
      if old.isEmpty {
        texts[line - 1] = new
      } else {
        #expect(texts[line - 1].contains(old), "\(self): line \(line) has no \(old)")
        texts[line - 1] = texts[line - 1].replacing(old, with: new)
      }
    }
    return try texts.flatMap { $0.split(separator: "\n") }.map { text throws(HistoryFault) in
      try HistoryParser.line(Array(text.utf8))
    }
  }
}

@Suite("Checker")
struct CheckerTests {
  static let right = HistoryEdit("right", [])

  @Test("A right history breaks no rule, and everything in it is looked at")
  func right() throws {
    let (verdict, counterexamples) = try judge(Self.right.lines(), searches: true)
    #expect(verdict.isConsistent && counterexamples.isEmpty, "\(verdict.broken)")
    #expect(verdict.checkedAttempts == 6 && verdict.checkedNotices == 5 && verdict.checkedEntries == 8)
    #expect(verdict.windows.legal == 1 && verdict.hasWitness && verdict.checkedEvents == 1)
    #expect(Checker.judge(HistoryIndex()).verdict.isConsistent)
  }

  @Test("Without the witness the same is put together from what clients were told")
  func withoutWitness() throws {
    let lines = try Self.right.lines().filter {
      switch $0 {
      case .notice, .booking, .listed: false
      default: true
      }
    }
    let (verdict, _) = try judge(lines)
    #expect(verdict.isConsistent && !verdict.hasWitness && verdict.windows.legal == 1, "\(verdict.broken)")
  }

  static let faults = [
    HistoryEdit("a seq is missing in the log", [.log, .atomic, .converged], (38, "\"seq\":6", "\"seq\":7")),
    HistoryEdit(
      "a count in the log does not follow", [.log, .acknowledged],
      (35, "\"availableSeats\":7", "\"availableSeats\":8"), (11, "", ""), (14, "", "")),
    HistoryEdit(
      "more seats are sold than there are", [.oversold, .log],
      (38, "\"availableSeats\":5", "\"availableSeats\":-1"), (27, "", ""), (29, "", ""), (33, "", "")),
    HistoryEdit(
      "two users get one booking", [.oversold, .acknowledged, .asked],
      (
        30, "",
        #"{"kind":"answer","at":840,"request":5,"status":201,"body":{"bookingId":"A","eventId":1,"quantity":1,"seq":2,"availableSeats":9}}"#
      )),
    HistoryEdit(
      "an acknowledged booking is lost", [.acknowledged, .converged],
      (
        30, "",
        #"{"kind":"answer","at":840,"request":5,"status":201,"body":{"bookingId":"X","eventId":1,"quantity":1,"seq":7,"availableSeats":4}}"#
      ),
      (27, "", ""), (29, "", ""), (38, "", ""), (42, "", "")),
    HistoryEdit(
      "a booking is announced that nobody asked for", [.asked],
      (
        30, "",
        #"{"kind":"answer","at":840,"request":5,"status":429,"body":{"type":"urn:seatcast:problem:rate-limited"}}"#
      )),
    HistoryEdit("a booking ends and nobody asked for it", [.asked], (21, "", ""), (22, "", "")),
    HistoryEdit("a booking of the log is not listed", [.standing], (41, "", "")),
    HistoryEdit("a cancelled booking is listed", [.standing], (40, "cancelled", "confirmed")),
    HistoryEdit(
      "an answer before a request has a greater seq", [.order, .legal], (4, "\"at\":150", "\"at\":10"),
      (9, "\"at\":300", "\"at\":20")),
    HistoryEdit(
      "refused as sold out while seats were left", [.refusals, .legal],
      (17, "\"quantity\":8", "\"quantity\":4"),
      (17, "\"at\":360", "\"at\":410"), (20, "\"requested\":8", "\"requested\":4")),
    HistoryEdit(
      "refused with a number of seats that never was", [.refusals, .legal],
      (20, "\"available\":4", "\"available\":5")),
    HistoryEdit(
      "a viewer sees a count that never was", [.atomic], (7, "\"availableSeats\":9", "\"availableSeats\":8")),
    HistoryEdit(
      "a viewer sees a change that the log does not have", [.atomic, .converged],
      (29, "\"seq\":6", "\"seq\":7")),
    HistoryEdit(
      "an answer tells another quantity", [.acknowledged],
      (8, "\"quantity\":1,\"status\"", "\"quantity\":2,\"status\"")),
    HistoryEdit(
      "a viewer is told of another booking", [.atomic], (7, "\"bookingId\":\"A\"", "\"bookingId\":\"Z\"")),
    HistoryEdit(
      "a notice is left out and not declared", [.reliable, .atomic], (23, ",\"fromSeq\":3,\"toSeq\":5", "")),
    HistoryEdit("a declaration overlaps what was told", [.reliable], (23, "\"fromSeq\":3", "\"fromSeq\":2")),
    HistoryEdit("a declaration leaves something out", [.reliable], (23, "\"fromSeq\":3", "\"fromSeq\":4")),
    HistoryEdit("a declaration ends elsewhere", [.reliable], (23, "\"toSeq\":5", "\"toSeq\":4")),
    HistoryEdit("a notice comes before any greeting", [.reliable], (6, "", "")),
    HistoryEdit(
      "a resume goes on elsewhere", [.resumable], (26, "\"seq\":5", "\"seq\":4"), (27, "", ""), (29, "", ""),
      (33, "", "")),
    HistoryEdit("a resume is of another epoch", [.resumable], (25, "\"epoch\":\"e\"", "\"epoch\":\"f\"")),
    HistoryEdit("a pong is ahead of what was sent", [.bookmarked], (14, "\"seq\":3", "\"seq\":4")),
    HistoryEdit("a client that answers is closed as silent", [.alive], (15, "1000", "1001")),
    HistoryEdit(
      "a connection is sent more than its pace allows", [.paced],
      (
        7, #"{"kind":"frame","at":190"#,
        #"{"kind":"pace","at":156,"connection":1,"maxPerSecond":1}"# + "\n" + #"{"kind":"frame","at":190"#
      )),
    HistoryEdit("a viewer is never told the last change", [.converged], (27, "", "")),
  ]

  @Test("Each planted fault is found by the rules that it breaks, with evidence", arguments: faults)
  func finds(fault: HistoryEdit) throws {
    let (verdict, _) = try judge(fault.lines(), searches: true)
    #expect(Set(verdict.broken.map(\.rule)) == fault.rules, "\(verdict.broken)")
    for broken in verdict.broken { #expect(!broken.evidence.isEmpty && !broken.violations[0].lines.isEmpty) }
  }

  @Test("A key that books twice is found also where both bookings are in the log")
  func once() throws {
    let fault = HistoryEdit(
      "one key books twice", [.once, .converged],
      (32, "\"replayed\":true,", ""),
      (
        32,
        "\"bookingId\":\"A\",\"eventId\":1,\"userId\":\"ann\",\"quantity\":1,\"status\":\"confirmed\",\"availableSeats\":9,\"seq\":2",
        "\"bookingId\":\"F\",\"eventId\":1,\"userId\":\"ann\",\"quantity\":1,\"status\":\"confirmed\",\"availableSeats\":4,\"seq\":7"
      ),
      (
        43, "",
        #"{"kind":"notice","notice":{"type":"booking_created","eventId":1,"bookingId":"F","userId":"ann","quantity":1,"availableSeats":4,"seatCapacity":10,"seq":7}}"#
      ))
    let (verdict, _) = try judge(fault.lines())
    #expect(Set(verdict.broken.map(\.rule)) == fault.rules, "\(verdict.broken)")
  }

  @Test("Histories of a server that is right are found right, with and without a witness", arguments: 1...60)
  func rightOnes(seed: UInt64) throws {
    for hasWitness in [true, false] {
      let history = RightHistory(seed: seed, hasWitness: hasWitness)
      let (verdict, _) = try judge(history.parsed(), searches: true)
      #expect(verdict.isConsistent, "seed \(seed), witness \(hasWitness): \(verdict.broken)")
      #expect(verdict.windows.undecided == 0)
    }
  }

  @Test("Numbers that no server tells are judged like others, and overflow nothing")
  func farNumbers() throws {
    let (most, counts) = (Int.max, #""availableSeats":2147483647,"seatCapacity":2147483647"#)
    let lines = [
      #"{"kind":"history","version":1}"#,
      #"{"kind":"request","at":1,"request":1,"client":"c","act":"book","eventId":1,"quantity":\#(Int.min)}"#,
      #"{"kind":"answer","at":2,"request":1,"status":409,"body":{"type":"urn:seatcast:problem:sold-out"}}"#,
      #"{"kind":"notice","notice":{"type":"booking_created","eventId":1,"bookingId":"A","userId":"a","quantity":\#(most),\#(counts),"seq":1,"types":[{"id":1,"available":\#(most)}]}}"#,
      #"{"kind":"notice","notice":{"type":"booking_cancelled","eventId":1,"bookingId":"A","userId":"a","quantity":\#(most),"typeId":1,\#(counts),"seq":2,"types":[{"id":1,"available":\#(most)}]}}"#,
    ]
    let read = try lines.map { try HistoryParser.line(Array($0.utf8)) }
    #expect(try !judge(read, searches: true).0.isConsistent)
  }

  @Test("Minima of any range, and seqs on either side of a time")
  func tables() {
    let minima = Minima([5, 3, 8, 1, 9])
    #expect(minima.least(0...0) == 5 && minima.least(0...2) == 3 && minima.least(2...4) == 1)
    let latest = LatestSeqs([(1, 4), (2, 2), (5, 9)])
    #expect([0, 1, 2, 3, 6].map { latest.before($0) } == [nil, nil, 4, 4, 9])
    let earliest = EarliestSeqs([(5, 9), (1, 4), (2, 6)])
    #expect([0, 1, 2, 5].map { earliest.after($0) } == [4, 6, 9, nil])
    let values = ValuePlaces([5, 3, 5, 1])
    #expect(values.has(5, in: 1...2) && !values.has(3, in: 2...3) && !values.has(7, in: 0...3))
  }
}
