#if Cluster
  // What a statement gave. This file and PostgresConnection.swift are the only ones that call libpq (functions that begin with PQ).

  import CPostgres

  /// On its connection's thread. Outlives the connection.
  @safe final class PostgresResult {
    private let handle: OpaquePointer

    /// - Parameter handle: is freed with this.
    init(taking handle: OpaquePointer) { unsafe self.handle = handle }

    deinit { unsafe PQclear(handle) }

    var count: Int { unsafe Int(PQntuples(handle)) }

    /// Rows that the statement inserted, changed or deleted.
    var changedRows: Int {
      guard let text = unsafe PQcmdTuples(handle) else { return 0 }
      return unsafe Int(String(cString: text)) ?? 0
    }

    /// The server's word for what was done: `COMMIT` of a transaction that had failed is answered with `ROLLBACK`.
    var command: String { unsafe PQcmdStatus(handle).map { unsafe String(cString: $0) } ?? "" }

    func first<Result>(_ decode: (PostgresRow) -> Result) -> Result? {
      count > 0 ? unsafe decode(PostgresRow(handle, 0)) : nil
    }

    func all<Result>(_ decode: (PostgresRow) -> Result) -> [Result] {
      var results: [Result] = []
      results.reserveCapacity(count)
      for row in 0..<count { results.append(unsafe decode(PostgresRow(handle, Int32(row)))) }
      return results
    }

    func forEach(_ body: (PostgresRow) -> Void) {
      for row in 0..<count { unsafe body(PostgresRow(handle, Int32(row))) }
    }
  }

  /// A row of a result in binary format; valid inside the closure that it is given to.
  @safe struct PostgresRow: StoredRow {
    private let handle: OpaquePointer
    private let row: Int32

    fileprivate init(_ handle: OpaquePointer, _ row: Int32) {
      unsafe self.handle = handle
      self.row = row
    }

    func isNull(_ column: Int32) -> Bool { unsafe PQgetisnull(handle, row, column) != 0 }

    private func bytes(of column: Int32) -> UnsafeRawBufferPointer {
      unsafe UnsafeRawBufferPointer(
        start: PQgetvalue(handle, row, column), count: Int(PQgetlength(handle, row, column)))
    }

    /// Of `bigint`, `integer`, `smallint`, `boolean` and `xid8`.
    func int64(_ column: Int32) -> Int64 {
      let bytes = unsafe bytes(of: column)
      switch bytes.count {
      case 8: return unsafe Int64(bigEndian: bytes.loadUnaligned(as: Int64.self))
      case 4: return unsafe Int64(Int32(bigEndian: bytes.loadUnaligned(as: Int32.self)))
      case 2: return unsafe Int64(Int16(bigEndian: bytes.loadUnaligned(as: Int16.self)))
      case 1: return unsafe Int64(bytes[0])
      default: return 0
      }
    }

    func bool(_ column: Int32) -> Bool { int64(column) != 0 }

    func optionalInt64(_ column: Int32) -> Int64? { isNull(column) ? nil : int64(column) }

    func text(_ column: Int32) -> String { unsafe PostgresText.text(bytes(of: column)) }

    func optionalText(_ column: Int32) -> String? { isNull(column) ? nil : text(column) }

    /// Of `bytea`.
    func data(_ column: Int32) -> [UInt8] { unsafe Array(bytes(of: column)) }
  }
#endif
