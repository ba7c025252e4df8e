/// Judges and makes tokens. Any thread; no I/O.
protocol TokenVerifying: Sendable {
  func verify(_ token: [UInt8]) -> TokenVerdict
  /// What a one-use token for a connection stands for; nil: it is not good. Asking uses it up. With tokens that nodes share it
  /// asks the store, and blocks.
  /// - Throws: `storageUnavailable`: nobody knows.
  func redeem(_ connectionToken: [UInt8]) throws(DomainError) -> ConnectionGrant?
}

/// Where nodes keep one-use tokens together, so that each is good on every node, and once. Any thread; blocks.
protocol SharedTokens: Sendable {
  /// - Parameters:
  ///   - end: until when it may be used.
  ///   - dropped: tokens of this node that are not to be used any more, by their digests.
  func keep(_ token: ConnectionTokens.Kept, until end: Instant, dropping dropped: [[UInt8]])
    throws(StoreFailure)
  /// Takes it away.
  /// - Returns: what it stood for; nil: it is unknown, used, or its time is over.
  func take(_ digest: [UInt8], at now: Instant) throws(StoreFailure) -> ConnectionGrant?
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
