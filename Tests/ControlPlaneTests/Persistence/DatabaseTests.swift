import Glibc
import TestSupport
import Testing

@testable import ControlPlane

@Suite("Database")
struct DatabaseTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func open() throws -> Database {
    try Database.open(DataFolder(folder.path), SystemRandom()).database
  }

  @Test("the epoch is made once, and stays")
  func epoch() throws {
    let epoch = try open().epoch
    #expect(epoch.utf8.count == 16)
    #expect(UInt64(epoch, radix: 16) != nil)
    #expect(try open().epoch == epoch)
    let other = try TemporaryFolder()
    #expect(try Database.open(DataFolder(other.path), SystemRandom()).database.epoch != epoch)
  }

  @Test("the database and its log are their owner's only")
  func modes() throws {
    let database = try Database.open(DataFolder(folder.path), SystemRandom())
    for file in ["seatcast.db", "seatcast.db-wal", "seatcast.db-shm"] {
      var status = stat()
      #expect(unsafe stat(folder.path + "/" + file, &status) == 0)
      #expect(status.st_mode & 0o777 == 0o600, "\(file)")
    }
    withExtendedLifetime(database) {}
  }

  @Test("an event that contradicts itself keeps the server from starting, with a sentence")
  func damagedEvent() throws {
    let configuration = Backend.Configuration(dataFolder: folder.path)
    func start() throws -> Backend {
      try Backend.open(
        configuration, notices: Stage(), replies: Stage(), observer: IncidentList(), threads: .inline)
    }
    try start().close()
    let connection = try Connection(folder.path + "/seatcast.db", .writer)
    try connection.execute(
      """
      PRAGMA ignore_check_constraints = ON;
      INSERT INTO event
        (name, description, venue, status, capacity, sold, held, max_per_booking, max_per_user, hold_seconds, seq,
         version, created_at, updated_at, shown, hold_extension_seconds)
      VALUES ('n', '', '', 'on_sale', 5, 6, 0, 1, 0, 0, 0, 1, 1, 1, 'on_sale', 0);
      """)
    let failure = #expect(throws: StartFailure.self) { try start() }
    #expect(failure?.description.contains("event 1 contradicts itself") == true)
  }

  @Test("a negative version of the schema is damage, not a crash")
  func negativeVersion() throws {
    try open().folder.release()
    let connection = try Connection(folder.path + "/seatcast.db", .writer)
    try connection.execute("UPDATE schema_version SET version = -16777216")
    let failure = #expect(throws: StartFailure.self) { try open() }
    #expect(failure?.description.contains("schema_version is damaged") == true)
  }

  @Test("bookings keep their public names over restarts")
  func bookingKey() throws {
    let name = try open().cipher.publicID(of: BookingID(1))
    #expect(try open().cipher.publicID(of: BookingID(1)) == name)
  }

  @Test("what is no database is refused with a sentence")
  func garbage() throws {
    try DataFolder(folder.path).write("seatcast.db", Array(repeating: 0x55, count: 5000))
    let failure = #expect(throws: StartFailure.self) { try open() }
    #expect(
      failure?.description
        == "the database \(folder.path)/seatcast.db is damaged: file is not a database (SQLite 26)")
  }

  @Test("a database from the future is refused with a sentence")
  func newer() throws {
    _ = try open()
    try Connection(folder.path + "/seatcast.db", .writer).execute("UPDATE schema_version SET version = 99")
    let failure = #expect(throws: StartFailure.self) { try open() }
    #expect(
      failure?.description
        == "the data folder \(folder.path) was written by a newer seatcast (schema 99, this one knows"
        + " \(Migrations.steps.count))")
  }

  @Test("a damaged key is refused with a sentence")
  func damagedKey() throws {
    _ = try open()
    try Connection(folder.path + "/seatcast.db", .writer)
      .execute("UPDATE meta SET value = 'nonsense' WHERE name = 'booking_key'")
    #expect(throws: StartFailure.self) { try open() }
  }
}
