// The server's end of administration: a Unix socket in the data folder (mode 0600) on which each connection sends one
// request line and gets one answer line. Threads of its own, each with one connection at a time, so there are never more
// connections than threads; the others wait in the listener's backlog. A client that sends or reads nothing loses its
// connection after a few seconds.
import ControlPlane
import Glibc

final class AdminListener: Sendable {
  static let threads = 4
  /// Connections that wait to be accepted.
  private static let backlog: Int32 = 16
  /// For the whole request, and for the whole answer.
  private static let patience = 5_000

  typealias Answering = @Sendable ([UInt8]) -> [UInt8]

  private let path: String
  private let listener: Int32
  /// A pipe: the threads wait at the reading end, and `close` writes a byte that nobody takes. Closing the writing end would
  /// not do: loops with descriptor tables of their own have a copy of it.
  private let alarm: (read: Int32, write: Int32)
  private let workers: [NamedThread]

  /// - Parameters:
  ///   - folder: the data folder; its lock is held, so a socket that is there belongs to nobody.
  ///   - answer: makes an answer line of a request line; may block.
  init(folder: String, answer: @escaping Answering) throws(StartError) {
    path = AdminSocket.path(in: folder)
    listener = try Self.listen(at: path)
    var ends: [Int32] = [-1, -1]
    guard unsafe pipe(&ends) == 0 else {
      Self.remove(path, listener)
      throw StartError("There is no descriptor left for administration.")
    }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    alarm = (ends[0], ends[1])
    let (listener, alarm) = (self.listener, self.alarm.read)
    var workers: [NamedThread] = []
    do {
      for number in 0..<Self.threads {
        workers.append(try NamedThread("admin-\(number)") { Self.serve(listener, alarm, answer) })
      }
    } catch {
      Self.end(workers, path, listener, self.alarm)
      throw StartError(telling: error)
    }
    self.workers = workers
  }

  /// Accepts nothing more, finishes what was asked, and removes the socket. Once.
  func close() { Self.end(workers, path, listener, alarm) }

  private static func end(
    _ workers: [NamedThread], _ path: String, _ listener: Int32, _ alarm: (read: Int32, write: Int32)
  ) {
    _ = unsafe unlink(path)
    var byte: UInt8 = 1
    _ = unsafe write(alarm.write, &byte, 1)
    for worker in workers { worker.join() }
    Glibc.close(alarm.write)
    Glibc.close(alarm.read)
    Glibc.close(listener)
  }

  private static func remove(_ path: String, _ listener: Int32) {
    _ = unsafe unlink(path)
    Glibc.close(listener)
  }

  // MARK: Listening

  private static func listen(at path: String) throws(StartError) -> Int32 {
    let descriptor = AdminSocket.make()
    guard descriptor >= 0 else { throw StartError("There is no descriptor left for administration.") }
    // A socket gets the mode that it has before it is bound; so it is never open to others.
    _ = fchmod(descriptor, 0o600)
    _ = unsafe unlink(path)
    let bound = unsafe AdminSocket.withAddress(of: path) { unsafe bind(descriptor, $0, $1) }
    guard bound == 0, Glibc.listen(descriptor, backlog) == 0 else {
      let why = bound == nil ? "its path has more than \(AdminSocket.longestPath) bytes" : Self.lastError
      remove(path, descriptor)
      throw StartError("Commands cannot reach this server at \(path): \(why).")
    }
    return descriptor
  }

  private static var lastError: String { unsafe String(cString: strerror(errno)) }

  // MARK: One thread

  private static func serve(_ listener: Int32, _ alarm: Int32, _ answer: Answering) {
    while true {
      var watched = [
        pollfd(fd: listener, events: Int16(POLLIN), revents: 0),
        pollfd(fd: alarm, events: Int16(POLLIN), revents: 0),
      ]
      _ = unsafe poll(&watched, 2, -1)
      if watched[1].revents != 0 { return }
      let connection = accept(listener, nil, nil)
      guard connection >= 0 else {
        // Another thread took it; or no descriptor is left, which takes a while to change.
        if errno == EMFILE || errno == ENFILE { _ = unsafe poll(&watched[1], 1, 100) }
        continue
      }
      _ = fcntl(connection, F_SETFD, FD_CLOEXEC)
      _ = fcntl(connection, F_SETFL, O_NONBLOCK)
      serve(AdminChannel(descriptor: connection, alarm: alarm), answer)
      Glibc.close(connection)
    }
  }

  private static func serve(_ channel: AdminChannel, _ answer: Answering) {
    do throws(AdminChannel.Failure) {
      let request = try channel.readLine(atMost: AdminRequest.maximumBytes, within: patience)
      // What was begun is answered, also while the server stops.
      try AdminChannel(descriptor: channel.descriptor).write(line: answer(request), within: patience)
    } catch {
      let failure = AdminAnswer.Failure(.data, "The request line is too long.")
      guard error == .tooLong else { return }
      try? channel.write(line: AdminAnswer(.failed(failure)).line, within: patience)
    }
  }
}
