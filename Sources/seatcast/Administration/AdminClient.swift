// A command's way to the data: through the running server when there is one, else directly to the files, which this
// process then locks as a server would. Main thread.
import ControlPlane
import Glibc

/// Why a command was not done: one sentence and an exit status (sysexits.h).
struct AdminError: Error, Equatable, CustomStringConvertible {
  let description: String
  let exitStatus: Int32

  static let badData: Int32 = 65
  static let unavailable: Int32 = 69
  static let refused: Int32 = 1

  init(_ sentence: String, status: Int32 = refused) { (description, exitStatus) = (sentence, status) }

  init(_ failure: AdminAnswer.Failure) {
    let status =
      switch failure.kind {
      case .data: Self.badData
      case .unavailable: Self.unavailable
      case .refused: Self.refused
      }
    self.init(failure.description, status: status)
  }
}

enum AdminClient {
  /// A server takes the folder before it listens, and removes its socket before it lets the folder go.
  private static let attempts = 50
  private static let pauseMilliseconds: UInt32 = 100
  /// The longest answer: a page of 1,000 events with their descriptions.
  private static let answerBytes = 16 * 1_024 * 1_024

  /// - Parameters:
  ///   - seconds: how long a server may take; nil: as long as it takes.
  ///   - configuration: for when no server runs.
  static func perform(
    _ request: AdminRequest, within seconds: Int? = 60, on configuration: Backend.Configuration,
    needsKeys: Bool
  ) throws(AdminError) -> AdminAnswer.Outcome {
    for _ in 0..<attempts {
      if let answer = try ask(request, in: configuration.dataFolder, within: seconds) { return answer }
      if let answer = try direct(request, configuration, needsKeys: needsKeys) { return answer }
      usleep(pauseMilliseconds * 1_000)
    }
    throw AdminError(
      "A server has the data folder \(configuration.dataFolder), but does not listen at its \(AdminSocket.name).",
      status: AdminError.unavailable)
  }

  // MARK: Through a server

  /// Nil: no server listens.
  static func ask(
    _ request: AdminRequest, in folder: String, within seconds: Int?
  ) throws(AdminError) -> AdminAnswer.Outcome? {
    guard request.line.count <= AdminRequest.maximumBytes else {
      throw AdminError("The command is too long.", status: AdminError.badData)
    }
    guard let connection = try connect(to: AdminSocket.path(in: folder)) else { return nil }
    defer { close(connection) }
    let channel = AdminChannel(descriptor: connection)
    do throws(AdminChannel.Failure) {
      try channel.write(line: request.line, within: 5_000)
      let line = try channel.readLine(atMost: answerBytes, within: seconds.map { $0 * 1_000 })
      if let answer = AdminAnswer(line: line) { return answer.outcome }
      throw AdminChannel.Failure.tooLong
    } catch {
      let what =
        switch error {
        case .timedOut: "did not answer in time; the command may have been done"
        case .ended: "closed the connection without an answer; the command may have been done"
        case .tooLong: "gave an answer that this program does not understand"
        }
      throw AdminError("The server \(what).", status: AdminError.unavailable)
    }
  }

  private static func connect(to path: String) throws(AdminError) -> Int32? {
    let descriptor = AdminSocket.make()
    guard descriptor >= 0 else { throw AdminError("There is no descriptor left.") }
    let code = unsafe AdminSocket.withAddress(of: path) {
      unsafe Glibc.connect(descriptor, $0, $1) == 0 ? 0 : errno
    }
    switch code {
    case 0: return descriptor
    // A path that is too long has no server behind it either.
    case nil, ENOENT, ENOTDIR, ECONNREFUSED, EAGAIN:
      close(descriptor)
      return nil
    case let code?:
      close(descriptor)
      let why = unsafe String(cString: strerror(code))
      throw AdminError(
        "The server cannot be reached at \(path): \(why).", status: AdminError.unavailable)
    }
  }

  // MARK: Without a server

  /// Nil: a server holds the folder.
  private static func direct(
    _ request: AdminRequest, _ configuration: Backend.Configuration, needsKeys: Bool
  ) throws(AdminError) -> AdminAnswer.Outcome? {
    let backend: Backend
    do {
      backend = try Backend.openForAdministration(
        configuration, needsKeys: needsKeys, observer: Log(format: .text))
    } catch {
      if error.isServed { return nil }
      throw AdminError(StartError(telling: error).description)
    }
    defer { backend.close() }
    return backend.administer(request.line).outcome
  }
}
