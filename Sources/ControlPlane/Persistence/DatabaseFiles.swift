// Whether the files that SQLite has open are still those of their paths. A commit into a removed or replaced file succeeds
// and is lost, and SQLite does not notice. The ledger's thread; three stat(2) calls each time.

import Glibc

struct DatabaseFiles {
  /// What tells a file from another one of the same name.
  private struct Identity: Equatable {
    let device: UInt64
    let inode: UInt64
  }

  private let files: [(path: String, identity: Identity)]

  /// Takes what is there now as right. Never opens a file: closing it would drop SQLite's own locks (fcntl(2)).
  /// - Parameter database: the path of an open database in WAL mode that has been written to.
  init(of database: String) throws(StoreFailure) {
    var files: [(path: String, identity: Identity)] = []
    for path in ["", "-wal", "-shm"].map({ database + $0 }) {
      files.append((path, try Self.identity(of: path)))
    }
    self.files = files
  }

  /// - Throws: `StoreFailure.moved` when a file is gone, out of reach or another one.
  func verify() throws(StoreFailure) {
    for (path, identity) in files where try Self.identity(of: path) != identity {
      throw StoreFailure(code: StoreFailure.moved, message: "\(path) was replaced while the server runs")
    }
  }

  /// What is a pipe or a device under the name of one of the database's files, as a sentence without its end: SQLite would
  /// wait for what comes out of it. Nil: there is nothing of that kind.
  static func odd(at database: String) -> String? {
    ["", "-wal", "-shm", "-journal"].map { database + $0 }.first { !PlainFile.mayBe(at: $0) }
      .map { "\($0) \(PlainFile.fault)" }
  }

  private static func identity(of path: String) throws(StoreFailure) -> Identity {
    var status = stat()
    guard unsafe stat(path, &status) == 0 else {
      let code = errno
      throw StoreFailure(
        code: StoreFailure.moved,
        message: code == ENOENT
          ? "\(path) was removed while the server runs" : "\(path) is out of reach: \(describe(errno: code))")
    }
    return Identity(device: UInt64(status.st_dev), inode: UInt64(status.st_ino))
  }
}
