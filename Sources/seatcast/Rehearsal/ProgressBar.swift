// One line on a terminal that shows how far something is. Pure but for `ProgressLine`, which writes to standard error.
import Glibc

enum ProgressBar {
  private static let blocks = Array(" ▏▎▍▌▋▊▉")

  /// `[█████▍    ]`, `width` characters between the brackets.
  static func text(_ done: Int, of all: Int, width: Int) -> String {
    let eighths = all > 0 ? min(8 * width, done * 8 * width / all) : 0
    let full = eighths / 8
    let rest = full < width ? String(blocks[eighths % 8]) : ""
    return "[" + String(repeating: "█", count: full) + rest
      + String(repeating: " ", count: max(0, width - full - 1)) + "]"
  }
}

struct ProgressLine: Sendable {
  /// Nothing is shown where standard error is no terminal.
  let isShown: Bool

  func show(_ done: Int, of all: Int, _ words: String) {
    guard isShown else { return }
    let count = "\(Numbers.grouped(done)) of \(Numbers.grouped(all))"
    StandardError.write(
      "\r\(ProgressBar.text(done, of: all, width: 30)) \(count)  \(words)" + Terminal.clearLine)
  }

  func end() {
    if isShown { StandardError.write("\r" + Terminal.clearLine) }
  }
}
