// A copy of an open database, made page by page into a new file (https://www.sqlite.org/backup.html). Between the steps the
// source's own connection may write: what it changes of the pages that are copied already is changed in the copy, too, so
// the copy ends with the commit before its last step, however long it takes. On the thread of the source's connection.

import CSQLite

@safe final class OnlineCopy {
  private let source: Connection
  private let target: Connection
  /// Nil when it is closed.
  private var handle: OpaquePointer?

  /// - Parameter target: becomes a copy; what it had is gone.
  init(of source: Connection, into target: Connection) throws(StoreFailure) {
    (self.source, self.target) = (source, target)
    guard let handle = unsafe sqlite3_backup_init(target.handle, "main", source.handle, "main") else {
      throw target.failure(unsafe sqlite3_errcode(target.handle))
    }
    unsafe self.handle = handle
  }

  deinit { close() }

  /// Copies so many pages at most.
  /// - Returns: whether the copy is complete.
  func step(pages: Int) throws(StoreFailure) -> Bool {
    let code = unsafe sqlite3_backup_step(handle, Int32(pages))
    switch code & 0xFF {
    case SQLITE_OK, SQLITE_BUSY, SQLITE_LOCKED: return false
    case SQLITE_DONE: return true
    default: throw Connection.failure(code)
    }
  }

  /// Lets both databases go. An incomplete copy is rolled back.
  func close() {
    guard let handle = unsafe handle else { return }
    unsafe sqlite3_backup_finish(handle)
    unsafe self.handle = nil
  }
}

extension OnlineCopy {
  /// The whole of a database at once.
  static func make(of source: Connection, into target: Connection) throws(StoreFailure) {
    let copy = try OnlineCopy(of: source, into: target)
    defer { copy.close() }
    while try !copy.step(pages: 4_096) {}
  }
}
