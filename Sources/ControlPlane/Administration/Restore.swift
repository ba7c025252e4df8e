// Puts a backup into a data folder that has no database. It is copied, brought up to date and verified under another name
// first, so that whatever ends the process leaves a folder without a database. The restored database has a new epoch: a
// client that knows another history must not resume into this one. Bookings keep their numbers, because the key that makes
// them is in the database; numbers of users that the lost part may have given are not given again. No server runs; any
// thread.

import Glibc

public enum Restore {
  /// More than anybody registers between a backup and its restore.
  private static let skippedUsers: Int64 = 1_000_000
  /// The database while it is not finished.
  static let draftName = ".seatcast.db.restoring"

  /// Verifies a backup without putting it anywhere.
  public static func verify(_ path: String) throws(AdminAnswer.Failure) -> BackupReport {
    let bytes = try size(of: path)
    return try reading(path, bytes) { source throws(StoreFailure) in
      let copy = try Connection("", .copy)
      return BackupReport(path: path, bytes: bytes, facts: try fill(copy, from: source))
    }
  }

  /// Verifies a backup and puts it into the folder, which is made when it is missing.
  public static func restore(
    _ path: String, into folder: String, identifiers: any IdentifierSource = SystemRandom()
  ) throws(AdminAnswer.Failure) -> BackupReport {
    let bytes = try size(of: path)
    let target: DataFolder
    do throws(StartFailure) { target = try DataFolder(folder) } catch {
      throw .init(error.isServed ? .unavailable : .refused, sentence(error.description))
    }
    defer { target.release() }
    // A journal without its database would be rolled back into the restored one.
    for name in ["", "-wal", "-journal"].map({ DataFolder.databaseName + $0 }) {
      guard unsafe access(target.realPath + "/" + name, F_OK) != 0 else {
        throw .init(
          .refused, "The folder \(folder) has a database already (\(name)); a restore overwrites nothing.")
      }
    }
    let draft = target.realPath + "/" + draftName
    removeDraft(draft)
    do throws(AdminAnswer.Failure) {
      let epoch = identifiers.randomHex(bytes: 8)
      let facts = try reading(path, bytes) { source throws(StoreFailure) in
        try fill(draft, from: source, epoch: epoch, target)
      }
      try publish(draft, target)
      return BackupReport(path: path, bytes: bytes, facts: facts, newEpoch: epoch)
    } catch {
      removeDraft(draft)
      throw error
    }
  }

  // MARK: Copying and verifying

  private static func fill(
    _ draft: String, from source: Connection, epoch: String, _ folder: DataFolder
  ) throws(StoreFailure) -> DatabaseFacts {
    try folder.reserve(draft)
    let facts = try fill(try Connection(draft, .copy), from: source)
    let connection = try Connection(draft, .single)
    try Statement(connection, "UPDATE meta SET value = ? WHERE name = 'epoch'").run([.text(epoch)])
    try Statement(connection, "DELETE FROM meta WHERE name = ?").run([.text(DatabaseFacts.madeAtName)])
    // Whoever registered after the backup may still have a good token, which must not become somebody else's.
    try Statement(connection, "UPDATE meta SET value = CAST(value + ? AS TEXT) WHERE name = 'next_account'")
      .run([.int(skippedUsers)])
    return facts
  }

  /// - Returns: what the backup has, after it was found to fit together.
  private static func fill(_ copy: Connection, from source: Connection) throws(StoreFailure) -> DatabaseFacts
  {
    let version = try Migrations.version(of: source)
    guard (1...Migrations.steps.count).contains(version) else {
      throw StoreFailure(
        code: 0,
        message: version == 0
          ? "it is no database of seatcast"
          : "it was made by a newer seatcast (schema \(version), this one knows \(Migrations.steps.count))")
    }
    try OnlineCopy.make(of: source, into: copy)
    try DatabaseFacts.verifyPages(copy)
    do throws(MigrationFailure) { try Migrations.bring(copy) } catch {
      throw StoreFailure(code: 0, message: "it cannot be brought up to date: \(error)")
    }
    try DatabaseFacts.verifyRows(copy)
    return try DatabaseFacts(copy)
  }

  private static func reading<Value>(
    _ path: String, _ bytes: Int, _ body: (Connection) throws(StoreFailure) -> Value
  ) throws(AdminAnswer.Failure) -> Value {
    do throws(StoreFailure) {
      let source = try Connection(path, .reader)
      // SQLite reads what is missing of a last page as zeros, and those may be in the place of rows.
      let page = try Statement(source, "PRAGMA page_size").first { $0.int(0) } ?? 1
      guard bytes % page == 0 else {
        throw StoreFailure(
          code: StoreFailure.corrupt, message: "the file is cut off: its last page is not whole")
      }
      return try body(source)
    } catch {
      throw .init(.data, "\(path) cannot be restored: \(error).")
    }
  }

  // MARK: Files

  private static func size(of path: String) throws(AdminAnswer.Failure) -> Int {
    var status = stat()
    guard unsafe stat(path, &status) == 0 else {
      throw .init(.data, "\(path) cannot be read: \(describe(errno: errno)).")
    }
    guard PlainFile.mayBe(at: path) else { throw .init(.data, "\(path) \(PlainFile.fault).") }
    return Int(status.st_size)
  }

  private static func publish(_ draft: String, _ folder: DataFolder) throws(AdminAnswer.Failure) {
    do throws(SystemFailure) {
      _ = try BackupFile.synchronize(draft)
      guard unsafe rename(draft, folder.database) == 0 else { throw SystemFailure(code: errno) }
      _ = try BackupFile.synchronize(folder.realPath)
    } catch {
      throw .init(.refused, "The database cannot be put into \(folder.path): \(describe(errno: error.code)).")
    }
  }

  private static func removeDraft(_ draft: String) {
    for suffix in ["", "-journal", "-wal", "-shm"] { _ = unsafe unlink(draft + suffix) }
  }

  private static func sentence(_ text: String) -> String {
    text.prefix(1).uppercased() + text.dropFirst() + "."
  }
}
