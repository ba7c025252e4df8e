import TestSupport
import Testing

@testable import ControlPlane

@Suite("Statement")
struct StatementTests {
  private let folder: TemporaryFolder
  private let connection: Connection

  init() throws {
    folder = try TemporaryFolder()
    connection = try Connection(folder.path + "/test.db", .writer)
    try connection.execute("CREATE TABLE t (i INTEGER, s TEXT) STRICT")
  }

  @Test(
    "values come back as they went in", arguments: ["", "a", "with \u{0} inside", "ü€😀", "'; DROP TABLE t"])
  func roundTrip(_ text: String) throws {
    let insert = try Statement(connection, "INSERT INTO t VALUES (?, ?)")
    for number in [Int64.min, -1, 0, .max] { try insert.run([.int(number), .text(text)]) }
    let rows = try Statement(connection, "SELECT i, s FROM t").all { ($0.int64(0), $0.text(1)) }
    #expect(rows.map(\.0) == [.min, -1, 0, .max])
    #expect(rows.allSatisfy { $0.1 == text })
  }

  @Test("null is nothing, and values of an earlier use are gone")
  func nulls() throws {
    let insert = try Statement(connection, "INSERT INTO t VALUES (?, ?)")
    try insert.run([.int(1), .text("x")])
    try insert.run([.null])
    let rows = try Statement(connection, "SELECT i, s FROM t").all { ($0.optionalInt64(0), $0.text(1)) }
    #expect(rows.map(\.0) == [1, nil])
    #expect(rows.map(\.1) == ["x", ""])
    #expect(try Statement(connection, "SELECT i FROM t WHERE i = 9").first { $0.int(0) } == nil)
  }

  @Test("a failed use leaves the statement ready for the next")
  func reuse() throws {
    try connection.execute("CREATE UNIQUE INDEX one ON t (i)")
    let insert = try Statement(connection, "INSERT INTO t (i) VALUES (?)")
    try insert.run([.int(1)])
    #expect(throws: StoreFailure.self) { try insert.run([.int(1)]) }
    try insert.run([.int(2)])
    #expect(connection.changedRows == 1)
    #expect(connection.lastInsertedRow == 2)
  }

  @Test("a first row does not keep a snapshot open")
  func noSnapshotLeft() throws {
    try connection.execute("INSERT INTO t (i) VALUES (1), (2), (3)")
    let reader = try Connection(folder.path + "/test.db", .reader)
    let first = try Statement(reader, "SELECT i FROM t ORDER BY i")
    #expect(try first.first { $0.int(0) } == 1)
    try connection.execute("DELETE FROM t WHERE i = 1")
    #expect(try first.first { $0.int(0) } == 2)
  }

  @Test("what is no SQL is refused when it is prepared")
  func syntax() { #expect(throws: StoreFailure.self) { try Statement(connection, "SELEKT 1") } }

  @Test("numbers that should not be negative are read as zero, not as a crash")
  func unsigned() throws {
    try connection.execute("INSERT INTO t (i) VALUES (-5)")
    #expect(try Statement(connection, "SELECT i FROM t").first { $0.uint64(0) } == 0)
  }

  @Test("values that are bound one by one stay for the next use, and a new one takes the place of the old")
  func boundOneByOne() throws {
    let insert = try Statement(connection, "INSERT INTO t VALUES (?, ?)")
    insert.bind(7, at: 1)
    insert.bind("x", at: 2)
    try insert.runBound()
    insert.bind(Int64.min, at: 1)
    try insert.runBound()
    insert.bindNull(at: 2)
    try insert.runBound()
    let rows = try Statement(connection, "SELECT i, s FROM t").all { ($0.int64(0), $0.text(1)) }
    #expect(rows.map(\.0) == [7, .min, .min] && rows.map(\.1) == ["x", "x", ""])
    let find = try Statement(connection, "SELECT s FROM t WHERE i = ?")
    find.bind(7, at: 1)
    #expect(try find.firstBound { $0.text(0) } == "x")
    find.bind(8, at: 1)
    #expect(try find.firstBound { $0.text(0) } == nil)
  }

  @Test("a value that cannot be bound fails the use, and the next one is well")
  func wrongPlace() throws {
    let find = try Statement(connection, "SELECT ?")
    find.bind(1, at: 1)
    find.bind(1, at: 2)
    #expect(throws: StoreFailure.self) { try find.runBound() }
    #expect(try find.firstBound { $0.int(0) } == 1)
  }
}
