// The limits that this plane holds, as numbers; nil switches one off. The executable fills them in; its table of names and
// defaults is in Configuration/LimitTable.swift, described in docs/OPERATING.md, "Limits".

public struct AdmissionLimits: Sendable, Equatable {
  /// Attempts to log in to one account.
  public var loginPerAccount: RateLimit?
  /// Attempts to log in from one address.
  public var loginPerAddress: RateLimit?
  /// Registrations from one address.
  public var registerPerAddress: RateLimit?
  /// Requests with one user's token.
  public var requestsPerUser: RateLimit?
  /// Bookings and cancellations of one user for one event.
  public var changesPerUser: RateLimit?

  /// Without limits.
  public init() {}
}

/// Names the limit in a 429 answer, in the metrics and in the log.
public enum LimitName: String, CaseIterable, Sendable {
  case loginAccount = "login-account"
  case loginAddress = "login-address"
  /// The growing delay after failures to log in; it follows `login-account`.
  case loginDelay = "login-delay"
  case registerAddress = "register-address"
  case requestsUser = "requests-user"
  case changes
}
