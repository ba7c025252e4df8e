import TestSupport
import Testing

@testable import ControlPlane

@Suite("Migrations")
struct MigrationsTests {
  private let folder: TemporaryFolder
  private let connection: Connection

  init() throws {
    folder = try TemporaryFolder()
    connection = try Connection(folder.path + "/test.db", .writer)
  }

  private func version() throws -> [Int] {
    try Statement(connection, "SELECT version FROM schema_version").all { $0.int(0) }
  }

  @Test("each step is taken once, and only the missing ones")
  func steps() throws {
    let steps: [Migrations.Step] = [
      "CREATE TABLE a (x);", "CREATE TABLE b (x);", "ALTER TABLE a ADD COLUMN y;",
    ]
    try Migrations.bring(connection, steps: Array(steps.prefix(1)))
    #expect(try version() == [1])
    try Migrations.bring(connection, steps: steps)
    #expect(try version() == [3])
    try Migrations.bring(connection, steps: steps)
    #expect(try version() == [3])
    try connection.execute("INSERT INTO a (x, y) VALUES (1, 2); INSERT INTO b VALUES (3);")
  }

  @Test("a step that fails leaves nothing of itself")
  func failingStep() throws {
    try Migrations.bring(connection, steps: ["CREATE TABLE a (x);"])
    #expect(throws: MigrationFailure.self) {
      try Migrations.bring(connection, steps: ["", "CREATE TABLE b (x); CREATE TABLE a (x);"])
    }
    #expect(!connection.isInTransaction)
    #expect(try version() == [1])
    try Migrations.bring(connection, steps: ["", "CREATE TABLE b (x);"])
    #expect(try version() == [2])
  }

  @Test("a database from the future is refused")
  func newer() throws {
    try Migrations.bring(connection, steps: ["", "", ""])
    #expect(throws: MigrationFailure.newer(version: "3", known: 2)) {
      try Migrations.bring(connection, steps: ["", ""])
    }
  }

  @Test("a database of version 0.1.0 keeps what it has, and takes updates of events from then on")
  func fromFirstSchema() throws {
    try Migrations.bring(connection, steps: [Migrations.steps[0]])
    try connection.execute(
      """
      INSERT INTO meta VALUES ('epoch', '0123456789abcdef'), ('booking_key', '00000000000000ff');
      INSERT INTO event VALUES (7, 'Old', '', '', NULL, NULL, NULL, 'on_sale', 12, 3, 0, 10, 0, 600, 3, 2, 1, 5);
      INSERT INTO booking VALUES (1, 7, 9, 2, 1, 1, 3, 3), (2, 7, 9, 3, 4, 4, NULL, NULL);
      INSERT INTO notice VALUES (7, 1, 1, 1, 8, 10, 1), (7, 2, 3, NULL, 10, 12, 2), (7, 3, 2, 1, 12, 12, 3);
      INSERT INTO notice VALUES (7, 4, 1, 2, 9, 12, 5);
      UPDATE event SET seq = 4;
      INSERT INTO idempotency_key VALUES (1, 0, 9, 'k', 2, 1700000000000);
      """)
    let folder = try TemporaryFolder()
    try connection.execute("VACUUM INTO '\(folder.path)/seatcast.db'")

    let fixture = try LedgerFixture(folder)
    #expect(fixture.database.epoch == "0123456789abcdef")
    let event = try #require(fixture.ledger.events[EventID(7)])
    let old = try fixture.log(event)
    #expect(old.map(\.seq) == [1, 2, 3, 4])
    #expect(old[1].change == .capacityChanged)
    #expect(try fixture.store.serviceTime() == ServiceTime(milliseconds: 1_700_000_000_000))

    let record = try RecordFixture(fixture)
    let before = RecordFixture.entries(try record.lines())
    #expect(
      before.compactMap { RecordEntry(Array($0.utf8))?.kind } == [
        "begin", "event", "booked", "capacity", "cancelled", "booked", "live",
      ])
    #expect(before[0].contains(#""earlier":true"#))

    let changed = try fixture.patch(event, EventPatch(status: .closed))
    #expect(RecordVerifier.refusal(of: try record.lines()) == nil)
    #expect(changed.seq == 5)
    #expect(try fixture.log(event) == old + [try #require(try fixture.log(event).last)])
    #expect(try fixture.log(event).last?.change == .eventUpdated(changed.details))
    #expect(try Statement(fixture.store.connection, "PRAGMA integrity_check").first { $0.text(0) } == "ok")
  }

  @Test("what happened before there was a record is in it, event by event, with holds and waiting lists")
  func beforeTheRecord() throws {
    try Migrations.bring(connection, steps: Array(Migrations.steps.prefix(11)))
    try connection.execute(
      """
      INSERT INTO meta VALUES ('epoch', '0123456789abcdef'), ('booking_key', '00000000000000ff');
      INSERT INTO event (name, description, venue, status, capacity, sold, held, max_per_booking, max_per_user,
        hold_seconds, seq, version, created_at, updated_at, shown, hold_extension_seconds)
        VALUES ('A', '', '', 'on_sale', 9, 3, 1, 9, 0, 60, 5, 1, 5, 5, 'on_sale', 60),
        ('B', '', '', 'on_sale', 10, 0, 0, 1, 0, 0, 0, 1, 6, 6, 'on_sale', 0);
      INSERT INTO account VALUES (1, 'seatcast', '1', NULL, NULL, NULL, NULL, NULL, 1, NULL);
      INSERT INTO booking (id, event_id, user_id, quantity, created_at, created_seq, state, held_until, extended,
        confirmed_at, cancelled_at, cancelled_seq)
        VALUES (1, 1, 1, 3, 7, 1, 1, 100, 0, 9, NULL, NULL), (2, 1, 1, 1, 8, 2, 2, 9000000000000, 20, NULL, NULL, NULL),
        (3, 1, 1, 2, 8, 3, 4, 20, 0, NULL, 21, 4);
      INSERT INTO notice (event_id, seq, kind, booking_id, available, capacity, at) VALUES (1, 1, 1, 1, 6, 9, 7),
        (1, 2, 1, 2, 5, 9, 8), (1, 3, 1, 3, 3, 9, 8), (1, 4, 2, 3, 5, 9, 21), (1, 5, 3, NULL, 5, 9, 22),
        (7, 1, 3, NULL, 5, 5, 9), (7, 2, 3, NULL, 5, 5, 10);
      INSERT INTO notice_detail VALUES (1, 5, 'on_sale', 'A', NULL, NULL, NULL, 9),
        (7, 2, 'deleted', 'Gone', NULL, NULL, NULL, 3);
      INSERT INTO waiting (event_id, user_id, quantity, joined_at) VALUES (1, 1, 6, 11);
      INSERT INTO feed VALUES (5, 0, 1, 5, 1);
      """)
    let folder = try TemporaryFolder()
    try connection.execute("VACUUM INTO '\(folder.path)/seatcast.db'")
    let record = try RecordFixture(try LedgerFixture(folder))
    let lines = try record.lines()
    #expect(RecordVerifier.refusal(of: lines) == nil)
    #expect(
      RecordFixture.entries(lines).compactMap { RecordEntry(Array($0.utf8))?.kind } == [
        "begin", "event", "held", "held", "held", "expired", "updated", "event", "event", "capacity",
        "updated",
        "confirmed", "extended", "live", "joined",
      ])
    let event = try #require(record.ledger.ledger.events[EventID(1)])
    try record.ledger.book(event, user: 1, 4)
    #expect(RecordVerifier.refusal(of: try record.lines()) == nil)
  }

  @Test("the schema refuses what the rules should have refused: the last net")
  func lastNet() throws {
    try Migrations.bring(connection)
    let event = """
      INSERT INTO event (name, description, venue, status, capacity, sold, held, max_per_booking,
        max_per_user, hold_seconds, seq, version, created_at, updated_at, shown, hold_extension_seconds)
      VALUES ('', '', '', 'on_sale', 10, 6, 4, 1, 0, 0, 0, 1, 0, 0, 'on_sale', 0);
      """
    try connection.execute(event)
    for change in ["sold = 7", "held = 5", "capacity = 9", "sold = -1", "status = 'odd'", "version = 0"] {
      #expect(throws: StoreFailure.self) { try connection.execute("UPDATE event SET \(change)") }
    }
    let notice = "INSERT INTO notice VALUES (1, 1, 3, NULL, 0, 10, 0, NULL)"
    try connection.execute(notice)
    #expect(throws: StoreFailure.self, "a seq twice") { try connection.execute(notice) }
    #expect(throws: StoreFailure.self, "a booking's notice without a booking") {
      try connection.execute("INSERT INTO notice VALUES (1, 2, 1, NULL, 0, 10, 0, NULL)")
    }
    for kind in ["0", "4", "NULL"] {
      #expect(throws: StoreFailure.self, "a notice of kind \(kind)") {
        try connection.execute("INSERT INTO notice VALUES (1, 2, \(kind), 1, 0, 10, 0, NULL)")
      }
    }
  }

  @Test("no statement of a booking fills a temporary table, in a database of an earlier version either")
  func lean() throws {
    try Migrations.bring(connection, steps: Array(Migrations.steps.prefix(10)))
    try Migrations.bring(connection)
    let inserts = [
      "INSERT INTO notice VALUES (1, 1, 1, 1, 1, 1, 1, NULL)",
      "INSERT INTO booking (event_id, user_id, quantity, created_at, created_seq) VALUES (1, 1, 1, 1, 1)",
      "UPDATE event SET (sold, held, seq, updated_at, standing) = (1, 1, 1, 1, standing + 1) WHERE id = 1",
      "INSERT INTO idempotency_key (hash, user_id, key, booking_id, at) VALUES (1, 1, '', 1, 1)",
    ]
    for insert in inserts {
      try connection.execute(insert)
      let codes = try Statement(connection, "EXPLAIN \(insert)").all { $0.text(1) }
      #expect(!codes.isEmpty && !codes.contains("OpenEphemeral"), "\(insert)")
    }
  }
}
