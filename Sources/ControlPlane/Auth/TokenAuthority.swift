// Somebody whose tokens are accepted: the keys that sign them, and what they must say. A server has one authority,
// itself, or two: another system and itself. Each has keys of its own, so that the holder of one key cannot make
// tokens in the name of the other. Pure; any thread.

struct TokenAuthority: Sendable {
  /// What `iss` must be, and the issuer of every identity that comes of these tokens.
  let issuer: String
  let keys: KeyRing
  /// What `aud` must name.
  let audience: String
  /// Whether a token without `aud` is refused.
  let requiresAudience: Bool
  let roles: Roles

  enum Roles: Sendable {
    /// By the claim `role`, which is `user`, `admin` or absent. An administrator's account is looked up again
    /// where it matters (`Call.isAdmin`). `adminsOnly`: tokens of others are refused.
    case claimed(adminsOnly: Bool)
    /// Administrators are those of whom the claim holds; without one there are none.
    case mapped(AdminClaim?)
  }

  /// The audience that tokens name when none is configured.
  static let defaultAudience = "seatcast"

  /// This server: it signs what it accepts.
  static func local(
    _ secret: SigningSecret, previous: TokenKey? = nil, audience: String?, adminsOnly: Bool = false
  ) -> TokenAuthority {
    TokenAuthority(
      issuer: Identity.localIssuer, keys: KeyRing(secret, previous: previous),
      audience: audience ?? defaultAudience, requiresAudience: false, roles: .claimed(adminsOnly: adminsOnly))
  }

  /// Another system. A configured audience must be named: tokens without one may be meant for anybody.
  static func external(
    _ issuer: String, _ keys: KeyRing, audience: String?, adminClaim: AdminClaim?
  ) -> TokenAuthority {
    TokenAuthority(
      issuer: issuer, keys: keys, audience: audience ?? defaultAudience,
      requiresAudience: audience != nil, roles: .mapped(adminClaim))
  }

  /// Whom these claims speak for at this moment; nil when they are not good here. The signature is right already.
  /// - Parameter key: what made it. A key that ends ends its tokens.
  func principal(_ claims: TokenClaims, by key: TokenKey? = nil, at now: Instant) -> Principal? {
    guard let issuer = claims.issuer, issuer.hasSameBytes(as: self.issuer),
      now < claims.expiresAt, claims.notBefore.map({ $0 <= now }) ?? true,
      isMeant(claims.audience), !Self.isOfService(claims.audience), let role = role(claims.members)
    else { return nil }
    return Principal(
      identity: Identity(issuer: self.issuer, subject: claims.subject), role: role, email: claims.email,
      name: claims.name, issuedAt: claims.issuedAt,
      expiresAt: key?.until.map { min($0, claims.expiresAt) } ?? claims.expiresAt,
      key: key?.number ?? 0)
  }

  /// A service token is no user's, whatever audience is configured.
  private static func isOfService(_ audience: [String]?) -> Bool {
    audience?.contains { $0.hasSameBytes(as: ServiceTokenAuthority.audience) } ?? false
  }

  private func isMeant(_ audience: [String]?) -> Bool {
    audience.map { $0.contains { $0.hasSameBytes(as: self.audience) } } ?? !requiresAudience
  }

  private func role(_ members: [String: JSONValue]) -> Role? {
    switch roles {
    case .mapped(let claim): claim.map { $0.holds(in: members) } ?? false ? .admin : .user
    case .claimed(let adminsOnly):
      switch members["role"] {
      case nil, .string("user"): adminsOnly ? nil : .user
      case .string("admin"): .admin
      default: nil
      }
    }
  }
}
