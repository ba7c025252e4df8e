// SIGINT, SIGTERM, SIGHUP and SIGUSR2, received by the main thread with sigwait(3). They are blocked before any thread starts, so
// that every thread inherits the mask and no system call is interrupted.
import Glibc

enum ProcessSignals {
  enum Received: Equatable {
    /// SIGINT or SIGTERM, by name. From then on a second one ends the process at once.
    case stop(String)
    /// SIGHUP.
    case hangup
    /// SIGUSR2.
    case renew
  }

  static let stopping = [SIGINT, SIGTERM]
  /// A server reads its keys again on SIGHUP, and lets a new process of its program take over on SIGUSR2.
  static let ofServer = stopping + [SIGHUP, SIGUSR2]

  /// Call before the first thread starts.
  static func block(_ signals: [Int32]) {
    var set = mask(signals)
    unsafe pthread_sigmask(SIG_BLOCK, &set, nil)
  }

  /// Waits for one of `signals`, which are blocked.
  static func wait(_ signals: [Int32]) -> Received {
    var set = mask(signals)
    var number: Int32 = 0
    while unsafe sigwait(&set, &number) != 0 {}
    if number == SIGHUP { return .hangup }
    if number == SIGUSR2 { return .renew }
    endAtNextSignal()
    return .stop(number == SIGINT ? "SIGINT" : "SIGTERM")
  }

  /// Installs handlers, because the kernel ignores the default action for process 1 of a container.
  static func endAtNextSignal() {
    signal(SIGINT) { _exit(128 + $0) }
    signal(SIGTERM) { _exit(128 + $0) }
    var set = mask(stopping)
    unsafe pthread_sigmask(SIG_UNBLOCK, &set, nil)
  }

  static func mask(_ signals: [Int32]) -> sigset_t {
    var set = sigset_t()
    unsafe sigemptyset(&set)
    for signal in signals { unsafe sigaddset(&set, signal) }
    return set
  }
}
