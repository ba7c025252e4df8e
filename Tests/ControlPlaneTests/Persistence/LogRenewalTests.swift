// Method: a database is copied with its log while a connection has it open, which is what a killed process leaves behind.
import Glibc
import TestSupport
import Testing

@testable import ControlPlane

@Suite("LogRenewal")
struct LogRenewalTests {
  private let folder: TemporaryFolder
  private var path: String { folder.path + "/seatcast.db" }

  init() throws {
    folder = try TemporaryFolder()
    let source = try TemporaryFolder()
    let connection = try Connection(source.path + "/seatcast.db", .writer)
    try connection.execute("CREATE TABLE t (x BLOB)")
    for _ in 0..<40 { try connection.execute("INSERT INTO t VALUES (zeroblob(50000))") }
    for suffix in ["", "-wal"] {
      let bytes = try #require(contents(of: source.path + "/seatcast.db" + suffix))
      let target = try DataFolder(folder.path)
      try target.write("seatcast.db" + suffix, bytes)
      target.release()
    }
  }

  private func count() throws -> Int? {
    try Statement(Connection(path, .reader), "SELECT count(*) FROM t").first { $0.int(0) }
  }

  private func written() -> timespec {
    var status = stat()
    return unsafe stat(path + "-wal", &status) == 0 ? status.st_mtim : timespec()
  }

  @Test("each byte of the log is written anew, and the log says what it said")
  func renews() throws {
    let before = try #require(contents(of: path + "-wal"))
    #expect(before.count > 1 << 20, "The log is longer than one step.")
    let old = written()
    pause(milliseconds: 20)
    #expect(try LogRenewal.renew(path + "-wal") == before.count)
    let new = written()
    #expect((new.tv_sec, new.tv_nsec) > (old.tv_sec, old.tv_nsec))
    #expect(contents(of: path + "-wal") == before)
    #expect(try count() == 40)
  }

  @Test("a log that is not there needs nothing")
  func missing() throws {
    #expect(try LogRenewal.renew(folder.path + "/none-wal") == 0)
  }

  @Test("a log that cannot be written keeps the server from starting, with a sentence")
  func refused() throws {
    do throws(StoreFailure) {
      try LogRenewal.renew(folder.path)
      Issue.record("A folder was taken for a log.")
    } catch {
      #expect(error.message == "\(folder.path) cannot be made durable: Is a directory")
    }
  }

  @Test("a database is not opened before its log is durable")
  func opening() throws {
    let other = try TemporaryFolder()
    let data = try DataFolder(other.path)
    defer { data.release() }
    #expect(unsafe mkdir(other.path + "/seatcast.db-wal", 0o700) == 0)
    let failure = #expect(throws: StartFailure.self) { try Database.open(data, SystemRandom()) }
    let log = "\(data.database)-wal"
    #expect(
      failure?.description
        == "cannot open the database \(data.database): \(log) cannot be made durable: Is a directory")
  }
}
