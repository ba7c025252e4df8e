import TestSupport
import Testing

@testable import ControlPlane

@Suite("Connection")
struct ConnectionTests {
  private let folder: TemporaryFolder
  private var path: String { folder.path + "/test.db" }

  init() throws { folder = try TemporaryFolder() }

  private func number(_ connection: Connection, _ sql: String) throws -> Int? {
    try Statement(connection, sql).first { $0.int(0) }
  }

  @Test("the writer syncs each commit and never checkpoints by itself")
  func writerPragmas() throws {
    let writer = try Connection(path, .writer)
    #expect(try Statement(writer, "PRAGMA journal_mode").first { $0.text(0) } == "wal")
    #expect(try number(writer, "PRAGMA synchronous") == 2)
    #expect(try number(writer, "PRAGMA wal_autocheckpoint") == 0)
    #expect(try number(writer, "PRAGMA mmap_size") ?? 0 == 0)
    #expect(try number(writer, "PRAGMA secure_delete") == 0)
  }

  @Test("a reader cannot write")
  func readerIsReadOnly() throws {
    let writer = try Connection(path, .writer)
    try writer.execute("CREATE TABLE t (x INTEGER)")
    let reader = try Connection(path, .reader)
    #expect(throws: StoreFailure.self) { try reader.execute("INSERT INTO t VALUES (1)") }
    #expect(try number(reader, "SELECT count(*) FROM t") == 0)
    #expect(try number(reader, "PRAGMA wal_autocheckpoint") == 0)
  }

  @Test("a reader sees each commit, and nothing before it")
  func isolation() throws {
    let writer = try Connection(path, .writer)
    try writer.execute("CREATE TABLE t (x INTEGER)")
    let reader = try Connection(path, .reader)
    try writer.execute("BEGIN IMMEDIATE; INSERT INTO t VALUES (1)")
    #expect(writer.isInTransaction)
    #expect(try number(reader, "SELECT count(*) FROM t") == 0)
    try writer.execute("COMMIT")
    #expect(!writer.isInTransaction)
    #expect(try number(reader, "SELECT count(*) FROM t") == 1)
  }

  @Test("a log that is written again says the same, and is synced whole")
  func logAgain() throws {
    let disk = try FaultyDisk(seed: 1)
    let writer = try Connection(path, .writer, vfs: disk.vfs)
    try writer.execute("CREATE TABLE t (x INTEGER); INSERT INTO t VALUES (randomblob(100000))")
    let log = contents(of: path + "-wal")
    let syncs = disk.syncs
    try writer.writeLogAgain()
    #expect(disk.syncs == syncs + 1)
    #expect(contents(of: path + "-wal") == log)
    #expect(try number(writer, "SELECT length(x) FROM t") == 100_000)
    // Without a log there is nothing to do.
    #expect(try writer.checkpoint())
    let single = try Connection(folder.path + "/single.db", .single, vfs: disk.vfs)
    let before = disk.syncs
    try single.writeLogAgain()
    #expect(disk.syncs == before)
  }

  @Test("commits fill the WAL until a checkpoint, which a reader's close is not")
  func checkpoint() throws {
    let writer = try Connection(path, .writer)
    try writer.execute("CREATE TABLE t (x INTEGER)")
    let pages = writer.pagesToCheckpoint
    #expect(pages > 0)
    do { #expect(try number(Connection(path, .reader), "SELECT count(*) FROM t") == 0) }
    try writer.execute("INSERT INTO t VALUES (1)")
    #expect(writer.pagesToCheckpoint > pages)
    #expect(try writer.checkpoint())
    #expect(writer.pagesToCheckpoint == 0)
  }

  @Test("a checkpoint tells that a reader is in the way, and what it left")
  func hinderedCheckpoint() throws {
    let writer = try Connection(path, .writer)
    try writer.execute("CREATE TABLE t (x INTEGER)")
    let reader = try Connection(path, .reader)
    try reader.execute("BEGIN; SELECT * FROM t")
    try writer.execute("INSERT INTO t VALUES (1)")
    #expect(try !writer.checkpoint())
    #expect(writer.pagesToCheckpoint == 1)
    try reader.execute("END")
    #expect(try writer.checkpoint())
    #expect(writer.pagesToCheckpoint == 0)
  }

  @Test("a name that looks like a URI is a name")
  func uri() throws {
    let name = "file:seatcast-test-\(folder.path.suffix(6)).db?mode=memory"
    try Connection(name, .writer).execute("CREATE TABLE t (x INTEGER)")
    #expect(contents(of: "./" + name) != nil)
    for suffix in ["", "-wal", "-shm"] { removeTree("./" + name + suffix) }
  }

  @Test("a reason tells no path, and what helps")
  func reasons() {
    func reason(_ code: Int32) -> String { StoreFailure(code: code, message: "/a/path").reason }
    #expect(reason(StoreFailure.moved).hasSuffix("removed or replaced; put them back or restart the server"))
    #expect(reason(StoreFailure.lost).hasSuffix("removed or replaced during a commit; restart the server"))
    #expect(reason(StoreFailure.full) == "the disk is full")
    #expect(reason(StoreFailure.busy) == "the disk takes no writes")
  }

  @Test("failures have SQLite's words and primary code")
  func failures() throws {
    let writer = try Connection(path, .writer)
    let failure = #expect(throws: StoreFailure.self) { try writer.execute("SELECT * FROM nowhere") }
    #expect(failure?.code == 1)
    #expect(failure?.message == "no such table: nowhere (SQLite 1)")
    #expect(throws: StoreFailure.self) { try Connection(folder.path + "/none/x.db", .writer) }
    #expect(throws: StoreFailure.self) { try Connection(folder.path + "/none.db", .reader) }
  }
}
