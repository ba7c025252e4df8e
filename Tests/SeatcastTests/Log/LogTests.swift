import Synchronization
import Testing

@testable import seatcast

/// Keeps the lines; takes none while it is full.
final class LinesKept: LogOutput {
  private let state = Mutex((lines: [String](), full: false))

  var lines: [String] { state.withLock { $0.lines } }
  func setFull(_ full: Bool) { state.withLock { $0.full = full } }

  func take(_ line: String) -> Bool {
    state.withLock { state in
      if state.full { return false }
      state.lines.append(line)
      return true
    }
  }
}

@Suite("Log")
struct LogTests {
  private let kept = LinesKept()
  private let log: Log

  init() { log = Log(format: .text, output: kept, now: { 0 }) }

  @Test("One entry is one line")
  func oneLine() {
    log.write(LogEntry(.info, "hello"))
    #expect(kept.lines == ["1970-01-01T00:00:00.000Z info hello\n"])
  }

  @Test("A refused origin is named once")
  func origins() {
    for _ in 0..<3 { log.refused(origin: "https://evil.example") }
    #expect(kept.lines.count == 1 && kept.lines[0].contains("origin=https://evil.example"))
  }

  @Test("A flood of one kind costs a burst of lines, and the rest is counted at the end")
  func flood() {
    for _ in 0..<1_000 { log.write(LogEntry(.info, "bad client"), kind: .protocolViolation) }
    log.write(LogEntry(.error, "disk"), kind: .commitFailed)
    #expect(kept.lines.count == LogBudget.burst + 1)
    log.close()
    #expect(
      kept.lines.last == "1970-01-01T00:00:00.000Z info more protocol violations were not logged count=990\n")
  }

  @Test("Lines that standard error cannot take are counted, and the count comes first")
  func dropped() {
    kept.setFull(true)
    for _ in 0..<3 { log.write(LogEntry(.info, "lost")) }
    kept.setFull(false)
    log.write(LogEntry(.info, "kept"))
    log.write(LogEntry(.info, "kept, too"))
    #expect(
      kept.lines == [
        "1970-01-01T00:00:00.000Z warning log lines were dropped count=3\n",
        "1970-01-01T00:00:00.000Z info kept\n", "1970-01-01T00:00:00.000Z info kept, too\n",
      ])
  }

  @Test("The wall clock is in this century")
  func wallClock() {
    #expect(Log.wallClock() > 1_700_000_000_000)
  }

  @Test("Lines below the least level are not written, and both level and form can change")
  func levels() {
    log.use(.json, from: .warning)
    log.write(LogEntry(.info, "unimportant"))
    log.write(LogEntry(.warning, "hello"))
    log.use(.text, from: .info)
    log.write(LogEntry(.info, "again"))
    #expect(
      kept.lines == [
        "{\"time\":\"1970-01-01T00:00:00.000Z\",\"level\":\"warning\",\"message\":\"hello\"}\n",
        "1970-01-01T00:00:00.000Z info again\n",
      ])
    #expect(LogLevel.info < .warning && LogLevel.warning < .error)
  }
}
