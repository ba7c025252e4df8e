/// Judges and makes tokens. Any thread; no I/O.
protocol TokenVerifying: Sendable {
  func verify(_ token: [UInt8]) -> TokenVerdict
  /// What a one-use token for a connection stands for; nil: it is not good. Asking uses it up.
  func redeem(_ connectionToken: [UInt8]) -> ConnectionGrant?
}

protocol TokenIssuing: Sendable {
  func issue(to user: User) -> IssuedToken
}

public enum TokenVerdict: Sendable, Equatable {
  case valid(Principal)
  case invalid
}

struct IssuedToken: Sendable, Equatable {
  var text: String
  var expiresAt: Instant
}
