// What a token says, whether this server accepts it at this moment, and why not. The verdict is the verifier's own; the
// reason is found afterwards, by the same rules one after the other. A value; any thread.

struct TokenInspection {
  /// Why it is refused, as the end of a sentence; nil: it is accepted.
  let refusal: String?
  /// Whom it speaks for, when it is accepted.
  let principal: Principal?
  let header: JSONWebSignature?
  let claims: TokenClaims?

  init(
    _ token: [UInt8], by verifier: any TokenVerifying, authorities: [TokenAuthority],
    revocations: Revocations, at now: Instant
  ) {
    header = JSONWebSignature(token)
    claims = header.flatMap { TokenClaims($0.payload) }
    if case .valid(let accepted) = verifier.verify(token) {
      (principal, refusal) = (accepted, nil)
    } else {
      principal = nil
      refusal = Self.reason(token, header, claims, authorities, revocations, at: now)
    }
  }

  private static func reason(
    _ token: [UInt8], _ header: JSONWebSignature?, _ claims: TokenClaims?, _ authorities: [TokenAuthority],
    _ revocations: Revocations, at now: Instant
  ) -> String {
    if token.count > JSONWebSignature.maximumBytes {
      return "it has more than \(JSONWebSignature.maximumBytes) bytes"
    }
    guard let header else { return "it is no signed token in compact form with a header that is accepted" }
    let signer = authorities.lazy.compactMap { authority in
      authority.keys.signer(of: header, at: now).map { (authority, $0) }
    }.first
    guard let (authority, key) = signer else {
      return "its signature was made by no key that this server trusts now"
    }
    guard let claims else {
      return "its claims are missing (sub, exp) or have other types than RFC 7519 says"
    }
    if let fault = fault(of: claims, authority, at: now) { return fault }
    guard let principal = authority.principal(claims, by: key, at: now) else {
      return "its claims are not accepted"
    }
    if revocations.isDisabled(principal.identity) { return "its user is disabled" }
    return revocations.refuses(principal, at: now)
      ? "its user was logged out everywhere after it was issued" : "it is refused"
  }

  private static func fault(
    of claims: TokenClaims, _ authority: TokenAuthority, at now: Instant
  ) -> String? {
    guard let issuer = claims.issuer, issuer.hasSameBytes(as: authority.issuer) else {
      return "its iss is not \(authority.issuer), whose key signed it"
    }
    if claims.expiresAt <= now { return "it ended at \(Timestamps.text(claims.expiresAt))" }
    if let start = claims.notBefore, start > now { return "it begins at \(Timestamps.text(start))" }
    let isMeant = claims.audience.map { $0.contains { $0.hasSameBytes(as: authority.audience) } }
    guard isMeant ?? !authority.requiresAudience else { return "its aud does not name \(authority.audience)" }
    if case .claimed(let adminsOnly) = authority.roles {
      let role = claims.members["role"]?.text
      if adminsOnly, role != Role.admin.rawValue {
        return "only administrators have accounts of this server's own"
      }
      if claims.members["role"] != nil, role.flatMap(Role.init) == nil {
        return "its role is neither user nor admin"
      }
    }
    return nil
  }

  // MARK: Telling

  var text: String {
    AdminText.facts([
      ("valid", refusal.map { "no: \($0)" } ?? "yes"), ("algorithm", header?.algorithm.rawValue),
      ("key", header?.keyID), ("issuer", claims?.issuer), ("subject", claims?.subject.description),
      ("role", principal?.role.rawValue ?? claims?.members["role"]?.text),
      ("email", claims?.email), ("name", claims?.name),
      ("audience", claims?.audience?.joined(separator: ", ")),
      ("issued", claims?.issuedAt.map(Timestamps.text)),
      ("ends", claims.map { Timestamps.text($0.expiresAt) }),
    ])
  }
}

extension TokenInspection: JSONWritable {
  func write(to writer: inout JSONWriter) {
    writer.object { writer in
      writer.member("valid", refusal == nil)
      writer.member("reason", orNull: refusal)
      writer.member("algorithm", orNull: header?.algorithm.rawValue)
      writer.member("keyId", orNull: header?.keyID)
      writer.member("issuer", orNull: claims?.issuer)
      writer.member("subject", orNull: claims?.subject.description)
      writer.member("role", orNull: principal?.role.rawValue)
      writer.member("issuedAt", orNull: claims?.issuedAt)
      writer.member("expiresAt", orNull: claims?.expiresAt)
      writer.name("claims")
      if let claims = Self.shallow(header?.payload) {
        writer.verbatim { $0 += claims }
      } else {
        writer.null()
      }
    }
  }

  /// The claims on one line: line breaks stand between tokens only. Nil when they are no JSON, or nested so deeply that
  /// the answer around them would be too deep.
  private static func shallow(_ payload: [UInt8]?) -> [UInt8]? {
    guard let payload else { return nil }
    let line = payload.filter { $0 != UInt8(ascii: "\n") && $0 != UInt8(ascii: "\r") }
    let nested = [UInt8](repeating: UInt8(ascii: "["), count: 2) + line
    return (try? StrictJSON.scan(nested + [UInt8](repeating: UInt8(ascii: "]"), count: 2))) == nil
      ? nil : line
  }
}
