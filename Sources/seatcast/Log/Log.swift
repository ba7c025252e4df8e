// The log on standard error: one write per line, from any thread. It never blocks its callers, which include the
// loops: while the reader of standard error does not keep up, lines are dropped and counted.
import Glibc
import Synchronization

final class Log: Sendable {
  private struct State: Sendable {
    var budget = LogBudget()
    var offenders = OffenderTable()
    var origins = RefusedOrigins()
    var dropped = 0
    var format: LogFormat
    var leastLevel: LogLevel

    init(_ format: LogFormat, from leastLevel: LogLevel) {
      (self.format, self.leastLevel) = (format, leastLevel)
    }
  }

  private let output: any LogOutput
  /// Milliseconds since 1970.
  private let now: @Sendable () -> Int64
  /// Held for the length of one write that cannot block.
  private let state: Mutex<State>

  /// - Parameter leastLevel: less important lines are not written.
  init(
    format: LogFormat, from leastLevel: LogLevel = .info, output: any LogOutput = StandardError(),
    now: @escaping @Sendable () -> Int64 = Log.wallClock
  ) {
    (self.output, self.now) = (output, now)
    state = Mutex(State(format, from: leastLevel))
  }

  /// From the next line on.
  func use(_ format: LogFormat, from leastLevel: LogLevel) {
    state.withLock { ($0.format, $0.leastLevel) = (format, leastLevel) }
  }

  /// Writes a line without a rate limit.
  func write(_ entry: LogEntry) {
    let moment = now()
    state.withLock { state in
      write(state.offenders.sweep(at: moment), at: moment, &state)
      write(entry, at: moment, &state)
    }
  }

  /// Writes a line unless its kind has used up its budget.
  func write(_ entry: LogEntry, kind: LogKind) {
    let moment = now()
    state.withLock { state in
      write(state.offenders.sweep(at: moment), at: moment, &state)
      guard let suppressed = state.budget.admit(kind, at: moment) else { return }
      var entry = entry
      if suppressed > 0 { entry.facts.append(.init(name: "suppressedBefore", value: String(suppressed))) }
      write(entry, at: moment, &state)
    }
  }

  /// Counts a refusal by a rate limit; writes one line per offender and minute.
  func count(_ offence: OffenderTable.Offence) {
    let moment = now()
    state.withLock { state in
      write(state.offenders.sweep(at: moment), at: moment, &state)
      if let line = state.offenders.add(offence, at: moment) { write(LogEntry(line), at: moment, &state) }
    }
  }

  /// Writes one line for each origin that is not allowed, the first time that it is refused.
  func refused(origin: String) {
    let moment = now()
    state.withLock { state in
      if let entry = state.origins.add(origin) { write(entry, at: moment, &state) }
    }
  }

  private func write(_ lines: [OffenderTable.Line], at moment: Int64, _ state: inout State) {
    for line in lines { write(LogEntry(line), at: moment, &state) }
  }

  /// Logs how many lines were suppressed and not yet reported.
  func close() {
    let moment = now()
    state.withLock { state in
      write(state.offenders.drain(), at: moment, &state)
      for (kind, count) in state.budget.drainSuppressed() {
        write(
          LogEntry(.info, "more \(kind.rawValue) were not logged", ["count": String(count)]), at: moment,
          &state)
      }
    }
  }

  private func write(_ entry: LogEntry, at moment: Int64, _ state: inout State) {
    if entry.level < state.leastLevel { return }
    if state.dropped > 0 {
      let told = LogEntry(.warning, "log lines were dropped", ["count": String(state.dropped)])
      guard output.take(told.rendered(as: state.format, at: moment) + "\n") else {
        state.dropped += 1
        return
      }
      state.dropped = 0
    }
    if !output.take(entry.rendered(as: state.format, at: moment) + "\n") { state.dropped += 1 }
  }

  static let wallClock: @Sendable () -> Int64 = {
    var time = timespec()
    _ = unsafe clock_gettime(CLOCK_REALTIME, &time)
    return Int64(time.tv_sec) * 1_000 + Int64(time.tv_nsec) / 1_000_000
  }
}

/// The destination of log lines. Must not block.
protocol LogOutput: Sendable {
  /// False: writing would have blocked; nothing was written.
  func take(_ line: String) -> Bool
}

/// Descriptor 2, polled for room before each write.
struct StandardError: LogOutput {
  /// PIPE_BUF: a pipe that polls writable takes this much without blocking (pipe(7)); longer lines are cut.
  static let maximumBytes = 4_096

  static var isTerminal: Bool { isatty(STDERR_FILENO) == 1 }

  func take(_ line: String) -> Bool {
    var room = pollfd(fd: STDERR_FILENO, events: Int16(POLLOUT), revents: 0)
    guard unsafe poll(&room, 1, 0) == 1, room.revents & Int16(POLLOUT) != 0 else { return false }
    var bytes = Array(line.utf8.prefix(Self.maximumBytes))
    if bytes.count < line.utf8.count { bytes[bytes.count - 1] = UInt8(ascii: "\n") }
    return unsafe bytes.withUnsafeBytes { unsafe Glibc.write(STDERR_FILENO, $0.baseAddress, $0.count) } > 0
  }
}
