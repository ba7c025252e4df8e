// What the server does when its disk does not do what it should: full files, removed folders, several names of one folder.
// docs/decisions/0013-what-a-failing-disk-may-not-do.md.
import Glibc
import TestSupport
import Testing

@Suite("Storage", .timeLimit(.minutes(30)))
struct StorageTests {
  /// The largest file that a process may write (RLIMIT_FSIZE); nil: any. By prlimit(1), as Swift does not see prlimit(2).
  private func limitFiles(of process: ChildProcess, to bytes: Int?) throws {
    let limit = bytes.map { "--fsize=\($0):unlimited" } ?? "--fsize=unlimited:unlimited"
    let changed = try run("prlimit", ["--pid", String(process.identifier), limit])
    guard changed.status == .exited(0) else { throw TestFailure("prlimit: \(changed.error)") }
  }

  private func readiness(_ server: TestServer) throws -> (status: Int, text: String) {
    let answer = try server.server.client().get("/readyz")
    return (answer.status, answer.text)
  }

  // MARK: File sizes

  @Test("files that may not grow are a full disk: 503, reads and connections live on, and it recovers")
  func fileSizeLimit() throws {
    let server = try TestServer()
    let event = try server.event(seats: 100)
    let (socket, _) = try server.watch(event)
    let buyer = server.person(1)
    for _ in 0..<3 { try buyer.book(event) }
    for seq in 1...3 { #expect(try socket.expect("booking_created").number("seq") == seq) }

    try limitFiles(of: server.server.process, to: 4_096)
    for _ in 0..<12 {
      let answer = try buyer.tryToBook(event)
      #expect(answer.status == 503)
      #expect(answer.text.contains("urn:seatcast:problem:storage-unavailable"))
    }
    #expect(try readiness(server) == (503, "not ready: the disk takes no writes\n"))
    #expect(try buyer.get("/api/events/\(event)").json().number("availableSeats") == 97)
    try socket.send(text: #"{"type":"ping"}"#)
    _ = try socket.expect("pong")

    try limitFiles(of: server.server.process, to: nil)
    try eventually("the server is ready again") { try readiness(server).status == 200 }
    #expect(try buyer.book(event).number("seq") == 4)
    #expect(try socket.expect("booking_created").number("availableSeats") == 96)
    #expect(try server.server.terminate() == .exited(0))
  }

  @Test("with a small limit from the start, what is acknowledged is there after the next start")
  func smallLimit() throws {
    let server = try TestServer()
    let event = try server.event(seats: 10_000)
    try limitFiles(of: server.server.process, to: 200 * 1_024)
    var acknowledged: [String] = []
    let buyer = server.person(1)
    for _ in 0..<400 {
      let answer = try buyer.tryToBook(event)
      #expect([201, 503].contains(answer.status))
      if answer.status == 201 { acknowledged.append(try answer.json().word("bookingId")) }
    }
    #expect(acknowledged.count >= 12)
    try server.server.kill9()
    try server.server.restart()
    let again = server.person(1)
    for booking in acknowledged { #expect(try again.get("/api/bookings/\(booking)").status == 200) }
    let left = try again.get("/api/events/\(event)").json().number("availableSeats")
    #expect(left == 10_000 - acknowledged.count)
  }

  @Test("a log file at its limit stops nobody")
  func logFileLimit() throws {
    let folder = try TemporaryFolder()
    let log = folder.path + "/log"
    let size = 64 * 1_024 * 1_024
    let file = unsafe open(log, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
    #expect(file >= 0 && ftruncate(file, size) == 0)
    close(file)
    let words = ServerProcess.words(ServerOptions(), folder: folder.path + "/data", port: 0)
    let process = try ChildProcess(
      "/bin/sh", ["-c", "exec \"$0\" \"$@\" 2>>'\(log)'", ServerProcess.executable()] + words,
      environment: ServerProcess.environment(ServerOptions()))
    try limitFiles(of: process, to: size)
    let port = try ServerProcess.awaitPort(of: process)
    for _ in 0..<30 {
      let broken = try Socket(port: port)
      try broken.send(Array("BROKEN\r\n\r\n".utf8))
      _ = try? broken.receive()
    }
    #expect(try HTTPClient(port: port).get("/readyz").status == 200)
    process.signal(SIGTERM)
    #expect(try process.wait() == .exited(0))
  }

  // MARK: A full disk

  /// Whether this machine lets a test mount a small file system in a namespace of its own.
  private static let canMount =
    (try? run("unshare", ["-m", "mount", "-t", "tmpfs", "none", "/mnt"]).status) == .exited(0)

  @Test(
    "a disk that is full answers 503 or 201, never both, and works again when there is room",
    .enabled(if: canMount))
  func fullDisk() throws {
    let folder = try TemporaryFolder()
    let options = ServerOptions()
    let words = ServerProcess.words(options, folder: folder.path + "/data", port: 0)
    let process = try ChildProcess(
      "unshare",
      [
        "-m", "sh", "-c", "mount -t tmpfs -o size=1m none '\(folder.path)' && exec \"$0\" \"$@\"",
        try ServerProcess.executable(),
      ] + words, environment: ServerProcess.environment(options))
    let port = try ServerProcess.awaitPort(of: process)
    func inside(_ script: String) throws {
      _ = try run("nsenter", ["-t", String(process.identifier), "-m", "sh", "-c", script])
    }
    let mint = TokenMint(secret: ServerProcess.secret)
    let admin = HTTPClient(port: port, token: mint.token(user: 1, role: "admin"))
    let event = try admin.request("POST", "/api/events", json: ["name": "E", "seatCapacity": 100_000]).json()
      .number("id")

    try inside("cat /dev/zero > '\(folder.path)/ballast'")
    var statuses: [Int: Int] = [:]
    for number in 0..<3_000 {
      let status = try admin.tryToBook(event, key: "a-key-that-takes-room-on-the-disk-\(number)").status
      statuses[status, default: 0] += 1
      if statuses[503, default: 0] > 50 { break }
    }
    #expect(Set(statuses.keys).isSubset(of: [201, 503]))
    #expect(statuses[503, default: 0] > 50)
    #expect(try HTTPClient(port: port).get("/readyz").text == "not ready: the disk is full\n")
    let left = try admin.get("/api/events/\(event)").json().number("availableSeats")
    #expect(left == 100_000 - statuses[201, default: 0])

    try inside("rm '\(folder.path)/ballast'")
    try eventually("the server is ready again") { try HTTPClient(port: port).get("/readyz").status == 200 }
    #expect(try admin.book(event).number("availableSeats") == left - 1)
    process.signal(SIGTERM)
    #expect(try process.wait() == .exited(0))
  }

  // MARK: Files that go away

  @Test("a removed data folder is noticed before anything is acknowledged", arguments: [false, true])
  func removedFolder(isIdle: Bool) throws {
    let server = try TestServer()
    let event = try server.event(seats: 100)
    let buyer = server.person(1)
    try buyer.book(event, key: "k")
    removeTree(server.server.folder.path)
    if isIdle {
      try eventually("an idle server notices") { try readiness(server).status == 503 }
    }
    #expect(try buyer.tryToBook(event).status == 503)
    // The answer of a booking that is lost is lost, too.
    #expect(try buyer.tryToBook(event, key: "k").status == 503)
    #expect(
      try readiness(server)
        == (
          503,
          "not ready: the database's files were removed or replaced; put them back or restart the server\n"
        ))
    #expect(try server.server.client().get("/livez").status == 200)
    #expect(try server.server.terminate() == .exited(0))
    try server.server.process.waitForOutput()
    #expect(server.server.process.standardError.contains("seatcast.db was removed while the server runs"))
  }

  @Test(
    "a database that is replaced by another one is not written to",
    arguments: ["seatcast.db", "seatcast.db-wal"])
  func replacedFile(name: String) throws {
    let server = try TestServer()
    let event = try server.event(seats: 100)
    let buyer = server.person(1)
    try buyer.book(event)
    let path = server.server.folder.path + "/" + name
    let twin = unsafe open(path + ".twin", O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
    close(twin)
    #expect(unsafe rename(path + ".twin", path) == 0)
    #expect(try buyer.tryToBook(event).status == 503)
    #expect(try readiness(server).status == 503)
  }

  @Test("a folder that comes back is the same folder")
  func movedAndBack() throws {
    let server = try TestServer()
    let event = try server.event(seats: 100)
    let buyer = server.person(1)
    try buyer.book(event)
    let path = server.server.folder.path
    #expect(unsafe rename(path, path + ".away") == 0)
    #expect(try buyer.tryToBook(event).status == 503)
    #expect(unsafe rename(path + ".away", path) == 0)
    try eventually("the server is ready again") { try readiness(server).status == 200 }
    #expect(try buyer.book(event).number("seq") == 2)
    try server.server.kill9()
    try server.server.restart()
    #expect(try server.person(1).get("/api/events/\(event)").json().number("availableSeats") == 98)
  }

  // MARK: Names

  @Test("a second server is refused whatever it calls the folder", arguments: ["/.", "/link", "file:"])
  func secondServer(spelling: String) throws {
    let server = try TestServer()
    let folder = server.server.folder.path
    #expect(unsafe symlink(folder, folder + "/link") == 0)
    let name = spelling == "file:" ? "file:\(folder)" : folder + spelling
    let words = ServerProcess.words(ServerOptions(), folder: name, port: 0)
    let second = try run(
      ServerProcess.executable(), words, environment: ServerProcess.environment(ServerOptions()))
    #expect(second.status != .exited(0))
    let sentence =
      spelling == "file:" ? "looks like a URI" : "nother seatcast already serves the data folder \(name)"
    #expect(second.error.contains(sentence), "\(second.error)")
    #expect(try readiness(server).status == 200)
  }
}
