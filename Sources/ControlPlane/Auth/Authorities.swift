// Whose tokens one server accepts, and by which keys. Read at start and when keys are read again, where reading files
// may block; then a value.

struct Authorities: Sendable {
  /// This server: signs the tokens of the accounts that log in here.
  let local: TokenAuthority
  /// The secret that signs those tokens.
  let signing: SigningSecret
  /// The other system, when it has the accounts.
  let external: TokenAuthority?

  var all: [TokenAuthority] { [external, local].compactMap(\.self) }
}

extension Authorities {
  /// - Parameter keySet: the other system's public keys; nil: it holds the configured secret, or the one kept in the
  ///   data folder. Local administrators always have a secret of their own then, or whoever holds the first could make
  ///   tokens in their names.
  init(
    _ configuration: Backend.Configuration, _ folder: DataFolder, keySet: [TokenKey]? = nil
  ) throws(StartFailure) {
    do throws(SecretFailure) {
      guard case .external(let issuer, let adminClaim) = configuration.accounts else {
        let (secret, previous) = try Self.shared(configuration, folder)
        local = .local(secret, previous: previous, audience: configuration.audience)
        (signing, external) = (secret, nil)
        return
      }
      let own = try SigningSecret.kept(in: folder, as: SigningSecret.adminFileName)
      let keys: KeyRing
      if let keySet {
        keys = KeyRing(publicKeys: keySet)
      } else {
        let (secret, previous) = try Self.shared(configuration, folder)
        guard ![secret.bytes, configuration.previousSecret?.bytes].contains(own.bytes) else {
          throw Self.collision
        }
        keys = KeyRing(secret, previous: previous)
      }
      let reserved = [Identity.localIssuer, Identity.erasedIssuer]
      guard !issuer.isEmpty, !reserved.contains(where: issuer.hasSameBytes) else { throw Self.collision }
      local = .local(own, audience: configuration.audience, adminsOnly: true)
      external = .external(issuer, keys, audience: configuration.audience, adminClaim: adminClaim)
      signing = own
    } catch {
      throw StartFailure(error.description)
    }
  }

  private static let collision = SecretFailure(
    description: "another system's accounts need an issuer and a secret that are not this server's own")

  /// The secret that the configuration gives or the data folder keeps, and the one before it.
  private static func shared(
    _ configuration: Backend.Configuration, _ folder: DataFolder
  ) throws(SecretFailure) -> (SigningSecret, previous: TokenKey?) {
    let secret: SigningSecret =
      if let bytes = configuration.secret {
        try SigningSecret(bytes)
      } else {
        try .kept(in: folder)
      }
    guard let previous = configuration.previousSecret, previous.bytes != secret.bytes else {
      return (secret, nil)
    }
    return (secret, TokenKey(try SigningSecret(previous.bytes), until: previous.until))
  }
}
