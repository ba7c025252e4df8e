// The terminal of this process: its size, single keys instead of lines, and the alternate screen. Main thread, but for
// `size`, which any may ask. What is changed is put back by `restore`, also after a signal (Foreground.swift).
import CProcess
import Glibc

enum Terminal {
  static func isTerminal(_ descriptor: Int32) -> Bool { isatty(descriptor) == 1 }

  /// Columns and rows; 80 and 24 where nobody knows.
  static var size: (columns: Int, rows: Int) {
    var (columns, rows): (Int32, Int32) = (0, 0)
    guard unsafe process_terminal_size(STDOUT_FILENO, &columns, &rows) == 0, columns > 0, rows > 0 else {
      return (80, 24)
    }
    return (Int(columns), Int(rows))
  }

  /// The state before `useKeys`; nil: it is as it was.
  private static var keyState: termios? {
    var state = termios()
    return unsafe tcgetattr(STDIN_FILENO, &state) == 0 ? state : nil
  }

  /// Gives keys one by one and does not show them; signals by keys stay.
  /// - Returns: what `restore` needs; nil: standard input is no terminal.
  static func useKeys() -> termios? {
    guard isTerminal(STDIN_FILENO), let before = keyState else { return nil }
    var state = before
    state.c_lflag &= ~tcflag_t(ICANON | ECHO)
    _ = unsafe tcsetattr(STDIN_FILENO, TCSAFLUSH, &state)
    return before
  }

  static func restore(_ state: termios?) {
    guard var state else { return }
    _ = unsafe tcsetattr(STDIN_FILENO, TCSAFLUSH, &state)
  }

  static let enterScreen = "\u{1B}[?1049h\u{1B}[?25l"
  static let leaveScreen = "\u{1B}[?25h\u{1B}[?1049l"
  static let home = "\u{1B}[H"
  /// From here to the end of the line, and to the end of the screen.
  static let clearLine = "\u{1B}[K"
  static let clearBelow = "\u{1B}[J"
}
