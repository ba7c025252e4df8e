// SIGINT and SIGTERM as something that the main thread waits for. They are blocked before any thread starts, so
// that every thread inherits the mask and none is ever interrupted.
import Glibc

enum StopSignals {
  /// Before the first thread starts.
  static func block() {
    var set = mask()
    unsafe pthread_sigmask(SIG_BLOCK, &set, nil)
  }

  /// Sleeps until the first of them comes. From then on a second one ends the process at once.
  /// - Returns: its name.
  static func wait() -> String {
    var set = mask()
    var number: Int32 = 0
    while unsafe sigwait(&set, &number) != 0 {}
    endAtNextSignal()
    return number == SIGINT ? "SIGINT" : "SIGTERM"
  }

  /// By a handler and not by the default action, which the kernel does not take for process 1 of a container.
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
