// `seatcast conformance-jws`: reads lines from standard input and answers each with `valid` or `invalid`, so that test
// vectors run against the code that verifies tokens. A testing aid; `serve` does not use it. Main thread.
import ControlPlane
import Glibc

enum SignatureLines {
  /// A longer line is invalid, and its bytes are not kept.
  static let maximumBytes = 256 * 1_024

  /// Answers what was read before it reads on; returns at the end of the input.
  static func run() {
    var lines = LineSplitter(maximumBytes: maximumBytes)
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count = unsafe read(STDIN_FILENO, &buffer, buffer.count)
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { break }
      answer(lines.take(buffer[..<count]))
    }
    answer(lines.end())
  }

  private static func answer(_ lines: [[UInt8]?]) {
    let text = lines.map { line in
      line.map(SignatureConformance.isValid) ?? false ? "valid\n" : "invalid\n"
    }
    if !text.isEmpty { StandardOutput.write(text.joined()) }
  }
}

/// Cuts input into lines. A value.
struct LineSplitter {
  let maximumBytes: Int
  private var line: [UInt8] = []
  private var isTooLong = false

  init(maximumBytes: Int) { self.maximumBytes = maximumBytes }

  /// The lines that end in `bytes`, without their line breaks; nil for one that is too long.
  mutating func take(_ bytes: ArraySlice<UInt8>) -> [[UInt8]?] {
    var lines: [[UInt8]?] = []
    for byte in bytes {
      if byte == UInt8(ascii: "\n") {
        lines.append(finish())
      } else if line.count < maximumBytes {
        line.append(byte)
      } else {
        isTooLong = true
      }
    }
    return lines
  }

  /// The last line, when no line break ended it.
  mutating func end() -> [[UInt8]?] { line.isEmpty && !isTooLong ? [] : [finish()] }

  private mutating func finish() -> [UInt8]? {
    if line.last == UInt8(ascii: "\r") { line.removeLast() }
    defer {
      line.removeAll(keepingCapacity: true)
      isTooLong = false
    }
    return isTooLong ? nil : line
  }
}
