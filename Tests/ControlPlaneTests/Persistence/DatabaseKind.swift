// The databases that contracts are held against. A ledger writes into SQLite; what PostgreSQL answers is asked of a copy.
import TestSupport

@testable import ControlPlane

enum DatabaseKind: Sendable, CaseIterable {
  case sqlite
  case postgres

  /// Those that this build knows and this machine has.
  static var available: [DatabaseKind] {
    #if Cluster
      PostgresServer.isInstalled ? [.sqlite, .postgres] : [.sqlite]
    #else
      [.sqlite]
    #endif
  }
}

extension LedgerFixture {
  /// What a database of this kind answers with the rows that the ledger has written so far; later ones are in SQLite's alone.
  func reader(_ kind: DatabaseKind) throws -> any ReadStore {
    switch kind {
    case .sqlite: return try reader()
    case .postgres:
      #if Cluster
        return PostgresReadStore(try copy(.reader("test")), cipher: database.cipher)
      #else
        throw TestFailure("this build has no PostgreSQL")
      #endif
    }
  }

  func record(_ kind: DatabaseKind) throws -> any RecordSource {
    switch kind {
    case .sqlite: return try database.openRecord()
    case .postgres:
      #if Cluster
        return PostgresRecordSource(try copy(.reader("test")), facts: database.record)
      #else
        throw TestFailure("this build has no PostgreSQL")
      #endif
    }
  }

  #if Cluster
    /// A database of its own that has the same rows.
    func copy(_ session: PostgresSession) throws -> PostgresConnection {
      let address = try PostgresAddress(try PostgresServer.shared().createDatabase())
      _ = try StoreCopy(try StoreSource(database.folder), address, database.folder) { _ in }.run()
      try MovedMark.remove(from: database.folder)
      return PostgresConnection(address, session)
    }
  #endif
}
