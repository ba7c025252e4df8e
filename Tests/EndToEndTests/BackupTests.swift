// Backup and restore with the real program: during a rush, across kill -9, on a full disk, by the clock, and what
// clients see after a restore. docs/OPERATING.md, "Backup and restore".
import Glibc
import TestSupport
import Testing

@Suite("Backup", .timeLimit(.minutes(30)))
struct BackupTests {
  /// Makes a database of some megabytes, so that a backup takes a while.
  private func fill(_ server: TestServer, events: Int) throws {
    let admin = try server.admin()
    let text = String(repeating: "A long description. ", count: 190)
    for _ in 0..<events {
      let draft: JSON = ["name": "E", "seatCapacity": 100, "description": .string(text)]
      guard try admin.request("POST", "/api/events", json: draft).status == 201 else {
        throw TestFailure("no event")
      }
    }
  }

  @Test("a backup of a busy server ends, and has every booking that was acknowledged before it began")
  func rush() throws {
    let server = try TestServer()
    let event = try server.event(seats: 100_000)
    try fill(server, events: 200)
    let folder = try TemporaryFolder()
    let commands = Commands(folder: server.server.folder.path)
    let acknowledged = Guarded<Set<String>>([])
    let isOver = Guarded(false)
    let buyers = try (1...8).map { user in
      try BackgroundThread {
        let client = server.person(user)
        while !isOver.withLock({ $0 }) {
          let booking = try client.book(event).word("bookingId")
          acknowledged.withLock { _ = $0.insert(booking) }
        }
      }
    }
    try eventually("the rush is on") { acknowledged.withLock { $0.count } > 200 }
    var (reports, before): ([JSON], [Set<String>]) = ([], [])
    for number in 0..<3 {
      before.append(acknowledged.withLock { $0 })
      reports.append(try commands.json("backup \(folder.path)/\(number).db"))
    }
    isOver.withLock { $0 = true }
    for buyer in buyers { try buyer.join() }
    let after = acknowledged.withLock { $0.count }
    for (number, report) in reports.enumerated() {
      let count = try report.number("bookings")
      #expect(count >= before[number].count && count <= after + 8)
      #expect(try report.number("sold") == count)
    }
    #expect(try server.metric("seatcast_backups_total") == 3)

    // Every booking of before is in the last one, under its number.
    let restored = folder.path + "/data"
    #expect(try Commands(folder: restored).run("restore \(folder.path)/2.db").status == .exited(0))
    let other = TestServer(running: try ServerProcess(folder: TemporaryFolder(taking: restored)))
    let reader = try other.admin()
    for booking in before[2] {
      #expect(try reader.get("/api/bookings/\(booking)").status == 200, "\(booking)")
    }
  }

  @Test("after a restore nobody resumes into another history, and sales go on")
  func resuming() throws {
    let server = try TestServer()
    let event = try server.event(seats: 10)
    let (socket, greeting) = try server.watch(event)
    let epoch = try greeting.word("epoch")
    let kept = try server.person(1).book(event).word("bookingId")
    _ = try socket.expect("booking_created")
    let folder = try TemporaryFolder()
    let commands = Commands(folder: server.server.folder.path)
    _ = try commands.json("backup \(folder.path)/b.db")
    try server.person(2).book(event)
    #expect(try server.server.terminate() == .exited(0))

    let target = Commands(folder: folder.path + "/data")
    let verified = try target.json("restore \(folder.path)/b.db --verify")
    #expect(try verified.number("bookings") == 1 && verified["newEpoch"] == nil)
    #expect(!names(in: folder.path).contains("data"))
    let restored = try target.json("restore \(folder.path)/b.db")
    #expect(try restored.word("epoch") == epoch && restored.word("newEpoch") != epoch)
    #expect(try target.run("restore \(folder.path)/b.db").status == .exited(1))

    let other = TestServer(running: try ServerProcess(folder: TemporaryFolder(taking: folder.path + "/data")))
    let (_, resumed) = try other.watch(event, query: "?since=1&epoch=\(epoch)")
    #expect(resumed["recovered"] == false)
    #expect(try resumed.number("availableSeats") == 9)
    #expect(try other.person(1).get("/api/bookings/\(kept)").status == 200)
    #expect(try other.person(3).book(event).number("seq") == 2)
  }

  @Test("kill -9 during a backup leaves no file of its name, and the next backup works")
  func killed() throws {
    let server = try TestServer()
    try fill(server, events: 1_500)
    let folder = try TemporaryFolder()
    let commands = Commands(folder: server.server.folder.path)
    let file = folder.path + "/b.db"
    let backup = try BackgroundThread { try commands.run("backup \(file)") }
    try eventually("it has begun") { !names(in: folder.path).isEmpty }
    try server.server.kill9()
    let ran = try backup.join()
    if ran.status == .exited(0) {
      // It was faster than the signal; then the file is whole.
      #expect(try commands.run("restore \(file) --verify").status == .exited(0))
      #expect(unsafe unlink(file) == 0)
    } else {
      #expect(ran.status == .exited(69))
      #expect(!names(in: folder.path).contains("b.db"))
    }
    // Without a server the same command copies the files.
    #expect(try commands.json("backup \(file)").number("events") == 1_500)
    #expect(names(in: folder.path) == ["b.db"])
    try server.server.restart()
    #expect(try commands.run("backup \(folder.path)/c.db").status == .exited(0))
  }

  @Test("a server that is told to stop during a backup stops, and the backup fails with a sentence")
  func stopping() throws {
    let server = try TestServer()
    try fill(server, events: 1_500)
    let folder = try TemporaryFolder()
    let commands = Commands(folder: server.server.folder.path)
    let backup = try BackgroundThread { try commands.run("backup \(folder.path)/b.db") }
    try eventually("it has begun") { !names(in: folder.path).isEmpty }
    #expect(try server.server.terminate() == .exited(0))
    let ran = try backup.join()
    #expect([.exited(0), .exited(1)].contains(ran.status), "\(ran.error)")
    #expect(names(in: folder.path) == (ran.status == .exited(0) ? ["b.db"] : []))
  }

  /// Whether this machine lets a test mount a small file system in a namespace of its own.
  private static let canMount =
    (try? run("unshare", ["-m", "mount", "-t", "tmpfs", "none", "/mnt"]).status) == .exited(0)

  @Test(
    "a full disk fails the backup and nothing else",
    .enabled(if: canMount, "mounting a small file system needs a user who may unshare(1)"))
  func fullDisk() throws {
    let (folder, small) = (try TemporaryFolder(), try TemporaryFolder())
    let options = ServerOptions()
    let process = try ChildProcess(
      "unshare",
      [
        "-m", "sh", "-c", "mount -t tmpfs -o size=256k none '\(small.path)' && exec \"$0\" \"$@\"",
        try ServerProcess.executable(),
      ] + ServerProcess.words(options, folder: folder.path, port: 0),
      environment: ServerProcess.environment(options))
    let server = TestServer(running: try ServerProcess())
    let port = try ServerProcess.awaitPort(of: process)
    let admin = HTTPClient(port: port, token: server.mint.token(user: 1, role: "admin"))
    let text = String(repeating: "A long description. ", count: 190)
    for _ in 0..<100 {
      _ = try admin.request(
        "POST", "/api/events", json: ["name": "E", "seatCapacity": 9, "description": .string(text)])
    }
    let ran = try Commands(folder: folder.path).run("backup \(small.path)/b.db")
    #expect(ran.status == .exited(1))
    #expect(ran.error.contains("disk is full"), "\(ran.error)")
    #expect(try admin.book(1).number("seq") == 1)
    #expect(try HTTPClient(port: port).get("/readyz").status == 200)
    let metrics = try HTTPClient(port: port).get("/metrics").text
    #expect(metrics.contains("\nseatcast_backups_failed_total 1\n"))
    #expect(!metrics.contains("\nseatcast_backup_age_seconds "))
    process.signal(SIGTERM)
    #expect(try process.wait() == .exited(0))
  }

  @Test("backups by the clock are made, counted and kept within the bound; failures are logged")
  func schedule() throws {
    let folder = try TemporaryFolder()
    var options = ServerOptions()
    options.arguments = ["--backup-dir", folder.path + "/b", "--backup-every", "60s", "--backup-keep", "2"]
    let server = try TestServer(options)
    try eventually("the first one is made") { try server.metric("seatcast_backups_total") == 1 }
    #expect(try server.metric("seatcast_backup_age_seconds") < 60)
    let file = try #require(names(in: folder.path + "/b").first)
    let commands = Commands(folder: server.server.folder.path)
    #expect(try commands.run("restore \(folder.path)/b/\(file) --verify").status == .exited(0))
    try server.server.kill9()
    try server.server.restart()
    // The newest one is young, so the next is not due yet.
    #expect(try server.metric("seatcast_backups_total") == 0)
    #expect(try server.metric("seatcast_backup_age_seconds") < 60)
  }

  @Test("doctor finds nothing wrong with a server that runs, and fails on a secret that others can read")
  func doctor() throws {
    let server = try TestServer()
    let commands = Commands(folder: server.server.folder.path)
    let report = try commands.json("doctor --port 0")
    #expect(report["ok"] == true)
    #expect(try server.server.terminate() == .exited(0))
    try put(String(repeating: "s", count: 40), at: commands.folder + "/jwt-secret")
    #expect(unsafe chmod(commands.folder + "/jwt-secret", 0o644) == 0)
    let ran = try commands.run("doctor --port 0")
    #expect(ran.status == .exited(1))
    #expect(ran.output.contains("fail  secret"))
    #expect(ran.output.contains("chmod 600"))
  }
}
