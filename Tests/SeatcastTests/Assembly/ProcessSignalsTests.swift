// Each in a process of its own: signals belong to a process, and so does what is done to them.
import Glibc
import Testing

@testable import seatcast

@Suite("Process signals")
struct ProcessSignalsTests {
  @Test("SIGTERM, SIGINT, SIGHUP and SIGUSR2 are waited for, not died of")
  func waits() async {
    await #expect(processExitsWith: .exitCode(0)) {
      ProcessSignals.block(ProcessSignals.ofServer)
      pthread_kill(pthread_self(), SIGTERM)
      exit(ProcessSignals.wait(ProcessSignals.ofServer) == .stop("SIGTERM") ? 0 : 1)
    }
    await #expect(processExitsWith: .exitCode(0)) {
      ProcessSignals.block(ProcessSignals.stopping)
      pthread_kill(pthread_self(), SIGINT)
      exit(ProcessSignals.wait(ProcessSignals.stopping) == .stop("SIGINT") ? 0 : 1)
    }
    await #expect(processExitsWith: .exitCode(0)) {
      ProcessSignals.block(ProcessSignals.ofServer)
      pthread_kill(pthread_self(), SIGHUP)
      guard ProcessSignals.wait(ProcessSignals.ofServer) == .hangup else { exit(1) }
      pthread_kill(pthread_self(), SIGUSR2)
      guard ProcessSignals.wait(ProcessSignals.ofServer) == .renew else { exit(3) }
      pthread_kill(pthread_self(), SIGTERM)
      exit(ProcessSignals.wait(ProcessSignals.ofServer) == .stop("SIGTERM") ? 0 : 2)
    }
  }

  @Test("After the first signal a second one ends the process at once", arguments: [SIGINT, SIGTERM])
  func second(_ again: Int32) async {
    await #expect(processExitsWith: .exitCode(128 + again)) { [again] in
      ProcessSignals.block(ProcessSignals.ofServer)
      pthread_kill(pthread_self(), SIGTERM)
      _ = ProcessSignals.wait(ProcessSignals.ofServer)
      pthread_kill(pthread_self(), again)
      exit(0)
    }
  }
}
