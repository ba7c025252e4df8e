import TestSupport
import Testing

@testable import ControlPlane

@Suite("SQLiteBookingStore")
struct SQLiteBookingStoreTests {
  private let folder: TemporaryFolder
  private let store: SQLiteBookingStore

  init() throws {
    folder = try TemporaryFolder()
    store = try Database.open(DataFolder(folder.path), SystemRandom()).writer
  }

  @Test("what was rolled back was never there")
  func rollback() throws {
    try store.begin()
    let id = try store.insert(.sample(capacity: 3))
    store.rollback()
    store.rollback()
    #expect(try store.allEvents().isEmpty)
    try store.begin()
    #expect(try store.insert(.sample(capacity: 3)) == id)
    try store.commit()
    #expect(try store.allEvents().count == 1)
  }

  @Test("an event that sells too much is not saved")
  func lastNet() throws {
    var event = Event.sample(capacity: 3)
    event.id = try store.insert(event)
    event.sold = 4
    #expect(throws: StoreFailure.self) { try store.save(event) }
    event.sold = 3
    try store.save(event)
    #expect(try store.allEvents() == [event])
  }

  @Test("old keys are forgotten in steps, young ones stay")
  func sweeping() throws {
    try store.begin()
    for number in 0..<(SQLiteBookingStore.sweepStep + 500) {
      try store.remember(
        key: "\(number)", of: UserID(1), booking: BookingID(1), at: ServiceTime(milliseconds: 10))
    }
    try store.remember(key: "y", of: UserID(1), booking: BookingID(1), at: ServiceTime(milliseconds: 11))
    try store.commit()
    let count = try Statement(store.connection, "SELECT count(*) FROM idempotency_key")
    try store.tidy(expired: ServiceTime(milliseconds: 10))
    #expect(try count.first { $0.int(0) } == 501)
    #expect(store.isUntidy)
    while store.isUntidy { try store.tidy(expired: ServiceTime(milliseconds: 10)) }
    #expect(try count.first { $0.int(0) } == 1)
  }

  @Test("a checkpoint is due when the WAL is long")
  func checkpointDue() throws {
    try store.tidy(expired: ServiceTime(milliseconds: 0))
    #expect(!store.isTidyingDue)
    let bytes = SQLiteBookingStore.checkpointPages * 4096
    try store.connection.execute(
      "CREATE TABLE bulk (b BLOB); INSERT INTO bulk VALUES (zeroblob(\(bytes)))")
    #expect(store.isTidyingDue)
    try store.tidy(expired: ServiceTime(milliseconds: 0))
    #expect(!store.isTidyingDue)
  }

  @Test("a probe writes and leaves nothing")
  func probe() throws {
    try store.probe()
    try store.probe()
    let tables = try Statement(store.connection, "SELECT count(*) FROM sqlite_schema WHERE name = 'probe'")
    #expect(try tables.first { $0.int(0) } == 0)
  }

  @Test("a probe fails as long as a reader keeps it from copying everything that was committed")
  func hinderedProbe() throws {
    let reader = try Connection(store.connection.path, .reader)
    try reader.execute("BEGIN; SELECT * FROM event")
    try store.connection.execute("CREATE TABLE other (x INTEGER)")
    let failure = #expect(throws: StoreFailure.self) { try store.probe() }
    #expect(failure?.message == "a reader is in the way of a checkpoint")
    try store.makeRoom()
    #expect(store.connection.pagesToCheckpoint > 0 && store.isUntidy)
    try reader.execute("END")
    try store.probe()
  }
}
