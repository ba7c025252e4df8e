// Unbuffered text on standard output and standard error. `write` blocks while the reader of a full pipe does not
// read; `announce` does not.
import ControlPlane
import Glibc

enum StandardOutput {
  static func write(_ text: String) { writeAll(text, to: STDOUT_FILENO) }

  /// Writes from another thread, so that a full pipe does not keep the main thread from receiving stop signals. What
  /// is still unwritten when the process ends is lost.
  /// A thread and no task: the first task of a process has libdispatch set thread priorities, and complain on standard error
  /// where that is not allowed.
  static func announce(_ text: String) {
    if (try? NamedThread("ready-line", { write(text) })) == nil { write(text) }
  }
}

extension StandardError {
  /// For messages before the log exists and after it is closed.
  static func write(_ text: String) { writeAll(text, to: STDERR_FILENO) }
}

/// Stops at the first error, for example when the reader has closed the pipe.
private func writeAll(_ text: String, to descriptor: Int32) {
  var rest = Array(text.utf8)[...]
  while !rest.isEmpty {
    let count = unsafe rest.withUnsafeBytes { unsafe Glibc.write(descriptor, $0.baseAddress, $0.count) }
    if count < 0 && errno == EINTR { continue }
    guard count > 0 else { return }
    rest.removeFirst(count)
  }
}
