// The file that a backup becomes: written under a name beside its own, verified and synced there, and given its name last,
// so that a file of that name is always a whole backup. Whatever ends the process between leaves the file beside, which
// the next backup of that name removes. Blocks; no thread of the plane's.

import Glibc

struct BackupFile {
  let path: String
  /// `/folder/.NAME.partial`
  let draft: String
  private let folder: String

  static let draftPrefix = "."
  static let draftSuffix = ".partial"

  init(_ path: String) throws(AdminAnswer.Failure) {
    guard path.hasPrefix("/"), !path.hasSuffix("/"), let slash = path.lastIndex(of: "/") else {
      throw .init(.data, "The backup's file must be named by an absolute path.")
    }
    self.path = path
    folder = slash == path.startIndex ? "/" : String(path[..<slash])
    draft = "\(folder)/\(Self.draftPrefix)\(path[path.index(after: slash)...])\(Self.draftSuffix)"
  }

  /// Makes the draft: empty, and its owner's only. A file that is there already is never written to, because in a folder
  /// that others can write to it, or a link of that name, may be theirs.
  func reserve() throws(AdminAnswer.Failure) {
    guard unsafe access(path, F_OK) != 0 else {
      throw .init(.refused, "\(path) exists already; a backup overwrites nothing.")
    }
    discard()
    let file = unsafe open(draft, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard file >= 0 else {
      throw .init(.refused, "The backup cannot be written to \(folder): \(describe(errno: errno)).")
    }
    close(file)
  }

  /// Writes to the disk what has been copied so far, so that the end of the copy is no flood that the log's syncs wait behind.
  func writeOut() {
    let descriptor = unsafe open(draft, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return }
    // A failure is found when the whole is synced.
    _ = fdatasync(descriptor)
    close(descriptor)
  }

  /// Makes one file of the complete copy, notes when it was made, and verifies it.
  func finish(at moment: Instant) throws(AdminAnswer.Failure) -> DatabaseFacts {
    do throws(StoreFailure) {
      let connection = try Connection(draft, .single)
      try Statement(connection, "INSERT OR REPLACE INTO meta VALUES (?, ?)")
        .run([.text(DatabaseFacts.madeAtName), .text(String(moment.milliseconds))])
      try DatabaseFacts.verifyPages(connection)
      try DatabaseFacts.verifyRows(connection)
      return try DatabaseFacts(connection)
    } catch {
      throw .init(.refused, "The backup failed: \(error).")
    }
  }

  /// Gives it its name, after everything of it is on the disk.
  /// - Returns: its size in bytes.
  func publish() throws(AdminAnswer.Failure) -> Int {
    do throws(SystemFailure) {
      let bytes = try Self.synchronize(draft)
      guard unsafe access(path, F_OK) != 0 else { throw SystemFailure(code: EEXIST) }
      guard unsafe rename(draft, path) == 0 else { throw SystemFailure(code: errno) }
      _ = try Self.synchronize(folder)
      return bytes
    } catch {
      throw .init(.refused, "The backup cannot be kept as \(path): \(describe(errno: error.code)).")
    }
  }

  func discard() {
    for suffix in ["", "-journal", "-wal", "-shm"] { _ = unsafe unlink(draft + suffix) }
  }

  /// - Returns: the size of the file or folder.
  static func synchronize(_ path: String) throws(SystemFailure) -> Int {
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw SystemFailure(code: errno) }
    defer { close(descriptor) }
    guard fsync(descriptor) == 0 else { throw SystemFailure(code: errno) }
    var status = stat()
    return unsafe fstat(descriptor, &status) == 0 ? Int(status.st_size) : 0
  }
}
