// One key that verifies tokens, and the keys of one issuer. The key fixes with which algorithms it may be used, so that
// no token chooses (RFC 8725, section 3.1). Values; any thread.

struct TokenKey: Sendable {
  enum Material: Sendable {
    case secret(SigningSecret)
    case publicKey(PublicKey)
  }

  /// What a token calls it (`kid`).
  let id: String?
  let material: Material
  let algorithms: Set<SignatureAlgorithm>
  /// What it signed is accepted before this moment only; nil: without end.
  let until: Instant?
  /// Tells it from other keys wherever a number must do: from a digest of what it is and what tokens call it, so that it is
  /// the same when the key is read again. Never 0.
  let number: UInt32

  init(_ secret: SigningSecret, until: Instant? = nil) {
    (id, material, algorithms, self.until) = (secret.keyID, .secret(secret), [.hs256], until)
    number = Self.number(Array(secret.keyID.utf8))
  }

  init(_ key: PublicKey, id: String?, algorithms: Set<SignatureAlgorithm>) {
    (self.id, material, self.algorithms, until) = (id, .publicKey(key), algorithms, nil)
    number = Self.number(key.fingerprint + Array((id ?? "").utf8))
  }

  private static func number(_ description: [UInt8]) -> UInt32 {
    max(1, Cryptography.sha256(description).prefix(4).reduce(0) { $0 << 8 | UInt32($1) })
  }

  func isSigner(of token: JSONWebSignature) -> Bool {
    guard algorithms.contains(token.algorithm) else { return false }
    switch material {
    case .secret(let secret):
      return Cryptography.equal(token.signature, Cryptography.hmacSHA256(token.signed, key: secret.bytes))
    case .publicKey(let key):
      return key.verifies(token.signature, of: Array(token.signed), by: token.algorithm)
    }
  }
}

/// The keys of one issuer.
struct KeyRing: Sendable {
  /// The secret that signs today; nil: another system's public keys, which only verify.
  let secret: SigningSecret?
  private let keys: [TokenKey]

  /// - Parameter previous: the secret before `secret`, if its tokens are still good.
  init(_ secret: SigningSecret, previous: TokenKey? = nil) {
    self.secret = secret
    keys = [TokenKey(secret)] + [previous].compactMap(\.self)
  }

  init(publicKeys: [TokenKey]) { (secret, keys) = (nil, publicKeys) }

  /// When what each of the keys signed ends, by its number.
  var ends: [(key: UInt32, at: Instant)] { keys.map { ($0.number, $0.until ?? Timestamps.latest) } }

  /// The key that signed this token. At most two keys are tried, so that no token costs much.
  func signer(of token: JSONWebSignature, at now: Instant) -> TokenKey? {
    candidates(for: token).first { key in
      key.until.map { now < $0 } ?? true && key.isSigner(of: token)
    }
  }

  /// The key that `kid` names. Without a name, and where another holder of a secret has names of its own, the current
  /// secret is tried and then the previous one; a public key only if there is no other of the algorithm.
  private func candidates(for token: JSONWebSignature) -> [TokenKey] {
    let fitting = keys.filter { $0.algorithms.contains(token.algorithm) }
    if let id = token.keyID {
      let named = fitting.filter { $0.id?.hasSameBytes(as: id) ?? false }
      return named.isEmpty && secret != nil ? fitting : named
    }
    return secret != nil || fitting.count == 1 ? fitting : []
  }

  /// Whether a newer set of keys might have the one that this token names.
  func lacksKey(of token: JSONWebSignature) -> Bool {
    guard secret == nil, token.algorithm != .hs256 else { return false }
    guard let id = token.keyID else { return candidates(for: token).isEmpty }
    return !keys.contains { $0.id?.hasSameBytes(as: id) ?? false }
  }
}
