// Moments, for the code that the library shares with the server (JSON/Timestamps.swift). A value.

/// Milliseconds since 1970 in UTC.
struct Instant: Hashable, Comparable, Sendable {
  let milliseconds: Int64
  init(milliseconds: Int64) { self.milliseconds = milliseconds }
  static func < (left: Self, right: Self) -> Bool { left.milliseconds < right.milliseconds }
}
