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

  @Test("After the first signal another SIGINT ends the process at once")
  func second() async {
    await #expect(processExitsWith: .signal(SIGINT)) {
      StopSignals.block()
      pthread_kill(pthread_self(), SIGTERM)
      _ = StopSignals.wait()
      pthread_kill(pthread_self(), SIGINT)
      exit(0)
    }
  }

  @Test("A closed pipe is a failed write")
  func pipes() async {
    await #expect(processExitsWith: .exitCode(0)) {
      StopSignals.block()
      pthread_kill(pthread_self(), SIGPIPE)
      exit(0)
    }
  }
}
