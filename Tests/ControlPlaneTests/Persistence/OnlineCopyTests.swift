import TestSupport
import Testing

@testable import ControlPlane

@Suite("OnlineCopy and DatabaseFacts")
struct OnlineCopyTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func numbers(_ connection: Connection) throws -> Int {
    try Statement(connection, "SELECT count(*) FROM t").first { $0.int(0) } ?? 0
  }

  private func source(rows: Int) throws -> Connection {
    let source = try Connection(folder.path + "/source.db", .writer)
    try source.execute("CREATE TABLE t (n INTEGER PRIMARY KEY, b BLOB)")
    try source.execute(
      """
      WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < \(rows))
      INSERT INTO t SELECT n, zeroblob(2000) FROM c
      """)
    return source
  }

  @Test(
    "what the source's connection writes between the steps is in the copy, and the copy never begins anew")
  func writesBetween() throws {
    let source = try source(rows: 400)
    let target = try Connection(folder.path + "/copy.db", .copy)
    let copy = try OnlineCopy(of: source, into: target)
    var (steps, isComplete) = (0, false)
    while !isComplete {
      isComplete = try copy.step(pages: 8)
      steps += 1
      if !isComplete, steps.isMultiple(of: 2) {
        try source.execute("INSERT INTO t (b) VALUES (zeroblob(10)); UPDATE t SET b = 'x' WHERE n = 1;")
      }
      if steps.isMultiple(of: 5) { _ = try source.checkpoint() }
      try #require(steps < 1_000)
    }
    copy.close()
    #expect(try numbers(target) == numbers(source))
    #expect(try Statement(target, "SELECT b FROM t WHERE n = 1").first { $0.text(0) } == "x")
    try DatabaseFacts.verifyPages(target)
  }

  @Test("an incomplete copy is no database, and leaves the source as it was")
  func incomplete() throws {
    let source = try source(rows: 400)
    let target = try Connection(folder.path + "/copy.db", .copy)
    let copy = try OnlineCopy(of: source, into: target)
    #expect(try !copy.step(pages: 4))
    copy.close()
    copy.close()
    #expect(throws: StoreFailure.self) { try numbers(target) }
    #expect(try numbers(source) == 400)
  }

  @Test("rows that do not fit together are told")
  func rows() throws {
    let moment = Instant(milliseconds: 0)
    let event = Event(id: EventID(1), name: "E", seatCapacity: 9, createdAt: moment, updatedAt: moment)
    _ = try Database.open(DataFolder(folder.path), SystemRandom()).writer.insert(event)
    let connection = try Connection(folder.path + "/seatcast.db", .writer)
    try DatabaseFacts.verifyRows(connection)
    #expect(try DatabaseFacts(connection).events == 1)
    try connection.execute("UPDATE event SET sold = 2")
    #expect {
      try DatabaseFacts.verifyRows(connection)
    } throws: { error in
      "\(error)"
        == "the seats sold and held, or the number of bookings, of event 1 are not those of its bookings"
    }
    try connection.execute("UPDATE event SET sold = 0, standing = 1")
    #expect(throws: StoreFailure.self) { try DatabaseFacts.verifyRows(connection) }
    try connection.execute("UPDATE event SET standing = 0")
    try connection.execute("UPDATE event SET sold = 0, seq = 3")
    #expect {
      try DatabaseFacts.verifyRows(connection)
    } throws: { error in
      "\(error)" == "the changes of event 1 are not numbered without gaps"
    }
    try connection.execute("DELETE FROM meta")
    #expect(throws: StoreFailure.self) { try DatabaseFacts(connection) }
  }
}
