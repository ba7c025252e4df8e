import Glibc
import Testing

@testable import seatcast

@Suite("Terminal")
struct TerminalTests {
  @Test("Without a terminal there are a usual size and no keys")
  func none() {
    // The tests' standard input may be anything; a pipe is no terminal.
    var ends: [Int32] = [0, 0]
    #expect(unsafe pipe(&ends) == 0)
    defer { for end in ends { close(end) } }
    #expect(!Terminal.isTerminal(ends[0]))
    #expect(Terminal.size.columns > 0 && Terminal.size.rows > 0)
  }

  @Test("What stops a command in the foreground is told apart from keys")
  func events() {
    #expect(Foreground.Event.key(UInt8(ascii: "q")) != .stop && Foreground.Event.resize != .stop)
  }
}
