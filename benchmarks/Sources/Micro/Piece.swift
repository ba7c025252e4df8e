// A piece of the server that is timed by itself, and the barrier that keeps the compiler from leaving it out.
import CMeter
import Glibc

/// One thing to time.
struct Piece {
  /// In lower case with underscores; `--filter` looks for parts of it.
  let name: String
  /// What one operation is, in a few words.
  let operation: String
  /// Input bytes of one operation; 0: size is not what it costs by.
  let bytes: Int
  /// What the checks of one operation add up to.
  let checksum: UInt64
  /// Does this many operations and returns the sum of their checks. Reading every result is part of each
  /// operation: a wrong result ends the run, and an unread one could be left out by the compiler.
  let run: (Int) -> UInt64

  init(
    _ name: String, _ operation: String, bytes: Int = 0, checksum: UInt64, run: @escaping (Int) -> UInt64
  ) {
    self.name = name
    self.operation = operation
    self.bytes = bytes
    self.checksum = checksum
    self.run = run
  }

  /// A piece whose operations are all alike: `body` does one of them and returns its check.
  init(
    _ name: String, _ operation: String, bytes: Int = 0, checksum: UInt64, each body: @escaping () -> UInt64
  ) {
    self.init(name, operation, bytes: bytes, checksum: checksum) { count in
      var sum: UInt64 = 0
      for _ in 0..<count { sum &+= body() }
      return sum
    }
  }
}

/// Hides `value` from the optimizer: it must exist in memory, and may be another one afterwards.
@inline(__always)
func touch<Value>(_ value: inout Value) {
  unsafe withUnsafeMutablePointer(to: &value) { unsafe meter_touch($0) }
}

/// Ends the run: a figure of something that went wrong must not be printed.
func fail(_ sentence: String) -> Never {
  complain(sentence)
  exit(1)
}

/// Says something on standard error.
func complain(_ sentence: String) {
  let line = Array("Micro: \(sentence)\n".utf8)
  _ = unsafe write(STDERR_FILENO, line, line.count)
}
