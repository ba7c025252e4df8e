import SeatcastClient
import Testing

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

  @Test("Programs get the server's messages as they came")
  func messages() {
    #expect(json.line(forMessage: Array(#"{"type":"pong"}"#.utf8)) == #"{"type":"pong"}"# + "\n")
    #expect(plain.line(forMessage: []) == nil)
  }
}
