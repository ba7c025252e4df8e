// Keeps the history of what clients do and are told while they do it: for the checker in this process, and in a file when one is
// asked for. Any thread; what one client does must be recorded in its order.
import Glibc
import Synchronization

final class HistoryRecorder: Sendable {
  private struct State {
    var index = HistoryIndex()
    var line = 1
    var requests = 0
    var connections = 0
  }

  private let state = Mutex(State())
  private let file: HistoryWriter?

  /// - Parameter path: of the file, which is written anew; nil: there is none.
  init(path: String? = nil, by program: String) throws(AdminError) {
    file = try path.map { path throws(AdminError) in try HistoryWriter(path) }
    state.withLock { $0.index.begin() }
    file?.write(HistoryText.header(by: program))
  }

  /// Microseconds of a clock that nobody sets.
  static var now: Int64 {
    var time = timespec()
    unsafe clock_gettime(CLOCK_MONOTONIC, &time)
    return Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1_000
  }

  // MARK: Lines

  /// A line as it stands in a file. What is no line of a history is a fault of the recorder and of whoever was recorded: the
  /// checker is told.
  func record(_ line: [UInt8]) {
    state.withLock { state in
      state.line += 1
      file?.write(line)
      do throws(HistoryFault) {
        try state.index.take(line, number: state.line)
      } catch {
        state.index.verdict.report(.reliable, "line \(state.line) \(error)", lines: [state.line])
      }
    }
  }

  /// The same without its text, where no file is written.
  func record(_ line: HistoryLine) {
    state.withLock { state in
      state.line += 1
      do throws(HistoryFault) {
        try state.index.take(line, number: state.line)
      } catch {
        state.index.verdict.report(.reliable, "line \(state.line) \(error)", lines: [state.line])
      }
    }
  }

  var hasFile: Bool { file != nil }

  // MARK: Requests

  /// - Returns: the request's number.
  func ask(_ make: (Int) -> HistoryRequest) -> Int {
    let id = state.withLock { state in
      state.requests += 1
      return state.requests
    }
    let request = make(id)
    if hasFile { record(HistoryText.request(request)) } else { record(.request(request)) }
    return id
  }

  func answer(to request: Int, at time: Int64, status: Int, isReplayed: Bool = false, body: [UInt8]) {
    record(HistoryText.answer(to: request, at: time, status: status, isReplayed: isReplayed, body: body))
  }

  func lose(_ request: Int) { record(HistoryText.unanswered(request)) }

  // MARK: Connections

  /// - Returns: the connection's number.
  func open(client: String, resume: ResumePoint? = nil) -> Int {
    let id = state.withLock { state in
      state.connections += 1
      return state.connections
    }
    record(HistoryText.opened(id, client: client, resume: resume))
    return id
  }

  func subscribe(_ connection: Int, _ resume: ResumePoint) {
    record(HistoryText.subscribe(connection, resume))
  }

  func hear(_ connection: Int, at time: Int64, _ message: [UInt8]) {
    guard let line = HistoryText.frame(connection, at: time, message) else {
      return state.withLock { state in
        state.index.verdict.report(.reliable, "a message is no JSON object on one line")
      }
    }
    record(line)
  }

  func close(_ connection: Int, code: Int? = nil) { record(HistoryText.closed(connection, code: code)) }

  // MARK: The end

  /// What the recorded history proves.
  /// - Throws: when the file could not be written whole.
  func judge(searches: Bool = false) throws(AdminError) -> (
    verdict: Verdict, counterexamples: [Counterexample]
  ) {
    try file?.finish()
    return Checker.judge(state.withLock { $0.index }, searches: searches)
  }
}

/// A file that is written piece by piece. One thread at a time.
final class HistoryWriter: @unchecked Sendable {
  private static let pieceBytes = 1 << 16

  private let path: String
  private let descriptor: Int32
  private var piece: [UInt8] = []
  private var failure: Int32 = 0

  init(_ path: String) throws(AdminError) {
    self.path = path
    descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw Self.failure(path, errno) }
  }

  deinit { if descriptor >= 0 { close(descriptor) } }

  func write(_ line: [UInt8]) {
    piece += line
    if piece.count >= Self.pieceBytes { flush() }
  }

  /// - Throws: when anything could not be written.
  func finish() throws(AdminError) {
    flush()
    if failure != 0 { throw Self.failure(path, failure) }
  }

  private func flush() {
    var rest = piece[...]
    while !rest.isEmpty, failure == 0 {
      let count = unsafe rest.withUnsafeBytes { unsafe Glibc.write(descriptor, $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR { continue }
      if count <= 0 { failure = errno } else { rest.removeFirst(count) }
    }
    piece.removeAll(keepingCapacity: true)
  }

  private static func failure(_ path: String, _ code: Int32) -> AdminError {
    AdminError("The file \(path) cannot be written: \(unsafe String(cString: strerror(code))).")
  }
}
