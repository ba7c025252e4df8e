import ControlPlane
import Glibc
import Synchronization
import TestSupport
import Testing

@testable import seatcast

@Suite("AdminListener")
struct AdminListenerTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private static let done = AdminAnswer(.done(json: Array("{}".utf8), text: "done\n"))

  private func ask(_ request: AdminRequest) throws -> AdminAnswer.Outcome? {
    try AdminClient.ask(request, in: folder.path, within: 20)
  }

  @Test("a request is answered; the socket is its owner's, and is gone at the end")
  func answers() throws {
    let seen = Mutex<[[UInt8]]>([])
    let listener = try AdminListener(folder: folder.path) { line in
      seen.withLock { $0.append(line) }
      return Self.done.line
    }
    var status = stat()
    #expect(unsafe lstat(AdminSocket.path(in: folder.path), &status) == 0)
    #expect(status.st_mode & 0o777 == 0o600 && status.st_mode & S_IFMT == S_IFSOCK)
    let request = AdminRequest(.eventList, [("limit", .number(3))])
    #expect(try ask(request) == Self.done.outcome)
    #expect(seen.withLock { $0 } == [request.line])
    listener.close()
    #expect(names(in: folder.path).isEmpty)
    #expect(try ask(request) == nil)
  }

  @Test("a socket that an earlier server left behind is replaced, and without one nobody listens")
  func stale() throws {
    let left = AdminSocket.make()
    defer { close(left) }
    let path = AdminSocket.path(in: folder.path)
    #expect(unsafe AdminSocket.withAddress(of: path) { unsafe bind(left, $0, $1) } == 0)
    #expect(try ask(AdminRequest(.eventList)) == nil)
    let listener = try AdminListener(folder: folder.path) { _ in Self.done.line }
    defer { listener.close() }
    #expect(try ask(AdminRequest(.eventList)) == Self.done.outcome)
  }

  @Test("a path that is too long for a socket is refused in a sentence, by server and client alike")
  func longPath() throws {
    let long = folder.path + "/" + String(repeating: "x", count: 100)
    #expect(unsafe mkdir(long, 0o700) == 0)
    #expect {
      try AdminListener(folder: long) { _ in [] }
    } throws: { error in
      "\(error)"
        == "Commands cannot reach this server at \(long)/admin.sock: its path has more than 107 bytes."
    }
    #expect(try AdminClient.ask(AdminRequest(.eventList), in: long, within: 1) == nil)
  }

  @Test("more clients than threads are all answered, and silent ones do not keep the server from stopping")
  func crowd() throws {
    let listener = try AdminListener(folder: folder.path) { _ in
      pause(milliseconds: 20)
      return Self.done.line
    }
    let path = folder.path
    let clients = try (0..<12).map { _ in
      try BackgroundThread { try? AdminClient.ask(AdminRequest(.eventList), in: path, within: 20) }
    }
    for client in clients { #expect(try client.join() == Self.done.outcome) }
    let silent = AdminSocket.make()
    defer { close(silent) }
    _ = unsafe AdminSocket.withAddress(of: AdminSocket.path(in: path)) { unsafe connect(silent, $0, $1) }
    let started = ContinuousClock.now
    listener.close()
    #expect(started.duration(to: .now) < .seconds(4))
  }

  @Test("a request without an end is cut off, and what comes in pieces is read whole")
  func lines() throws {
    let listener = try AdminListener(folder: folder.path) { line in
      AdminAnswer(.done(json: Array("\(line.count)".utf8), text: "\n")).line
    }
    defer { listener.close() }
    func talk(_ pieces: [[UInt8]]) throws -> AdminAnswer? {
      let socket = AdminSocket.make()
      defer { close(socket) }
      _ = unsafe AdminSocket.withAddress(of: AdminSocket.path(in: folder.path)) {
        unsafe connect(socket, $0, $1)
      }
      for piece in pieces {
        _ = unsafe write(socket, piece, piece.count)
        pause(milliseconds: 5)
      }
      let line = try AdminChannel(descriptor: socket).readLine(atMost: 1_000, within: 20_000)
      return AdminAnswer(line: line)
    }
    let long = [UInt8](repeating: UInt8(ascii: "x"), count: AdminRequest.maximumBytes + 20_000)
    #expect(try talk([long])?.outcome == .failed(.init(.data, "The request line is too long.")))
    #expect(
      try talk([Array("ab".utf8), Array("cd".utf8), Array("\n".utf8)])?.outcome
        == .done(json: Array("4".utf8), text: "\n"))
  }
}
