// What can be learned of a server's files and of SQLite without starting the server, for `seatcast doctor`. Changes
// nothing; any thread.

import Glibc

public enum Checkup {
  // MARK: SQLite

  public static var sqliteVersion: String { Connection.sqliteVersion }

  /// Whether two connections that checkpoint and write at a time can lose commits (versions 3.7.0 to 3.51.2). The server
  /// has one connection that does either.
  public static var hasWALResetFault: Bool { (3_007_000...3_051_002).contains(Connection.sqliteNumber) }

  // MARK: The database

  /// Whether a server, or a command that works on its files, has the folder.
  public static func isServed(_ folder: String) -> Bool { DataFolder.isLocked(folder) }

  public struct DatabaseState: Sendable, Equatable {
    public let schema: Int
    public let currentSchema: Int
    public let events: Int
    /// Of the database and of its write-ahead log.
    public let bytes: Int
    public let logBytes: Int
  }

  /// Nil: the folder has none. Reads it beside a running server, too.
  public static func database(in folder: String) throws(StartFailure) -> DatabaseState? {
    let path = folder + "/" + DataFolder.databaseName
    guard let bytes = size(of: path) else { return nil }
    if let odd = DatabaseFiles.odd(at: path) { throw StartFailure("the database cannot be read: \(odd)") }
    let logBytes = size(of: path + "-wal") ?? 0
    // SQLite reads it as a database without tables.
    if bytes == 0 {
      return DatabaseState(
        schema: 0, currentSchema: Migrations.steps.count, events: 0, bytes: 0, logBytes: logBytes)
    }
    do throws(StoreFailure) {
      let connection = try Connection(path, .reader)
      let schema = try Migrations.version(of: connection)
      let events =
        schema == 0 ? 0 : try Statement(connection, "SELECT count(*) FROM event").first { $0.int(0) } ?? 0
      return DatabaseState(
        schema: schema, currentSchema: Migrations.steps.count, events: events, bytes: bytes,
        logBytes: logBytes)
    } catch {
      throw StartFailure("the database \(path) cannot be read: \(error)")
    }
  }

  /// Holds the counts of a database of today's schema against its rows, beside a running server, too. Reads all bookings.
  /// - Returns: what does not fit together, in words; nil: everything does.
  public static func fault(ofDatabaseIn folder: String) throws(StartFailure) -> String? {
    let path = folder + "/" + DataFolder.databaseName
    do throws(StoreFailure) {
      let connection = try Connection(path, .reader)
      do throws(StoreFailure) { try DatabaseFacts.verifyRows(connection) } catch {
        guard error.code == StoreFailure.corrupt else { throw error }
        return error.message
      }
      return nil
    } catch {
      throw StartFailure("the database \(path) cannot be read: \(error)")
    }
  }

  private static func size(of path: String) -> Int? {
    var status = stat()
    return unsafe stat(path, &status) == 0 ? Int(status.st_size) : nil
  }

  // MARK: Keys and backups

  /// How many keys of a file with another system's public keys would count.
  public static func publicKeys(in file: String) throws(StartFailure) -> Int {
    try KeySetFile(path: file).keys().count
  }

  /// When the newest backup of the schedule in this folder was made; nil: there is none.
  public static func newestBackup(in folder: String) -> Instant? {
    BackupSchedule.newest(in: folder)
  }
}
