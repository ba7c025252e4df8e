// What both databases give of a row, and what the decoders in Rows.swift make of it.

/// Columns are counted from 0. Valid inside the closure that it is given to.
protocol StoredRow {
  /// For identifiers, which nobody calculates with. 0 when it is NULL.
  func int64(_ column: Int32) -> Int64
  func optionalInt64(_ column: Int32) -> Int64?
  /// Empty when it is NULL.
  func text(_ column: Int32) -> String
  func optionalText(_ column: Int32) -> String?
}

extension StoredRow {
  /// For what is counted or measured: none of ours is further from 0 than 2^53. In a file that is damaged there may be any,
  /// and what is computed of it must not overflow.
  func number(_ column: Int32) -> Int64 { min(max(int64(column), -Self.greatest), Self.greatest) }

  static var greatest: Int64 { 1 << 53 }

  func int(_ column: Int32) -> Int { Int(number(column)) }

  /// For numbers that the schema keeps from being negative.
  func uint64(_ column: Int32) -> UInt64 { UInt64(max(0, number(column))) }

  /// The schema keeps subjects from being empty or too long.
  func subject(_ column: Int32) -> Subject { Subject(text(column)) ?? .number(0) }

  func instant(_ column: Int32) -> Instant { Instant(milliseconds: number(column)) }

  func optionalInstant(_ column: Int32) -> Instant? {
    optionalInt64(column).map { _ in instant(column) }
  }
}
