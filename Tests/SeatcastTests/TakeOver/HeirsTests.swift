import Testing

@testable import seatcast

@Suite("Heirs")
struct HeirsTests {
  @Test("A new process gets the same arguments, with one socket to take over from")
  func arguments() {
    let words = ["serve", "--take-over", "/old", "--port", "1", "--take-over=/older"]
    #expect(Heirs.arguments(words, socket: "/s") == ["serve", "--port", "1", "--take-over", "/s"])
  }

  @Test("What a manager passed to this process is not passed on")
  func environment() {
    let own = ["LISTEN_FDS": "1", "LISTEN_PID": "2", "WATCHDOG_PID": "2", "WATCHDOG_USEC": "5", "A": "b"]
    #expect(Heirs.environment(own) == ["WATCHDOG_USEC": "5", "A": "b"])
  }
}
