// People: local accounts, which log in here; the rows of the account table; and principals, who are whoever a valid token
// names. Pure values.

public enum Role: String, Sendable, CaseIterable {
  case user
  case admin
}

/// A local account without its password.
struct User: Sendable, Equatable {
  var id: UserID
  /// Its issuer is always `Identity.localIssuer`.
  var subject: Subject
  /// As it was given; unique without regard to case.
  var email: String
  var name: String
  var role: Role
  var createdAt: Instant

  var identity: Identity { Identity(issuer: Identity.localIssuer, subject: subject) }
}

/// A user with what a login needs.
struct Account: Sendable, Equatable {
  var user: User
  /// PHC string.
  var passwordHash: String
}

/// Somebody in the account table: a local account, or a user of another system who booked or was disabled.
struct Person: Sendable, Equatable {
  var id: UserID
  var identity: Identity
  /// The local account; nil: another system has the profile and the role.
  var account: User?
  var createdAt: Instant
  /// Cannot log in, and no token of theirs is accepted.
  var isDisabled: Bool
}

/// What is to change about somebody; nil: nothing.
struct PersonChange: Sendable {
  var target: Identity
  var role: Role?
  var isDisabled: Bool?
  /// The administrator who asks, and must still be one when the change is decided.
  var by: Identity
}

/// A person after a change, and the moment before which issued tokens are refused, if the change ended the sessions.
struct ChangedPerson: Sendable, Equatable {
  var person: Person
  var loggedOutBefore: Instant?
}

/// A new password of a local account. It ends the sessions of before.
struct PasswordChange: Sendable {
  var target: Identity
  /// PHC string.
  var hash: String
  /// What must be stored until then, so that of two changes by the same old password one fails; nil: anything.
  var replacing: String?
  /// The administrator who asks; nil: whoever knew the old password.
  var by: Identity?
}

/// Whoever a valid token speaks for; need not be in the account table.
public struct Principal: Sendable, Equatable {
  public var identity: Identity
  public var role: Role
  public var email: String?
  public var name: String?
  /// The token's `iat`; nil when it has none.
  public var issuedAt: Instant?
  /// The token's `exp`.
  public var expiresAt: Instant
  /// Names the identity to the data plane (`Identity.connectionKey`).
  public let connectionKey: UInt64
  /// The number of the key that signed the token (`TokenKey.number`); 0: none did.
  public let key: UInt32

  public init(
    identity: Identity, role: Role, email: String? = nil, name: String? = nil, issuedAt: Instant? = nil,
    expiresAt: Instant, key: UInt32 = 0
  ) {
    (self.identity, self.role, self.email, self.name) = (identity, role, email, name)
    (self.issuedAt, self.expiresAt) = (issuedAt, expiresAt)
    connectionKey = identity.connectionKey
    self.key = key
  }
}

/// Which accounts this server takes.
public enum Accounts: Sendable, Equatable {
  /// Its own: people register and log in here, and only tokens issued here are accepted.
  case local
  /// Those of another system, which issues the tokens. Administrators of this server still log in here.
  case external(issuer: String, adminClaim: AdminClaim?)

  /// The issuer of ordinary people.
  var issuer: String {
    switch self {
    case .local: Identity.localIssuer
    case .external(let issuer, _): issuer
    }
  }
}

/// What a token of another system says of an administrator: the claim `name` is the string `value`, or an array
/// that has it.
public struct AdminClaim: Sendable, Equatable {
  let name: String
  let value: String

  /// `NAME=VALUE`, both not empty; nil for anything else.
  public init?(_ text: String) {
    guard let sign = text.firstIndex(of: "=") else { return nil }
    (name, value) = (String(text[..<sign]), String(text[text.index(after: sign)...]))
    guard !name.isEmpty, !value.isEmpty else { return nil }
  }

  func holds(in claims: [String: JSONValue]) -> Bool {
    switch claims[name] {
    case .string(let text): text.hasSameBytes(as: value)
    case .array(let elements): elements.contains { $0.text?.hasSameBytes(as: value) ?? false }
    default: false
    }
  }
}

/// The form in which two spellings of an address are the same account: trimmed, then `UnicodeProfiles.caseMapped`.
struct EmailKey: Hashable, Sendable {
  let text: String
  /// Trimmed and in lower case only, as keys were made before. An account still has such a key when another has the
  /// one that it should have: two people registered with two encodings of one address.
  let former: String

  init(_ email: String) {
    let scalars = email.unicodeScalars
    let isInk = { (scalar: Unicode.Scalar) in !scalar.properties.isWhitespace }
    guard let first = scalars.firstIndex(where: isInk), let last = scalars.lastIndex(where: isInk) else {
      (text, former) = ("", "")
      return
    }
    let trimmed = String(scalars[first...last])
    former = trimmed.lowercased()
    text = UnicodeProfiles.caseMapped(trimmed)
  }

  static func == (left: Self, right: Self) -> Bool { left.text.hasSameBytes(as: right.text) }

  func hash(into hasher: inout Hasher) { hasher.combine(text) }
}
