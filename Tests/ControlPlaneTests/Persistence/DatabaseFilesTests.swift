import Glibc
import TestSupport
import Testing

@testable import ControlPlane

@Suite("DatabaseFiles")
struct DatabaseFilesTests {
  private let folder: TemporaryFolder
  private let connection: Connection
  private let files: DatabaseFiles
  private var path: String { folder.path + "/x.db" }

  init() throws {
    folder = try TemporaryFolder()
    connection = try Connection(folder.path + "/x.db", .writer)
    try connection.execute("CREATE TABLE t (x INTEGER)")
    files = try DatabaseFiles(of: connection.path)
  }

  private func sentence() -> String? {
    do throws(StoreFailure) {
      try files.verify()
      return nil
    } catch {
      #expect(error.code == StoreFailure.moved)
      return error.message
    }
  }

  @Test("writing and checkpointing change nothing")
  func ordinary() throws {
    for _ in 0..<3 {
      try connection.execute("INSERT INTO t VALUES (1)")
      _ = try connection.checkpoint()
    }
    #expect(sentence() == nil)
  }

  @Test(
    "each file is missed when it is removed, and welcome when it is back", arguments: ["", "-wal", "-shm"])
  func removed(suffix: String) {
    #expect(unsafe rename(path + suffix, folder.path + "/kept") == 0)
    #expect(sentence() == "\(path)\(suffix) was removed while the server runs")
    #expect(unsafe rename(folder.path + "/kept", path + suffix) == 0)
    #expect(sentence() == nil)
  }

  @Test("another file of the same name is no substitute", arguments: ["", "-wal", "-shm"])
  func replaced(suffix: String) throws {
    let bytes = try #require(contents(of: path + suffix))
    try DataFolder(folder.path).write("twin", bytes)
    #expect(unsafe rename(folder.path + "/twin", path + suffix) == 0)
    #expect(sentence() == "\(path)\(suffix) was replaced while the server runs")
  }

  @Test("a folder that is gone, or another one in its place, is noticed")
  func folderGone() throws {
    let elsewhere = folder.path + ".away"
    #expect(unsafe rename(folder.path, elsewhere) == 0)
    #expect(sentence() == "\(path) was removed while the server runs")
    #expect(unsafe mkdir(folder.path, 0o700) == 0)
    try Connection(path, .writer).execute("CREATE TABLE t (x INTEGER)")
    #expect(sentence() == "\(path) was replaced while the server runs")
    removeTree(elsewhere)
  }
}
