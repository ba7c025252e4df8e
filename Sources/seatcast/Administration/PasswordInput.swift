// Where a command takes a password from: a file, a terminal without echo, or standard input. Never an argument, because
// everybody on a machine can read the arguments of its processes. Main thread.
import FoundationEssentials
import Glibc

enum PasswordInput {
  /// Longer input is no password.
  private static let maximumBytes = 4_096

  /// - Parameter owner: for the prompt.
  static func password(_ settings: Settings, of owner: String) throws -> String {
    if let path = try settings.text(.passwordFile) {
      return try SecretFiles.password(.file(path), what: "password")
    }
    guard isatty(STDIN_FILENO) == 1 else {
      guard let line = StandardInput.line(atMost: maximumBytes), !line.isEmpty else {
        throw AdminError("There is no password on standard input.", status: AdminError.badData)
      }
      return line
    }
    let first = try prompt("Password of \(printable(owner)): ")
    guard try prompt("The same again: ") == first else {
      throw AdminError("The two passwords differ.", status: AdminError.badData)
    }
    return first
  }

  /// Reads a line while the terminal shows nothing; Ctrl-C leaves it as it was before.
  private static func prompt(_ words: String) throws -> String {
    guard unsafe tcgetattr(STDIN_FILENO, &terminalBefore) == 0 else { throw noSilence }
    var silent = unsafe terminalBefore
    silent.c_lflag &= ~tcflag_t(ECHO)
    let interrupted = signal(SIGINT) { number in
      restoreTerminal()
      _exit(128 + number)
    }
    defer {
      restoreTerminal()
      signal(SIGINT, interrupted)
      StandardError.write("\n")
    }
    guard unsafe tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent) == 0 else { throw noSilence }
    // Last, so that whatever answers a prompt, a program too, is not shown and not dropped.
    StandardError.write(words)
    guard let line = StandardInput.line(atMost: maximumBytes) else {
      throw AdminError("There was no password.", status: AdminError.badData)
    }
    return line
  }

  private static let noSilence = AdminError("The terminal cannot be told not to show the password.")
}

/// What the terminal was before a prompt. Main thread and its signal handler.
nonisolated(unsafe) private var terminalBefore = termios()

/// May be called from a signal handler (signal-safety(7)).
private func restoreTerminal() { _ = unsafe tcsetattr(STDIN_FILENO, TCSANOW, &terminalBefore) }

enum StandardInput {
  /// The next line, without its line break, or what there is before the end of the input; nil: nothing, more than
  /// `bytes`, or not UTF-8. Read byte by byte, so that a following call finds the next line.
  static func line(atMost bytes: Int) -> String? {
    var (line, byte): ([UInt8], UInt8) = ([], 0)
    while true {
      let count = unsafe read(STDIN_FILENO, &byte, 1)
      if count < 0, errno == EINTR { continue }
      if count <= 0, line.isEmpty { return nil }
      if count <= 0 || byte == UInt8(ascii: "\n") { break }
      guard line.count < bytes else { return nil }
      line.append(byte)
    }
    if line.last == UInt8(ascii: "\r") { line.removeLast() }
    return String(validating: line, as: UTF8.self)
  }
}
