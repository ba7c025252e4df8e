// What a token says (RFC 7519, section 4), read strictly: who, in which role, until when, for whom. Tokens come
// from our own issuer or from another service that shares the secret. Pure; any thread.

struct TokenClaims: Equatable {
  var user: UserID
  var role: Role
  var email: String?
  var name: String?
  var expiresAt: Instant
  var notBefore: Instant?
  var issuer: String?
  /// Nil when the token names none: then it is for everybody.
  var audience: [String]?

  /// Nil when `payload` is not an object with claims that we can act upon.
  init?(_ payload: [UInt8]) {
    guard let members = try? StrictJSON.parse(payload).members,
      let user = Self.user(members), let role = Self.role(members["role"]),
      let expiresAt = members["exp"].flatMap(Self.moment)
    else { return nil }
    self.user = user
    self.role = role
    self.expiresAt = expiresAt
    email = members["email"]?.text
    name = members["name"]?.text
    if let value = members["nbf"] {
      guard let moment = Self.moment(value) else { return nil }
      notBefore = moment
    }
    if let value = members["iss"] {
      guard let text = value.text else { return nil }
      issuer = text
    }
    if let value = members["aud"] {
      guard let names = Self.audience(value) else { return nil }
      audience = names
    }
  }

  /// `sub` as decimal text, or a foreign token's integer `id` or `userId`. When several of them name a user
  /// they must name the same one.
  private static func user(_ members: [String: JSONValue]) -> UserID? {
    if let subject = members["sub"], subject.text == nil { return nil }
    var candidates = Set<Int64>()
    if let subject = members["sub"]?.text, let id = Decimal.identifier(subject.utf8) { candidates.insert(id) }
    for name in ["id", "userId"] {
      if case .integer(let id) = members[name], id > 0 { candidates.insert(id) }
    }
    guard candidates.count == 1, let id = candidates.first else { return nil }
    return UserID(id)
  }

  private static func role(_ value: JSONValue?) -> Role? {
    switch value {
    case nil, .string("user"): .user
    case .string("admin"): .admin
    default: nil
    }
  }

  /// A NumericDate: seconds since 1970, possibly with a fraction. Moments beyond our calendar become its end.
  private static func moment(_ value: JSONValue) -> Instant? {
    switch value {
    case .integer(let seconds):
      let (milliseconds, tooLarge) = seconds.multipliedReportingOverflow(by: 1_000)
      if tooLarge { return seconds > 0 ? Timestamps.latest : Timestamps.earliest }
      return Instant(milliseconds: milliseconds)
    case .number(let seconds):
      let milliseconds = (seconds * 1_000).rounded(.down)
      return Int64(exactly: milliseconds).map(Instant.init(milliseconds:))
        ?? (seconds > 0 ? Timestamps.latest : Timestamps.earliest)
    default: return nil
    }
  }

  /// A single name or a list of names (RFC 7519, section 4.1.3).
  private static func audience(_ value: JSONValue) -> [String]? {
    switch value {
    case .string(let name): return [name]
    case .array(let values):
      let names = values.compactMap(\.text)
      return names.count == values.count ? names : nil
    default: return nil
    }
  }
}
