// One SQLite connection, owned by one thread (SQLITE_OPEN_NOMUTEX). This file, Statement.swift and OnlineCopy.swift are
// the only ones that call sqlite3_ functions. There is one writer in the server, and it alone checkpoints:
// versions up to 3.51.2 can lose commits when two connections race a checkpoint against a WAL reset.

import CSQLite

/// What SQLite reported, or what was found to be wrong with its files.
struct StoreFailure: Error, Equatable, CustomStringConvertible {
  /// The primary result code, `moved` or `lost`.
  let code: Int32
  let message: String
  /// A write was not confirmed by the disk: what the kernel's cache shows may never reach it.
  var isUnsynced = false
  /// Another writer of a shared store was in the way; nothing was done, and the batch may be tried again.
  var isContention = false
  /// What PostgreSQL calls it: five characters (SQLSTATE).
  var state: String?
  var description: String { message }

  /// No code of SQLite's: the files under the open database are not those of its path.
  static let moved: Int32 = -2
  /// No code of SQLite's: so it was found after a commit, which therefore may be in the removed files alone.
  static let lost: Int32 = -3
  /// No code of SQLite's: the database's server does not answer, or the connection to it is lost.
  static let unreachable: Int32 = -4
  /// No code of SQLite's: the database's server refused a statement for the reason that `state` names.
  static let refused: Int32 = -5

  /// Without paths, for anybody who asks whether the server is ready.
  var reason: String {
    switch code {
    case Self.moved: "the database's files were removed or replaced; put them back or restart the server"
    case Self.lost: "the database's files were removed or replaced during a commit; restart the server"
    case Self.full: "the disk is full"
    case Self.unreachable: "the database does not answer"
    case Self.refused: "the database refuses what is written\(state.map { " (SQLSTATE \($0))" } ?? "")"
    default: "the disk takes no writes"
    }
  }

  static let busy = SQLITE_BUSY
  static let notADatabase = SQLITE_NOTADB
  static let corrupt = SQLITE_CORRUPT
  static let full = SQLITE_FULL
}

@safe final class Connection {
  enum Mode {
    /// Reads, writes, checkpoints; creates the file when it is missing.
    case writer
    case reader
    /// The target of a copy: neither journal nor syncs, because it is synced as a whole when it is complete and thrown
    /// away when it is not. Without a path it is a temporary database of its own.
    case copy
    /// A database that nobody else has open, as one file without a log beside it.
    case single
  }

  let handle: OpaquePointer
  let path: String
  /// Told by SQLite after each commit.
  private let wal = WALWatch()

  /// - Parameter vfs: how SQLite reaches files; nil: as it does by default. Tests have others.
  init(_ path: String, _ mode: Mode, vfs: String? = nil) throws(StoreFailure) {
    // Some builds of SQLite read a name that begins with "file:" as a URI.
    self.path = path.isEmpty || path.hasPrefix("/") ? path : "./" + path
    let flags =
      mode == .reader ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
    _ = Self.isConfigured
    var opened: OpaquePointer?
    let code = unsafe sqlite3_open_v2(self.path, &opened, flags | SQLITE_OPEN_NOMUTEX, vfs)
    guard code == SQLITE_OK, let opened = unsafe opened else {
      let failure = unsafe Connection.failure(code, opened)
      unsafe sqlite3_close_v2(opened)
      throw failure
    }
    unsafe handle = opened
    try configure(mode)
  }

  /// Once per process, before the first connection.
  private static let isConfigured = seatcast_without_memory_statistics() == SQLITE_OK

  deinit { unsafe sqlite3_close_v2(handle) }

  private func configure(_ mode: Mode) throws(StoreFailure) {
    unsafe sqlite3_extended_result_codes(handle, 1)
    unsafe sqlite3_busy_timeout(handle, 2000)
    switch mode {
    case .writer:
      try startWAL()
      try execute(
        """
        PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 0; PRAGMA cache_size = -16384;
        PRAGMA mmap_size = 0; PRAGMA secure_delete = OFF; PRAGMA journal_size_limit = 67108864;
        """)
      unsafe sqlite3_wal_hook(
        handle,
        { watch, _, _, pages in
          guard let watch = unsafe watch else { return SQLITE_OK }
          unsafe Unmanaged<WALWatch>.fromOpaque(watch).takeUnretainedValue().pages = Int(pages)
          return SQLITE_OK
        }, Unmanaged.passUnretained(wal).toOpaque())
    case .reader:
      let code = unsafe seatcast_no_checkpoint_on_close(handle)
      guard code == SQLITE_OK else { throw failure(code) }
      try execute("PRAGMA query_only = ON; PRAGMA wal_autocheckpoint = 0; PRAGMA mmap_size = 0;")
    case .copy:
      try execute(
        "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -2048; PRAGMA mmap_size = 0;"
      )
    case .single:
      try execute("PRAGMA journal_mode = DELETE; PRAGMA synchronous = FULL; PRAGMA mmap_size = 0;")
    }
  }

  /// SQLite answers with the old mode, and no failure, where shared memory is not to be had.
  private func startWAL() throws(StoreFailure) {
    let mode = try Statement(self, "PRAGMA journal_mode = WAL").first { $0.text(0) }
    guard mode == "wal" else {
      throw StoreFailure(
        code: SQLITE_CANTOPEN, message: "its file system cannot hold a write-ahead log (mode \(mode ?? "?"))")
    }
  }

  /// Like `3.40.1`, and the same as 3040001.
  static var sqliteVersion: String { unsafe String(cString: sqlite3_libversion()) }
  static var sqliteNumber: Int { Int(sqlite3_libversion_number()) }

  /// Runs statements that give no rows, or whose rows do not matter.
  func execute(_ sql: String) throws(StoreFailure) {
    let code = unsafe sqlite3_exec(handle, sql, nil, nil, nil)
    guard code == SQLITE_OK else { throw failure(code) }
  }

  var isInTransaction: Bool { unsafe sqlite3_get_autocommit(handle) == 0 }

  var lastInsertedRow: Int64 { unsafe sqlite3_last_insert_rowid(handle) }

  /// Rows that the last statement inserted, changed or deleted.
  var changedRows: Int { unsafe Int(sqlite3_changes(handle)) }

  /// Pages in the WAL after the last commit that are not known to be in the database file.
  var pagesToCheckpoint: Int { wal.pages }

  /// Copies WAL pages into the database file as far as no reader is in the way, and syncs it when that was all of them.
  /// The writer's thread only.
  /// - Returns: whether it was all of them.
  func checkpoint() throws(StoreFailure) -> Bool {
    var (log, copied): (Int32, Int32) = (0, 0)
    let code = unsafe sqlite3_wal_checkpoint_v2(handle, nil, SQLITE_CHECKPOINT_PASSIVE, &log, &copied)
    if code & 0xFF == SQLITE_BUSY { return false }
    guard code == SQLITE_OK else { throw failure(code) }
    wal.pages = Int(log - copied)
    return log == copied
  }

  /// Makes sure that the disk has what the log shows, before anything is committed behind it. After a failed sync the kernel
  /// may show pages that never reached the disk, to this process as to the one before it; they are dirty again when they
  /// are written again. The writer's thread, once, at the start.
  func writeLogAgain() throws(StoreFailure) {
    // In WAL mode the log is open from the first read on.
    _ = try Statement(self, "SELECT count(*) FROM sqlite_schema").first { $0.int(0) }
    let code = unsafe seatcast_write_log_again(handle)
    guard code == SQLITE_OK else { throw Self.failure(code) }
  }

  /// The failure that SQLite last reported here.
  func failure(_ code: Int32) -> StoreFailure { unsafe Self.failure(code, handle) }

  /// A failure by its code alone.
  static func failure(_ code: Int32) -> StoreFailure { unsafe failure(code, nil) }

  private static func failure(_ code: Int32, _ handle: OpaquePointer?) -> StoreFailure {
    let words = unsafe handle == nil ? sqlite3_errstr(code) : sqlite3_errmsg(handle)
    let message = unsafe words.map { unsafe String(cString: $0) } ?? "unknown failure"
    return StoreFailure(
      code: code & 0xFF, message: "\(message) (SQLite \(code))", isUnsynced: code == fsyncFailed)
  }

  /// SQLITE_IOERR_FSYNC, which the importer does not see.
  private static let fsyncFailed = SQLITE_IOERR | 4 << 8
}

private final class WALWatch {
  var pages = 0
}
