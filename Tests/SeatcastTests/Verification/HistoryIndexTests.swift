// What a history must be, and what is kept of it.
import TestSupport
import Testing

@testable import seatcast

@Suite("HistoryIndex")
struct HistoryIndexTests {
  private func index(_ lines: String...) throws(HistoryFault) -> HistoryIndex {
    var index = HistoryIndex()
    for (place, line) in ([#"{"kind":"history","version":1}"#] + lines).enumerated() {
      try index.take(Array(line.utf8), number: place + 1)
    }
    return index
  }

  @Test(
    "Lines that cannot follow each other are refused",
    arguments: [
      ([#"{"kind":"answer","at":1,"request":1,"status":200}"#], "waits for no answer"),
      ([#"{"kind":"unanswered","request":1}"#], "waits for no answer"),
      ([#"{"kind":"frame","at":1,"connection":7,"message":{"type":"pong"}}"#], "is not open"),
      (
        [
          #"{"kind":"request","at":5,"request":1,"client":"c","act":"read","eventId":1}"#,
          #"{"kind":"answer","at":4,"request":1,"status":200}"#,
        ], "before it was asked"
      ),
      (
        [
          #"{"kind":"request","at":5,"request":1,"client":"c","act":"read","eventId":1}"#,
          #"{"kind":"request","at":5,"request":1,"client":"c","act":"read","eventId":1}"#,
        ], "waits for its answer"
      ),
    ])
  func refused(lines: [String], reason: String) {
    var index = HistoryIndex()
    index.begin()
    #expect {
      for line in lines { try index.take(Array(line.utf8), number: 0) }
    } throws: {
      "\($0)".contains(reason)
    }
  }

  @Test("A history begins with its version, and with one that is known")
  func version() {
    var index = HistoryIndex()
    #expect { try index.take(Array(#"{"kind":"quiet"}"#.utf8), number: 1) } throws: {
      "\($0)".contains("begins a history")
    }
    #expect { try index.take(Array(#"{"kind":"history","version":2}"#.utf8), number: 1) } throws: {
      "\($0)".contains("reads version 1")
    }
  }

  @Test("The same told to many is one fact, so viewers cost no memory")
  func facts() throws {
    var index = HistoryIndex()
    index.begin()
    for connection in 1...50 {
      try index.take(.opened(connection: connection, client: "v\(connection)", resume: nil), number: 0)
      var telling = Telling(seq: 1)
      (telling.availableSeats, telling.seatCapacity) = (5, 5)
      try index.take(
        .frame(
          connection: connection, at: 1,
          .greeting(TellingOf(event: 1, telling: telling, epoch: "e"), isResumed: nil)),
        number: 0)
    }
    let record = try #require(index.events[1])
    #expect(record.facts.count == 1 && record.facts[0].count == 50 && record.heads[index.epoch] == 1)
    #expect(index.names.name(record.facts[0].state.epoch) == "e" && NameTable().name(NameTable.none) == "?")
  }

  @Test("After a restore the epoch is another one, and what was acknowledged before it may be gone")
  func restore() throws {
    let counts = #""availableSeats":4,"seatCapacity":5"#
    let index = try index(
      #"{"kind":"event","eventId":1,"epoch":"e","state":{"seq":0,"availableSeats":5,"seatCapacity":5}}"#,
      #"{"kind":"request","at":1,"request":1,"client":"c","act":"book","userId":3,"eventId":1}"#,
      #"{"kind":"answer","at":2,"request":1,"status":201,"body":{"bookingId":"A","eventId":1,"quantity":1,"seq":1,\#(counts)}}"#,
      #"{"kind":"restored","epoch":"f"}"#,
      #"{"kind":"request","at":3,"request":2,"client":"d","act":"book","userId":4,"eventId":1}"#,
      #"{"kind":"answer","at":4,"request":2,"status":201,"body":{"bookingId":"B","eventId":1,"quantity":1,"seq":1,\#(counts)}}"#,
      #"{"kind":"notice","notice":{"type":"booking_created","eventId":1,"bookingId":"B","userId":4,"quantity":1,"seq":1,\#(counts)}}"#
    )
    #expect(index.operations.map(\.isForfeit) == [true, false])
    let (verdict, _) = Checker.judge(index)
    #expect(verdict.isConsistent, "\(verdict.broken)")
  }

  @Test("A restore that keeps the epoch is found: one seq then means two changes")
  func sameEpoch() throws {
    let counts = #""availableSeats":4,"seatCapacity":5"#
    let index = try index(
      #"{"kind":"opened","connection":1,"client":"v"}"#,
      #"{"kind":"frame","at":1,"connection":1,"message":{"type":"connection_established","eventId":1,"seq":0,"epoch":"e","availableSeats":5,"seatCapacity":5}}"#,
      #"{"kind":"frame","at":2,"connection":1,"message":{"type":"booking_created","eventId":1,"bookingId":"A","userId":4,"quantity":1,"seq":1,\#(counts)}}"#,
      #"{"kind":"restored","epoch":"e"}"#, #"{"kind":"opened","connection":2,"client":"w"}"#,
      #"{"kind":"frame","at":3,"connection":2,"message":{"type":"connection_established","eventId":1,"seq":0,"epoch":"e","availableSeats":5,"seatCapacity":5}}"#,
      #"{"kind":"frame","at":4,"connection":2,"message":{"type":"booking_created","eventId":1,"bookingId":"B","userId":4,"quantity":1,"seq":1,\#(counts)}}"#
    )
    #expect(Checker.judge(index).verdict.broken.map(\.rule) == [.atomic])
  }
}
