// A database that is open: what the plane's threads get their connections from.

protocol Storage: Sendable {
  /// This process' own files: keys, the administrator's socket, and with SQLite the database.
  var folder: DataFolder { get }
  /// Changes only when a database is made anew or restored.
  var epoch: String { get }
  var cipher: BookingIDCipher { get }
  /// A read-only connection of its own, for one thread.
  func openReader() throws(StartFailure) -> any ReadStore
  /// The same for the record.
  func openRecord() throws(StartFailure) -> any RecordSource
}
