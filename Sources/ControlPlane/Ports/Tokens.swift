/// Judges and makes tokens. Any thread; no I/O.
protocol TokenVerifying: Sendable {
  func verify(_ token: [UInt8]) -> TokenVerdict
  /// What a one-use token for a connection stands for; nil: it is not good. Asking uses it up.
  func redeem(_ connectionToken: [UInt8]) -> ConnectionGrant?
}

protocol TokenIssuing: Sendable {
  func issue(to user: User) -> IssuedToken
  /// - Parameter seconds: how long it is good for.
  func issue(to holder: TokenHolder, seconds: Int64) -> IssuedToken
}

/// Whom a token of this server's own speaks for.
struct TokenHolder: Sendable {
  var subject: Subject
  var role: Role
  /// nil: there is no account with an address, or with a name.
  var email: String?
  var name: String?
}

public enum TokenVerdict: Sendable, Equatable {
  case valid(Principal)
  case invalid
}

struct IssuedToken: Sendable, Equatable {
  var text: String
  var expiresAt: Instant
}
