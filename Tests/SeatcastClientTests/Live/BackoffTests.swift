import Testing

@testable import SeatcastClient

@Suite("Backoff")
struct BackoffTests {
  @Test("The bound doubles up to the longest, and a success begins anew")
  func grows() {
    var backoff = Backoff()
    let waits = (0..<9).map { _ in backoff.next(fraction: 1) }
    #expect(waits[..<3] == [.milliseconds(500), .seconds(1), .seconds(2)])
    #expect(waits[8] == .seconds(30))
    #expect(backoff.next(fraction: 0) == .zero)
    backoff.succeeded()
    #expect(backoff.next(fraction: 0.5) == .milliseconds(250))
  }

  @Test("The server's slot counts once, instead of chance")
  func slot() {
    var backoff = Backoff()
    backoff.obey(slot: .milliseconds(1_234))
    #expect(backoff.next(fraction: 1) == .milliseconds(1_234))
    #expect(backoff.next(fraction: 1) == .seconds(1))
  }
}
