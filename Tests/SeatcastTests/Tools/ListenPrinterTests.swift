import Testing

@testable import SeatcastClient
@testable import seatcast

@Suite("ListenPrinter")
struct ListenPrinterTests {
  private let plain = ListenPrinter(style: .plain, isJSON: false)
  private let json = ListenPrinter(style: .plain, isJSON: true)

  @Test("A connection and its loss are lines for people, and the loss one of JSON for programs")
  func lines() {
    let live = FeedEvent.live(
      seq: 4, epoch: "e", recovered: nil, count: nil, state: nil, at: 1_769_889_600_250)
    #expect(plain.line(for: live) == "20:00:00.250  connected       at seq 4\n")
    #expect(json.line(for: live) == nil)
    let lost = FeedEvent.lost(.connection("The server closed the connection."), retryIn: .milliseconds(400))
    #expect(plain.line(for: lost) == "The server closed the connection. Trying again in 0.4 s.\n")
    #expect(
      json.line(for: lost)
        == #"{"type":"connection_lost","message":"The server closed the connection.","retryInMs":400}"# + "\n"
    )
  }

  @Test("Seats that are left stand one below the other, also when there are fewer digits")
  func aligned() {
    let lines = [100, 99].map { seats in
      plain.line(
        for: .live(
          seq: 1, epoch: "e", recovered: nil,
          count: SeatCount(availableSeats: seats, seatCapacity: 120, types: []), state: nil, at: 0)) ?? ""
    }
    #expect(lines[0].contains("  100 of 120 left") && lines[1].contains("   99 of 120 left"))
  }

  @Test("No text of a server commands the terminal")
  func harmless() {
    let harm = "\u{1B}[2J\u{9B}31m\u{202E}\n"
    let state = EventState(
      status: harm, name: harm, startsAt: nil, opensAt: nil, closesAt: nil, maxPerBooking: nil)
    let count = SeatCount(availableSeats: .min, seatCapacity: .max, types: [])
    let offer = WaitlistOffer(eventID: 1, bookingID: harm, quantity: .max, expiresAt: harm)
    let told: [FeedEvent] = [
      .live(seq: .max, epoch: harm, recovered: false, count: count, state: state, at: .min),
      .offer(offer), .lost(.protocolViolation(harm), retryIn: .seconds(Int.max / 2_000)),
      .notice(
        Notice(
          kind: .bookingCreated, eventID: 1, seq: UInt64(Int.max), fromSeq: 0, count: count, state: nil,
          bookingID: harm, userID: harm, quantity: .max, committedAt: .max), at: 0),
    ]
    for event in told {
      let line = plain.line(for: event) ?? ""
      #expect(line.hasSuffix("\n") && !line.isEmpty)
      #expect(!line.dropLast().unicodeScalars.contains { $0.properties.generalCategory == .control })
      #expect(!line.unicodeScalars.contains("\u{202E}"))
    }
    let message = json.line(forMessage: Array("{\"a\":\"\u{9B}\u{202E}\"}".utf8))
    #expect(message == #"{"a":"\u009b\u202e"}"# + "\n")
  }

  @Test("Programs get the server's messages as they came")
  func messages() {
    #expect(json.line(forMessage: Array(#"{"type":"pong"}"#.utf8)) == #"{"type":"pong"}"# + "\n")
    #expect(plain.line(forMessage: []) == nil)
  }
}
