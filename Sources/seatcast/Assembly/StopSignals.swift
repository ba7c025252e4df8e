// SIGINT and SIGTERM, received by the main thread with sigwait(3). They are blocked before any thread starts, so
// that every thread inherits the mask and no system call is interrupted.
import Glibc

enum StopSignals {
  /// Call before the first thread starts.
  static func block() {
    var set = mask()
    unsafe pthread_sigmask(SIG_BLOCK, &set, nil)
  }

  /// Waits for one of the two signals. From then on a second one ends the process at once.
  /// - Returns: the name of the signal.
  static func wait() -> String {
    var set = mask()
    var number: Int32 = 0
    while unsafe sigwait(&set, &number) != 0 {}
    endAtNextSignal()
    return number == SIGINT ? "SIGINT" : "SIGTERM"
  }

  /// Installs handlers, because the kernel ignores the default action for process 1 of a container.
  private static func endAtNextSignal() {
    signal(SIGINT) { _exit(128 + $0) }
    signal(SIGTERM) { _exit(128 + $0) }
    var set = mask()
    unsafe pthread_sigmask(SIG_UNBLOCK, &set, nil)
  }

  private static func mask() -> sigset_t {
    var set = sigset_t()
    unsafe sigemptyset(&set)
    unsafe sigaddset(&set, SIGINT)
    unsafe sigaddset(&set, SIGTERM)
    return set
  }
}
