import Glibc
import TestSupport
import Testing

@testable import ControlPlane

/// A control plane on the test's own thread with an event that was booked, and a folder for backups.
private struct Scene {
  let fixture: APIFixture
  let folder: TemporaryFolder
  let booking: String

  init() throws {
    fixture = try APIFixture()
    folder = try TemporaryFolder()
    let event = try fixture.event()
    booking = try fixture.book(event, quantity: 2, token: fixture.userToken()).text("bookingId")
  }

  var file: String { folder.path + "/backup.db" }

  func report() throws -> BackupReport { try fixture.backend.backUp(to: file) }
}

private func failure(_ body: () throws -> Void) -> AdminAnswer.Failure? {
  do {
    try body()
    return nil
  } catch {
    return error as? AdminAnswer.Failure
  }
}

@Suite("Backup and Restore")
struct BackupTests {
  @Test("a backup is one private file with everything in it")
  func made() throws {
    let scene = try Scene()
    let report = try scene.report()
    #expect(report.facts.events == 1 && report.facts.bookings == 1 && report.facts.sold == 2)
    #expect(report.facts.epoch == scene.fixture.backend.epoch)
    #expect(report.facts.madeAt == scene.fixture.clock.now)
    #expect(names(in: scene.folder.path) == ["backup.db"])
    var status = stat()
    #expect(unsafe stat(scene.file, &status) == 0 && status.st_mode & 0o777 == 0o600)
    #expect(Int(status.st_size) == report.bytes)
    #expect(scene.fixture.backend.counters().backups == 1)
    #expect(scene.fixture.backend.counters().backupAgeSeconds == 0)
    #expect(scene.fixture.incidents.all.contains(.backupMade(path: scene.file, bytes: report.bytes)))
    #expect(try StrictJSON.parse(report.json).members?["bookings"] == .integer(1))
    #expect(report.text.contains("seats sold  2\n"))
  }

  @Test("nothing is overwritten, and a place that cannot be written is told")
  func refusals() throws {
    let scene = try Scene()
    _ = try scene.report()
    #expect(
      failure { _ = try scene.report() }
        == .init(.refused, "\(scene.file) exists already; a backup overwrites nothing."))
    #expect(failure { _ = try scene.fixture.backend.backUp(to: "here.db") }?.kind == .data)
    let nowhere = scene.folder.path + "/no/backup.db"
    #expect(
      failure { _ = try scene.fixture.backend.backUp(to: nowhere) }?.description
        == "The backup cannot be written to \(scene.folder.path)/no: No such file or directory.")
    #expect(scene.fixture.backend.counters().failedBackups == 3)
    #expect(names(in: scene.folder.path) == ["backup.db"])
  }

  @Test("what an ended process left beside is overwritten")
  func leftovers() throws {
    let scene = try Scene()
    try put("half of a backup", at: try BackupFile(scene.file).draft)
    _ = try scene.report()
    #expect(names(in: scene.folder.path) == ["backup.db"])
  }

  @Test("a file or link of the draft's name is replaced, and what it leads to is not written")
  func linkedDrafts() throws {
    for isSymbolic in [false, true] {
      let scene = try Scene()
      let other = scene.folder.path + "/other"
      try put("somebody else's", at: other)
      let draft = try BackupFile(scene.file).draft
      #expect(unsafe (isSymbolic ? symlink(other, draft) : link(other, draft)) == 0)
      _ = try scene.report()
      #expect(contents(of: other) == Array("somebody else's".utf8))
      #expect(names(in: scene.folder.path) == ["backup.db", "other"])
    }
  }

  @Test("one at a time")
  func gate() throws {
    let scene = try Scene()
    #expect(scene.fixture.backend.ledger.backups.enter())
    #expect(failure { _ = try scene.report() } == .init(.unavailable, "Another backup is under way."))
    scene.fixture.backend.ledger.backups.leave()
    _ = try scene.report()
  }

  // MARK: Restore

  @Test("a restored database has the bookings under their numbers, and an epoch of its own")
  func restored() throws {
    let scene = try Scene()
    let made = try scene.report()
    let target = scene.folder.path + "/data"
    let report = try Restore.restore(scene.file, into: target)
    #expect(report.facts == made.facts)
    let epoch = try #require(report.newEpoch)
    #expect(epoch != made.facts.epoch)
    #expect(names(in: target) == ["seatcast.db", "seatcast.lock"])
    var configuration = Backend.Configuration(dataFolder: target)
    configuration.secret = TokenForge.secretBytes
    let backend = try Backend.open(
      configuration, notices: Stage(), replies: Stage(), observer: IncidentList(), threads: .inline)
    defer { backend.close() }
    #expect(backend.epoch == epoch)
    let id = try #require(PublicBookingID(scene.booking))
    #expect(try backend.openReader().booking(id)?.booking.quantity == 2)
    #expect(
      try DatabaseFacts.meta(DatabaseFacts.madeAtName, Connection(target + "/seatcast.db", .reader)) == nil)
  }

  @Test("holds, ticket types and waiting lists are counted in a backup, and go on after a restore")
  func parts() throws {
    let scene = try Scene()
    let (fixture, bob) = (scene.fixture, try scene.fixture.userToken("bob"))
    let event = try fixture.event(
      #""seatCapacity":3,"types":[{"name":"Gold","capacity":2},{"name":"Rest"}]"#)
    func book(_ members: String) throws -> Reply {
      try fixture.send("POST", "/api/bookings", #"{"eventId":\#(event),\#(members)}"#, token: bob)
    }
    #expect(try book(#""quantity":2,"typeId":1,"hold":true"#).status == 201)
    #expect(try book(#""quantity":1,"typeId":2"#).status == 201)
    let waiting = try fixture.send(
      "POST", "/api/events/\(event)/waitlist", #"{"quantity":1,"typeId":1}"#, token: fixture.userToken("eve"))
    #expect(waiting.status == 201)
    let made = try scene.report()
    #expect(made.facts.sold == 3 && made.facts.held == 2)

    let target = scene.folder.path + "/data"
    #expect(try Restore.restore(scene.file, into: target).facts == made.facts)
    fixture.clock.set(milliseconds: fixture.clock.now.milliseconds + 600_000)
    var configuration = Backend.Configuration(dataFolder: target)
    configuration.secret = TokenForge.secretBytes
    let backend = try Backend.open(
      configuration, notices: Stage(), replies: Stage(), observer: IncidentList(), clock: fixture.clock,
      threads: .inline)
    defer { backend.close() }
    while backend.pump() {}
    // The hold has ended, and one of its seats is offered to the user who waits.
    let events = try backend.openReader().events(after: nil, .all, limit: 10)
    let restored = try #require(events.first { $0.id == EventID(event) })
    #expect(restored.sold == 1 && restored.held == 1)
    #expect(restored.types.map(\.held) == [1, 0] && restored.types.map(\.sold) == [0, 1])
  }

  @Test("the token of a user who registered after the backup is nobody else's after the restore")
  func users() throws {
    let scene = try Scene()
    _ = try scene.report()
    _ = try scene.fixture.userToken("late")
    let late = try #require(try scene.fixture.backend.openReader().account(EmailKey("late@example.org")))
    let target = scene.folder.path + "/data"
    _ = try Restore.restore(scene.file, into: target)
    let backend = try Backend.openForAdministration(
      Backend.Configuration(dataFolder: target), needsKeys: false, observer: IncidentList())
    defer { backend.close() }
    let request = AdminRequest(
      .userCreate,
      [
        ("email", .text("new@example.org")), ("name", .text("new")), ("password", .text("password of new")),
      ])
    guard case .done = backend.administer(request.line).outcome else {
      throw AdminAnswer.Failure(.data, "no account")
    }
    let new = try #require(try backend.openReader().account(EmailKey("new@example.org")))
    #expect(new.user.identity != late.user.identity)
  }

  @Test("verifying tells what a backup has, and leaves nothing")
  func verified() throws {
    let scene = try Scene()
    let made = try scene.report()
    #expect(try Restore.verify(scene.file).facts == made.facts)
    #expect(names(in: scene.folder.path) == ["backup.db"])
  }

  @Test("a folder that has a database, or a server, is left alone")
  func occupied() throws {
    let scene = try Scene()
    _ = try scene.report()
    let target = scene.folder.path + "/data"
    _ = try Restore.restore(scene.file, into: target)
    #expect(
      failure { _ = try Restore.restore(scene.file, into: target) }?.description
        == "The folder \(target) has a database already (seatcast.db); a restore overwrites nothing.")
    let other = scene.folder.path + "/other"
    #expect(unsafe mkdir(other, 0o700) == 0)
    try put("of a database that is gone", at: other + "/seatcast.db-journal")
    #expect(failure { _ = try Restore.restore(scene.file, into: other) }?.kind == .refused)
    let served = scene.fixture.backend.dataFolder
    #expect(failure { _ = try Restore.restore(scene.file, into: served) }?.kind == .unavailable)
  }

  @Test("what is no backup, damaged or does not fit together is refused, and nothing is left of it")
  func damaged() throws {
    let scene = try Scene()
    let target = scene.folder.path + "/data"
    var number = 0
    func sentence(_ change: String) throws -> String? {
      number += 1
      let file = "\(scene.folder.path)/\(number).db"
      _ = try scene.fixture.backend.backUp(to: file)
      try Connection(file, .single).execute(change)
      return failure { _ = try Restore.restore(file, into: target) }?.description
    }
    #expect(try sentence("UPDATE event SET sold = 1")?.contains("are not those of its bookings") == true)
    let types = #"[{"id":1,"name":"Gold"}]"#
    #expect(
      try sentence("UPDATE event SET types = '\(types)', type_counts = '1:0'")?
        .contains("the seats of a ticket type of event 1 are not those of its bookings") == true)
    #expect(try sentence("DELETE FROM notice")?.contains("without gaps") == true)
    #expect(try sentence("UPDATE schema_version SET version = 99")?.contains("newer seatcast") == true)
    #expect(try sentence("DROP TABLE schema_version")?.contains("no database of seatcast") == true)
    try put(String(repeating: "nonsense ", count: 1_000), at: scene.folder.path + "/text.db")
    #expect(failure { _ = try Restore.restore(scene.folder.path + "/text.db", into: target) }?.kind == .data)
    #expect(failure { _ = try Restore.verify(scene.folder.path + "/none.db") }?.kind == .data)
    #expect(names(in: target) == ["seatcast.lock"])
  }

  @Test("a file that lost its end is refused, were it one byte")
  func cutOff() throws {
    let scene = try Scene()
    let bytes = try scene.report().bytes
    for lost in [1, 100, 4_095, 4_096] {
      #expect(unsafe truncate(scene.file, off_t(bytes - lost)) == 0)
      let failure = failure { _ = try Restore.verify(scene.file) }
      #expect(failure?.kind == .data, "\(lost)")
      if lost < 4_096 { #expect(failure?.description.contains("is cut off") == true, "\(lost)") }
    }
  }

  @Test("a page that is damaged is found")
  func damagedPage() throws {
    let scene = try Scene()
    _ = try scene.report()
    let file = unsafe open(scene.file, O_WRONLY)
    let noise = [UInt8](repeating: 0xA5, count: 3_000)
    #expect(unsafe pwrite(file, noise, noise.count, 4_096) == noise.count)
    close(file)
    #expect(failure { _ = try Restore.verify(scene.file) }?.kind == .data)
  }

  @Test("an older backup is brought up to date; a copy of a stopped server's database is as good")
  func older() throws {
    let folder = try TemporaryFolder()
    let file = folder.path + "/old.db"
    let connection = try Connection(file, .writer)
    try Migrations.bring(connection, steps: Array(Migrations.steps.prefix(3)))
    try connection.execute("INSERT INTO meta VALUES ('epoch', 'e'), ('booking_key', '0f')")
    _ = try connection.checkpoint()
    #expect(try Restore.verify(file).facts.schema == Migrations.steps.count)
    let report = try Restore.restore(file, into: folder.path + "/data")
    #expect(report.facts.epoch == "e" && report.facts.madeAt == nil)
    #expect(try Checkup.database(in: folder.path + "/data")?.schema == Migrations.steps.count)
  }
}

@Suite("BackupSchedule and Checkup")
struct BackupScheduleTests {
  private func schedule(_ scene: Scene, keep: Int = 2) throws -> BackupSchedule {
    try BackupSchedule(
      scene.fixture.backend, BackupPlan(folder: scene.folder.path + "/b", everySeconds: 3_600, keep: keep),
      ownThread: false)
  }

  @Test("files bear their time, and the newest are kept")
  func retention() throws {
    let scene = try Scene()
    let schedule = try schedule(scene)
    let start = scene.fixture.clock.now.milliseconds
    for hour in Int64(0)..<4 {
      scene.fixture.clock.set(milliseconds: start + hour * 3_600_000)
      #expect(schedule.perform() == start + (hour + 1) * 3_600_000)
    }
    try put("mine", at: scene.folder.path + "/b/notes.txt")
    #expect(
      names(in: scene.folder.path + "/b")
        == ["notes.txt", "seatcast-20241111T123000Z.db", "seatcast-20241111T133000Z.db"])
    #expect(Checkup.newestBackup(in: scene.folder.path + "/b")?.milliseconds == start + 3 * 3_600_000)
  }

  @Test("after a failure nothing is deleted, and it is tried again soon")
  func failing() throws {
    let scene = try Scene()
    let schedule = try schedule(scene, keep: 1)
    let start = scene.fixture.clock.now.milliseconds
    _ = schedule.perform()
    // The same second: the name is taken.
    #expect(schedule.perform() == start + 600_000)
    #expect(BackupSchedule.files(in: scene.folder.path + "/b").count == 1)
    #expect(scene.fixture.backend.counters().failedBackups == 1)
  }

  @Test("a new process knows the age of the newest file, and removes what was left half written")
  func restart() throws {
    let scene = try Scene()
    let folder = scene.folder.path + "/b"
    #expect(unsafe mkdir(folder, 0o700) == 0)
    try put("x", at: folder + "/seatcast-20241111T093000Z.db")
    try put("x", at: folder + "/.seatcast-20241111T094000Z.db.partial")
    try put("x", at: folder + "/.seatcast-20241111T094000Z.db.partial-wal")
    _ = try schedule(scene)
    #expect(names(in: folder) == ["seatcast-20241111T093000Z.db"])
    #expect(scene.fixture.backend.counters().backupAgeSeconds == 3_600)
  }

  @Test("its thread makes one at once when none is there, and ends when it is closed")
  func thread() throws {
    let folder = try TemporaryFolder()
    let backend = try Backend.open(
      Backend.Configuration(dataFolder: folder.path + "/data"), notices: Stage(), replies: Stage(),
      observer: IncidentList())
    let plan = BackupPlan(folder: folder.path + "/b", everySeconds: 3_600, keep: 2)
    let schedule = try BackupSchedule(backend, plan)
    try eventually("there is a backup") { BackupSchedule.files(in: folder.path + "/b").count == 1 }
    backend.stopIntake()
    schedule.close()
    backend.close()
    let name = try #require(BackupSchedule.files(in: folder.path + "/b").first)
    #expect(try Restore.verify(folder.path + "/b/" + name).facts.events == 0)
  }

  @Test("a folder that cannot be had is told")
  func unusable() throws {
    let scene = try Scene()
    try put("x", at: scene.folder.path + "/b")
    #expect(throws: StartFailure.self) { try schedule(scene) }
  }

  @Test("names are read back, and others are nobody's")
  func namesOfFiles() throws {
    let moment = Instant(milliseconds: 1_731_321_000_000)
    #expect(BackupSchedule.name(at: moment) == "seatcast-20241111T103000Z.db")
    #expect(BackupSchedule.moment(ofName: "seatcast-20241111T103000Z.db") == moment)
    for name in ["seatcast.db", "seatcast-20241111T103000.db", "seatcast-20241399T103000Z.db", "x"] {
      #expect(BackupSchedule.moment(ofName: name) == nil)
    }
  }

  @Test("a checkup reads and changes nothing")
  func checkup() throws {
    let scene = try Scene()
    #expect(Checkup.sqliteVersion.split(separator: ".").count >= 2)
    let state = try #require(try Checkup.database(in: scene.fixture.backend.dataFolder))
    #expect(state.schema == state.currentSchema && state.events == 1)
    #expect(try Checkup.database(in: scene.folder.path) == nil)
    #expect(names(in: scene.folder.path).isEmpty)
    #expect(throws: StartFailure.self) { try Checkup.publicKeys(in: scene.folder.path + "/none") }
  }
}
