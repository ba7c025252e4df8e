// A prepared statement, made once and used for as long as its connection lives, on the connection's thread.
// Each use binds, steps and resets, so that no statement keeps a snapshot open.

import CSQLite

@safe final class Statement {
  /// Keeps the connection alive at least as long.
  private let connection: Connection
  private let handle: OpaquePointer
  /// What the first `bind` failed with since the last use.
  private var bindFailure = SQLITE_OK

  enum Value {
    case int(Int64)
    case text(String)
    case null

    static func int(_ number: Int) -> Value { .int(Int64(number)) }
    static func optional(_ number: Int64?) -> Value { number.map { .int($0) } ?? .null }
  }

  init(_ connection: Connection, _ sql: String) throws(StoreFailure) {
    var prepared: OpaquePointer?
    let code = unsafe sqlite3_prepare_v3(
      connection.handle, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &prepared, nil)
    guard code == SQLITE_OK, let prepared = unsafe prepared else { throw connection.failure(code) }
    self.connection = connection
    unsafe handle = prepared
  }

  deinit { unsafe sqlite3_finalize(handle) }

  /// For statements that give no rows.
  func run(_ values: [Value] = []) throws(StoreFailure) {
    _ = try all(values) { _ in () }
  }

  func first<Result>(_ values: [Value] = [], _ decode: (Row) -> Result) throws(StoreFailure) -> Result? {
    defer { reset() }
    try bind(values)
    return try step() ? unsafe decode(Row(handle)) : nil
  }

  func all<Result>(_ values: [Value] = [], _ decode: (Row) -> Result) throws(StoreFailure) -> [Result] {
    defer { reset() }
    try bind(values)
    var results: [Result] = []
    while try step() { results.append(unsafe decode(Row(handle))) }
    return results
  }

  private func bind(_ values: [Value]) throws(StoreFailure) {
    for (index, value) in zip(Int32(1)..., values) {
      switch value {
      case .int(let number): bind(number, at: index)
      case .text(let text): bind(text, at: index)
      case .null: bindNull(at: index)
      }
    }
  }

  // MARK: One by one, for what every booking does. Values stay bound from one use to the next.

  func bind(_ number: Int64, at index: Int32) {
    unsafe note(sqlite3_bind_int64(handle, index, number))
  }

  func bind(_ number: Int, at index: Int32) { bind(Int64(number), at: index) }

  func bindNull(at index: Int32) { unsafe note(sqlite3_bind_null(handle, index)) }

  /// SQLite keeps a copy.
  func bind(_ text: String, at index: Int32) {
    var text = text
    let code = text.withUTF8 { utf8 in
      guard let length = Int32(exactly: utf8.count) else { return SQLITE_TOOBIG }
      guard let start = utf8.baseAddress else { return unsafe seatcast_bind_text(handle, index, "", 0) }
      return unsafe start.withMemoryRebound(to: CChar.self, capacity: utf8.count) {
        unsafe seatcast_bind_text(handle, index, $0, length)
      }
    }
    note(code)
  }

  private func note(_ code: Int32) {
    if code != SQLITE_OK, bindFailure == SQLITE_OK { bindFailure = code }
  }

  /// For statements that give no rows: runs with what is bound.
  func runBound() throws(StoreFailure) {
    defer { unsafe sqlite3_reset(handle) }
    while try step() {}
  }

  /// The first row of what is bound.
  func firstBound<Result>(_ decode: (Row) -> Result) throws(StoreFailure) -> Result? {
    defer { unsafe sqlite3_reset(handle) }
    return try step() ? unsafe decode(Row(handle)) : nil
  }

  private func step() throws(StoreFailure) -> Bool {
    if bindFailure != SQLITE_OK {
      let failure = connection.failure(bindFailure)
      bindFailure = SQLITE_OK
      throw failure
    }
    let code = unsafe sqlite3_step(handle)
    switch code {
    case SQLITE_ROW: return true
    case SQLITE_DONE: return false
    default: throw connection.failure(code)
    }
  }

  private func reset() {
    unsafe sqlite3_reset(handle)
    unsafe sqlite3_clear_bindings(handle)
  }
}

/// The row that a statement stands on; valid inside the closure that it is given to.
@safe struct Row: StoredRow {
  private let handle: OpaquePointer
  fileprivate init(_ handle: OpaquePointer) { unsafe self.handle = handle }

  /// For identifiers, which nobody calculates with.
  func int64(_ column: Int32) -> Int64 { unsafe sqlite3_column_int64(handle, column) }

  func optionalInt64(_ column: Int32) -> Int64? {
    unsafe sqlite3_column_type(handle, column) == SQLITE_NULL ? nil : int64(column)
  }

  func optionalText(_ column: Int32) -> String? {
    unsafe sqlite3_column_type(handle, column) == SQLITE_NULL ? nil : text(column)
  }

  func text(_ column: Int32) -> String {
    guard let start = unsafe sqlite3_column_text(handle, column) else { return "" }
    let length = unsafe Int(sqlite3_column_bytes(handle, column))
    return unsafe String(decoding: UnsafeBufferPointer(start: start, count: length), as: UTF8.self)
  }
}
