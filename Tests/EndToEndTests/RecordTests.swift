// The record of sales with the real program: across kill -9, while it runs and from its files, by both verifiers, after a
// restore, and when somebody changes the database. docs/RECORD.md
import Glibc
import TestSupport
import Testing

@Suite("Record", .timeLimit(.minutes(30)))
struct RecordTests {
  private let scratch: TemporaryFolder

  init() throws { scratch = try TemporaryFolder() }

  private func path(_ name: String) -> String { scratch.path + "/" + name }

  private func verify(_ words: String...) throws -> (
    status: TestSupport.ExitStatus, output: String, error: String
  ) {
    try run(ServerProcess.executable(), ["verify", "--record"] + words)
  }

  private func verifyByGuide(_ words: String...) throws -> (
    status: TestSupport.ExitStatus, output: String, error: String
  ) {
    try run("python3", [SourceTree.root + "/docs/guides/verify_record.py"] + words)
  }

  @Test(
    "every acknowledged booking is in the record after kill -9, and both verifiers say so", arguments: [1, 2])
  func killed(round: Int) throws {
    let server = try TestServer()
    let event = try server.event(seats: 100_000)
    let full = try server.event(seats: 2, ["holdSeconds": 1])
    try server.person(1).book(full, quantity: 2)
    for user in 2...4 {
      #expect(
        try server.person(user).request("POST", "/api/events/\(full)/waitlist", json: ["quantity": 1]).status
          == 201)
    }
    let acknowledged = Guarded<Set<String>>([])
    let isOver = Guarded(false)
    let buyers = try (1...4).map { user in
      try BackgroundThread {
        let client = server.person(user)
        while !isOver.withLock({ $0 }) {
          guard let booking = try? client.book(event).word("bookingId") else { continue }
          acknowledged.withLock { _ = $0.insert(booking) }
        }
      }
    }
    try eventually("the sale is on") { acknowledged.withLock { $0.count } > 100 * round }
    let head = try server.server.client().get("/api/record/head").text
    try put(head, at: path("heads.txt"))
    try put(try server.server.client().get("/api/record/key").text, at: path("key.pem"))
    let commands = Commands(folder: server.server.folder.path)
    #expect(try commands.run("record export --out \(path("running"))").status == .exited(0))
    let before = acknowledged.withLock { $0.count }
    try eventually("more is sold") { acknowledged.withLock { $0.count } > before }
    try server.server.kill9()
    isOver.withLock { $0 = true }
    for buyer in buyers { try buyer.join() }

    #expect(try commands.json("record export --out \(path("killed"))").number("entries") > 100)
    try server.server.restart()
    #expect(try commands.run("record export --out \(path("restarted"))").status == .exited(0))
    for name in ["running", "killed", "restarted"] {
      let ran = try verify(path(name), "--key", path("key.pem"), "--head", path("heads.txt"))
      #expect(ran.status == .exited(0), "\(name): \(ran.output)\(ran.error)")
      guard isInstalled("python3") else { continue }
      let other = try verifyByGuide(path(name), path("key.pem"), path("heads.txt"))
      #expect(other.status == .exited(0), "\(name): \(other.output)\(other.error)")
    }
    let record = String(decoding: contents(of: path("killed")) ?? [], as: UTF8.self)
    for booking in acknowledged.withLock({ $0 }) {
      #expect(record.contains("\"\(booking)\""), "\(booking) is not in the record")
    }
    #expect(record.contains(#""kind":"joined""#))
  }

  @Test(
    "both verifiers find the same line in a record that was changed", .enabled(if: isInstalled("python3")))
  func tampered() throws {
    let server = try TestServer()
    let event = try server.event(seats: 10)
    for user in 1...5 { try server.person(user).book(event) }
    let commands = Commands(folder: server.server.folder.path)
    #expect(try commands.run("record export --out \(path("good"))").status == .exited(0))
    #expect(try commands.run("record export --event \(event) --out \(path("one"))").status == .exited(0))
    #expect(try commands.run("record export --out \(path("good"))").status == .exited(1), "it exists")
    for name in ["good", "one"] {
      let lines = String(decoding: contents(of: path(name)) ?? [], as: UTF8.self).split(separator: "\n")
      #expect(try verify(path(name)).status == .exited(0))
      #expect(try verifyByGuide(path(name)).status == .exited(0))
      for number in lines.indices.dropFirst() {
        var changed = lines
        changed[number] = Substring(lines[number].replacing("a", with: "b"))
        guard changed[number] != lines[number] else { continue }
        try put(changed.joined(separator: "\n") + "\n", at: path("changed"))
        let (ours, others) = (try verify(path("changed")), try verifyByGuide(path("changed")))
        #expect(ours.status == .exited(1) && others.status == .exited(1))
        #expect(ours.output.hasPrefix("The record is not good. Line \(number + 1) "), "\(ours.output)")
        #expect(others.output.hasPrefix("not good: line \(number + 1) "), "\(others.output)")
      }
    }
  }

  @Test("the head grows with the sale, a new key is signed by the old one, and doctor looks at it all")
  func keys() throws {
    let server = try TestServer()
    let event = try server.event(seats: 10)
    let commands = Commands(folder: server.server.folder.path)
    let first = try commands.json("record head").number("entries")
    try server.person(1).book(event)
    try eventually("a head covers the booking") {
      let lines = try server.server.client().get("/api/record/head").text.split(separator: "\n")
      return lines.count > 1 && Int(lines[1]) == first + 1
    }
    try put(try commands.run("record key").output, at: path("old.pem"))
    #expect(try commands.run("record rotate").output.contains("BEGIN PUBLIC KEY"))
    try put(try commands.run("record key").output, at: path("new.pem"))
    #expect(contents(of: path("old.pem")) != contents(of: path("new.pem")))
    #expect(try server.metric("seatcast_record_entries") == first + 2)
    #expect(try server.metric("seatcast_record_failures_total") == 0)
    #expect(try server.server.terminate() == .exited(0))
    #expect(try commands.run("record export --out \(path("record"))").status == .exited(0))
    for key in ["old.pem", "new.pem"] {
      #expect(try verify(path("record"), "--key", path(key)).status == .exited(0))
      if isInstalled("python3") { #expect(try verifyByGuide(path("record"), path(key)).status == .exited(0)) }
    }
    #expect(try commands.run("doctor").output.contains("entries of the record are what its signed heads say"))

    let database = server.server.folder.path + "/seatcast.db"
    guard isInstalled("python3") else { return }
    let change = """
      import sqlite3, sys
      with sqlite3.connect(sys.argv[1]) as db: db.execute("UPDATE notice SET available = available + 1")
      """
    #expect(try run("python3", ["-c", change, database]).status == .exited(0))
    let doctor = try commands.run("doctor")
    #expect(doctor.status == .exited(1) && doctor.output.contains("The record is damaged"))
    #expect(try commands.run("record export --out \(path("damaged"))").status == .exited(1))
    #expect(!names(in: scratch.path).contains("damaged"))
  }

  @Test("a restored database says so in its record, and heads of what was lost are not of its history")
  func restored() throws {
    let server = try TestServer()
    let event = try server.event(seats: 10)
    try server.person(1).book(event)
    let commands = Commands(folder: server.server.folder.path)
    let kept = try commands.run("record head").output
    #expect(try commands.run("backup \(path("backup.db"))").status == .exited(0))
    try server.person(2).book(event)
    let lost = try commands.run("record head").output
    #expect(try server.server.terminate() == .exited(0))

    let target = Commands(folder: path("data"))
    #expect(try target.run("restore \(path("backup.db"))").status == .exited(0))
    let key = server.server.folder.path + "/record-key"
    try put(String(decoding: contents(of: key) ?? [], as: UTF8.self), at: path("data/record-key"))
    let other = TestServer(running: try ServerProcess(folder: TemporaryFolder(taking: path("data"))))
    try other.person(3).book(event)
    #expect(try target.run("record export --out \(path("record"))").status == .exited(0))
    try put(kept, at: path("kept"))
    try put(lost, at: path("lost"))
    let good = try verify(path("record"), "--head", path("kept"))
    #expect(good.status == .exited(0) && good.output.contains("restored at"), "\(good.output)")
    let bad = try verify(path("record"), "--head", path("lost"))
    #expect(bad.status == .exited(1) && bad.output.contains("leaves the history of a kept head"))
  }
}
