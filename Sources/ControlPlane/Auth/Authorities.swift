// Whose tokens one server accepts, from its configuration. At start, on the main thread.

struct Authorities: Sendable {
  /// This server: signs the tokens of the accounts that log in here.
  let local: TokenAuthority
  /// The other system, when it has the accounts.
  let external: TokenAuthority?

  var all: [TokenAuthority] { [external, local].compactMap(\.self) }

  /// The other system holds the configured secret, or the one kept in the data folder. Local administrators then
  /// need another, or whoever holds the first could make tokens in their names.
  init(_ configuration: Backend.Configuration, _ folder: DataFolder) throws(StartFailure) {
    do throws(SecretFailure) {
      let secret: SigningSecret =
        if let bytes = configuration.secret { try SigningSecret(bytes) } else { try .kept(in: folder) }
      guard case .external(let issuer, let adminClaim) = configuration.accounts else {
        (local, external) = (.local(secret, audience: configuration.audience), nil)
        return
      }
      let own = try SigningSecret.kept(in: folder, as: SigningSecret.adminFileName)
      guard !issuer.isEmpty, !issuer.hasSameBytes(as: Identity.localIssuer), own.bytes != secret.bytes else {
        throw SecretFailure(
          description: "another system's accounts need an issuer and a secret that are not this server's own")
      }
      local = .local(own, audience: configuration.audience, adminsOnly: true)
      external = .external(
        issuer, secret, audience: configuration.audience, adminClaim: adminClaim)
    } catch {
      throw StartFailure(error.description)
    }
  }
}
