// The open database of a data folder: the writer, which goes to the ledger's thread, and what every reader
// needs. The folder's lock is held for as long as this lives.

final class Database: Storage {
  let folder: DataFolder
  /// Changes only when a database is made anew or restored.
  let epoch: String
  let cipher: BookingIDCipher
  let record: RecordFacts
  private let keySalt: UInt64
  private let vfs: String?

  private init(
    _ folder: DataFolder, epoch: String, bookingKey: UInt64, record: RecordFacts, vfs: String?
  ) {
    self.folder = folder
    self.epoch = epoch
    self.cipher = BookingIDCipher(key: bookingKey)
    self.keySalt = bookingKey
    self.record = record
    self.vfs = vfs
  }

  /// Opens or creates it, and brings the schema up to date.
  /// - Parameters:
  ///   - upgrades: false: a database of an older version is refused.
  ///   - vfs: how SQLite reaches files; nil: as it does by default.
  static func open(
    _ folder: DataFolder, _ identifiers: any IdentifierSource, upgrades: Bool = true, vfs: String? = nil
  ) throws(StartFailure) -> (database: Database, writer: SQLiteBookingStore) {
    if let mark = try MovedMark.read(folder) { throw mark.refusal(folder) }
    do throws(MigrationFailure) {
      let connection = try connect(folder, vfs)
      if !upgrades { try Migrations.check(connection) }
      try Migrations.bring(connection)
      let database = try describe(connection, folder, identifiers, vfs)
      return (database, try writer(connection, database))
    } catch {
      throw sentence(error, folder)
    }
  }

  /// A read-only connection of its own.
  func openReader() throws(StartFailure) -> any ReadStore {
    do throws(StoreFailure) {
      return try SQLiteReadStore(folder.database, cipher: cipher, vfs: vfs)
    } catch {
      throw Self.sentence(.store(error), folder)
    }
  }

  /// The same for the record.
  func openRecord() throws(StartFailure) -> any RecordSource {
    do throws(StoreFailure) {
      return try SQLiteRecordSource(folder.database, facts: record, vfs: vfs)
    } catch {
      throw Self.sentence(.store(error), folder)
    }
  }

  private static func connect(_ folder: DataFolder, _ vfs: String?) throws(MigrationFailure) -> Connection {
    try storing { () throws(StoreFailure) in
      if let odd = DatabaseFiles.odd(at: folder.database) { throw StoreFailure(code: 0, message: odd) }
      try folder.reserve(folder.database)
      let connection = try Connection(folder.database, .writer, vfs: vfs)
      try connection.writeLogAgain()
      return connection
    }
  }

  private static func writer(_ connection: Connection, _ database: Database) throws(MigrationFailure)
    -> SQLiteBookingStore
  {
    try storing { () throws(StoreFailure) in
      try SQLiteBookingStore(connection, cipher: database.cipher, keySalt: database.keySalt)
    }
  }

  /// Reads the database's own numbers, or makes them in its first hour.
  private static func describe(
    _ connection: Connection, _ folder: DataFolder, _ identifiers: any IdentifierSource, _ vfs: String?
  ) throws(MigrationFailure) -> Database {
    try storing { () throws(StoreFailure) in
      let keep = try Statement(connection, "INSERT OR IGNORE INTO meta VALUES (?, ?)")
      let find = try Statement(connection, "SELECT value FROM meta WHERE name = ?")
      for name in [RecordFacts.epochName, RecordFacts.bookingKeyName, RecordFacts.recordName] {
        try keep.run([.text(name), .text(identifiers.randomHex(bytes: 8))])
      }
      try keep.run([
        .text(RecordFacts.userKeyName),
        .text(identifiers.randomHex(bytes: RecordPseudonyms.keyBytes)),
      ])
      guard let epoch = try find.first([.text("epoch")], { $0.text(0) }),
        let text = try find.first([.text("booking_key")], { $0.text(0) }),
        let bookingKey = UInt64(text, radix: 16)
      else { throw StoreFailure(code: StoreFailure.corrupt, message: "the table meta is damaged") }
      return Database(
        folder, epoch: epoch, bookingKey: bookingKey, record: try RecordFacts(connection), vfs: vfs)
    }
  }

  private static func storing<Result>(_ body: () throws(StoreFailure) -> Result) throws(MigrationFailure)
    -> Result
  {
    do throws(StoreFailure) { return try body() } catch { throw .store(error) }
  }

  static func sentence(_ failure: MigrationFailure, _ folder: DataFolder) -> StartFailure {
    switch failure {
    case .newer(let version, let known):
      StartFailure(
        "the data folder \(folder.path) was written by a newer seatcast (schema \(version), this one knows"
          + " \(known))")
    case .older:
      StartFailure(
        "the data folder \(folder.path) was written by an older seatcast; start the server once, which brings it up"
          + " to date")
    case .store(let failure)
    where failure.code == StoreFailure.notADatabase || failure.code == StoreFailure.corrupt:
      StartFailure("the database \(folder.database) is damaged: \(failure)")
    case .store(let failure):
      StartFailure("cannot open the database \(folder.database): \(failure)")
    }
  }
}
