// SIGINT and SIGTERM as something that the main thread waits for. They are blocked before any thread starts, so
// that every thread inherits the mask and none is ever interrupted.
import Glibc

enum StopSignals {
  /// Before the first thread starts.
  static func block() {
    var set = mask()
    unsafe pthread_sigmask(SIG_BLOCK, &set, nil)
    // A closed pipe or socket is a failed write, not the end.
    signal(SIGPIPE, SIG_IGN)
  }

  /// Sleeps until the first of them comes. From then on another SIGINT ends the process at once.
  /// - Returns: its name.
  static func wait() -> String {
    var set = mask()
    var number: Int32 = 0
    while unsafe sigwait(&set, &number) != 0 {}
    letInterruptKill()
    return number == SIGINT ? "SIGINT" : "SIGTERM"
  }

  private static func letInterruptKill() {
    signal(SIGINT, SIG_DFL)
    var interrupt = sigset_t()
    unsafe sigemptyset(&interrupt)
    unsafe sigaddset(&interrupt, SIGINT)
    unsafe pthread_sigmask(SIG_UNBLOCK, &interrupt, nil)
  }

  private static func mask() -> sigset_t {
    var set = sigset_t()
    unsafe sigemptyset(&set)
    unsafe sigaddset(&set, SIGINT)
    unsafe sigaddset(&set, SIGTERM)
    return set
  }
}
