// Each in a process of its own: signals belong to a process, and so does what is done to them.
import Glibc
import Testing

@testable import seatcast

@Suite("Stop signals")
struct StopSignalsTests {
  @Test("SIGTERM and SIGINT are waited for, not died of")
  func waits() async {
    await #expect(processExitsWith: .exitCode(0)) {
      StopSignals.block()
      pthread_kill(pthread_self(), SIGTERM)
      exit(StopSignals.wait() == "SIGTERM" ? 0 : 1)
    }
    await #expect(processExitsWith: .exitCode(0)) {
      StopSignals.block()
      pthread_kill(pthread_self(), SIGINT)
      exit(StopSignals.wait() == "SIGINT" ? 0 : 1)
    }
  }

  @Test("After the first signal a second one ends the process at once", arguments: [SIGINT, SIGTERM])
  func second(_ again: Int32) async {
    await #expect(processExitsWith: .exitCode(128 + again)) { [again] in
      StopSignals.block()
      pthread_kill(pthread_self(), SIGTERM)
      _ = StopSignals.wait()
      pthread_kill(pthread_self(), again)
      exit(0)
    }
  }
}
