// Text for people and scripts, written whole and at once; nothing is buffered, so a ready line is seen when it is
// true. `write` may block on a reader that does not read.
import Glibc

enum StandardOutput {
  static func write(_ text: String) { writeAll(text, to: STDOUT_FILENO) }

  /// Writes from another thread, so that a full pipe that nobody reads does not keep a server from hearing the signals
  /// that stop it. What is not taken when the process ends is lost.
  static func announce(_ text: String) { Task.detached { write(text) } }
}

extension StandardError {
  /// Before and after there is a log.
  static func write(_ text: String) { writeAll(text, to: STDERR_FILENO) }
}

/// A reader that has gone away loses the rest; nobody else does.
private func writeAll(_ text: String, to descriptor: Int32) {
  var rest = Array(text.utf8)[...]
  while !rest.isEmpty {
    let count = unsafe rest.withUnsafeBytes { unsafe Glibc.write(descriptor, $0.baseAddress, $0.count) }
    if count < 0 && errno == EINTR { continue }
    guard count > 0 else { return }
    rest.removeFirst(count)
  }
}
