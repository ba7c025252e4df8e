// Numbers inside, so that tables stay small; how a booking's number looks outside is PublicBookingID's
// business.

public struct EventID: Hashable, Sendable {
  public let rawValue: Int64
  public init(_ rawValue: Int64) { self.rawValue = rawValue }
}

/// A row of the account table: an identity's number inside the server, never shown outside.
public struct UserID: Hashable, Sendable {
  public let rawValue: Int64
  public init(_ rawValue: Int64) { self.rawValue = rawValue }
}

/// The number of a booking inside the server; strictly increasing in commit order.
public struct BookingID: Hashable, Sendable {
  public let rawValue: Int64
  public init(_ rawValue: Int64) { self.rawValue = rawValue }
}

/// A moment: milliseconds since 1970-01-01T00:00:00Z.
public struct Instant: Hashable, Comparable, Sendable {
  public let milliseconds: Int64
  public init(milliseconds: Int64) { self.milliseconds = milliseconds }
  public static func < (left: Self, right: Self) -> Bool { left.milliseconds < right.milliseconds }
}

/// Milliseconds for which this database has been served, summed over all runs of the server. Advances with
/// `Clock.uptime` while the server runs and stands still otherwise, so that no error of the wall clock can change it.
struct ServiceTime: Hashable, Comparable, Sendable {
  let milliseconds: Int64
  init(milliseconds: Int64) { self.milliseconds = milliseconds }
  static func < (left: Self, right: Self) -> Bool { left.milliseconds < right.milliseconds }
}
