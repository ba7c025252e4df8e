// People: accounts of the local table, and principals, who are whoever a token says they are.

public enum Role: String, Sendable, CaseIterable {
  case user
  case admin
}

struct User: Sendable, Equatable {
  var id: UserID
  /// As it was given; unique without regard to case.
  var email: String
  var name: String
  var role: Role
  var createdAt: Instant
}

/// A user with what a login needs.
struct Account: Sendable, Equatable {
  var user: User
  /// PHC string.
  var passwordHash: String
}

/// Whoever a valid token speaks for; need not be in the local table.
public struct Principal: Sendable, Equatable {
  public var user: UserID
  public var role: Role
  public var email: String?
  public var name: String?
  /// The token's `exp`.
  public var expiresAt: Instant

  public init(user: UserID, role: Role, email: String? = nil, name: String? = nil, expiresAt: Instant) {
    (self.user, self.role, self.email, self.name) = (user, role, email, name)
    self.expiresAt = expiresAt
  }
}

/// The form in which two spellings of an address are the same account: trimmed, lower case.
struct EmailKey: Hashable, Sendable {
  let text: String
  init(_ email: String) {
    let scalars = email.unicodeScalars
    let isInk = { (scalar: Unicode.Scalar) in !scalar.properties.isWhitespace }
    if let first = scalars.firstIndex(where: isInk), let last = scalars.lastIndex(where: isInk) {
      text = String(scalars[first...last]).lowercased()
    } else {
      text = ""
    }
  }
}
