// What a token says (RFC 7519, section 4), read strictly: registered claims have the types that the RFC gives them,
// or the token is refused. Whether the claims are good here is decided by TokenAuthority. Pure; any thread.

struct TokenClaims {
  var subject: Subject
  var email: String?
  var name: String?
  var issuedAt: Instant?
  var expiresAt: Instant
  var notBefore: Instant?
  var issuer: String?
  /// Nil when the token names none: then it is for everybody.
  var audience: [String]?
  /// All of them, for rules that are configured.
  let members: [String: JSONValue]

  /// Nil when `payload` is not an object of claims that can be acted upon.
  init?(_ payload: [UInt8]) {
    guard let members = try? StrictJSON.parse(payload).members, let subject = Self.subject(members),
      let expiresAt = members["exp"].flatMap(Self.moment)
    else { return nil }
    self.members = members
    self.subject = subject
    self.expiresAt = expiresAt
    do throws(WrongType) {
      issuedAt = try Self.claim("iat", of: members, Self.moment)
      notBefore = try Self.claim("nbf", of: members, Self.moment)
      issuer = try Self.claim("iss", of: members, \.text)
      audience = try Self.claim("aud", of: members, Self.audience)
      _ = try Self.claim("jti", of: members, \.text)
      email = try Self.profile("email", of: members)
      name = try Self.profile("name", of: members)
    } catch {
      return nil
    }
  }

  private struct WrongType: Error {}

  /// Nil when the claim is absent.
  private static func claim<Value>(
    _ name: String, of members: [String: JSONValue], _ read: (JSONValue) -> Value?
  ) throws(WrongType) -> Value? {
    guard let member = members[name] else { return nil }
    guard let value = read(member) else { throw WrongType() }
    return value
  }

  /// A claim of OpenID Connect (Core 1.0, section 5.1), which some issuers write as `null` when they have none.
  private static func profile(_ name: String, of members: [String: JSONValue]) throws(WrongType) -> String? {
    members[name] == .null ? nil : try claim(name, of: members, \.text)
  }

  /// `sub`, or the integer `id` or `userId` of issuers that know no `sub`. When several are there that are
  /// numbers they must be the same one: nobody can tell which of two users was meant.
  private static func subject(_ members: [String: JSONValue]) -> Subject? {
    var numbers = Set<UInt64>()
    for name in ["id", "userId"] {
      if case .integer(let id) = members[name], id > 0 { numbers.insert(UInt64(id)) }
    }
    guard let claim = members["sub"] else {
      return numbers.count == 1 ? numbers.first.map { Subject($0) } : nil
    }
    guard let subject = claim.text.flatMap({ Subject($0) }) else { return nil }
    guard case .number(let number) = subject else { return subject }
    return numbers.subtracting([number]).isEmpty ? subject : nil
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
