// `seatcast top`: what a server does, again and again until it is stopped: a table on a terminal (q leaves), a line of
// JSON per interval elsewhere. The table is drawn by the task that asks the server, and by the main thread when the
// terminal's size changes.
import Glibc
import SeatcastClient
import Synchronization

enum Top {
  static func run(_ settings: Settings) throws -> Int32 {
    let access = try ToolAccess(settings)
    let interval = try settings.duration(.every, in: 1...3_600) ?? 2_000
    let isTable =
      Terminal.isTerminal(STDOUT_FILENO) && Terminal.isTerminal(STDIN_FILENO) && !settings.has(.json)
    guard access.tokenFile != nil else {
      throw UsageError(
        "'seatcast top' needs --token-file with an administrator's token, as 'seatcast token mint' makes it.")
    }
    let display = TopDisplay(TopScreen(server: "\(access.server)", style: .standardOutput), isTable: isTable)
    guard isTable else {
      return try Foreground.run { try await Self.repeatedly(access, interval, display) }
    }
    let keys = Terminal.useKeys()
    StandardOutput.write(Terminal.enterScreen)
    defer {
      StandardOutput.write(Terminal.leaveScreen)
      Terminal.restore(keys)
    }
    return try Foreground.run(readsKeys: true) { event in
      if event == .resize { display.draw() }
      return event == .stop || event == .key(UInt8(ascii: "q"))
    } body: {
      try await Self.repeatedly(access, interval, display)
    }
  }

  /// Ends only by cancellation, or when the first question fails.
  private static func repeatedly(
    _ access: ToolAccess, _ interval: Int64, _ display: TopDisplay
  ) async throws -> Int32 {
    let client = try access.client()
    var hasAnswered = false
    while true {
      do {
        let answer = try await client.perform(HTTPCall("GET", "/api/server/stats"))
        guard answer.status == 200 else { throw ClientError.refused(Problem(answer)) }
        guard let sample = StatsSample(answer.body) else {
          throw ClientError.protocolViolation(
            "The server's answer has no statistics that this program knows.")
        }
        hasAnswered = true
        display.show(sample, answer.body)
      } catch let error as ClientError {
        guard hasAnswered else { throw AdminError(error) }
        display.tell(error.description)
      }
      try await Task.sleep(for: .milliseconds(interval))
    }
  }
}

/// The newest numbers on the way to standard output. Any thread.
final class TopDisplay: Sendable {
  private struct State {
    var sample: StatsSample?
    var earlier: StatsSample?
    var note: String?
  }

  private let screen: TopScreen
  private let isTable: Bool
  private let state = Mutex(State())

  init(_ screen: TopScreen, isTable: Bool) { (self.screen, self.isTable) = (screen, isTable) }

  func show(_ sample: StatsSample, _ body: [UInt8]) {
    let earlier = state.withLock { state in
      (state.earlier, state.sample, state.note) = (state.sample, sample, nil)
      return state.earlier
    }
    if isTable { draw() } else { StandardOutput.write(TopScreen.json(body, sample, since: earlier)) }
  }

  /// Shows that the server does not answer.
  func tell(_ note: String) {
    state.withLock { $0.note = note }
    if isTable { draw() } else { StandardError.write("seatcast: \(note.harmless)\n") }
  }

  /// Draws all in one write, so that nothing flickers.
  func draw() {
    let (columns, rows) = Terminal.size
    state.withLock { state in
      guard let sample = state.sample else { return }
      let lines = screen.lines(
        sample, since: state.earlier, note: state.note, columns: columns, rows: rows)
      StandardOutput.write(
        Terminal.home + lines.map { $0 + Terminal.clearLine }.joined(separator: "\r\n") + Terminal.clearBelow)
    }
  }
}
