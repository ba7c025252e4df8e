// Public keys as JSON (RFC 7517; for Ed25519 RFC 8037). Strict: one spelling per key, no secret members, and each key
// with the algorithms that it may be used with. Pure; any thread.

/// Why a key or a set of keys is refused, as the rest of a sentence.
struct KeyRefusal: Error, Equatable, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}

enum JSONWebKey {
  /// Members of private and symmetric keys (RFC 7518, sections 6.2.2, 6.3.2 and 6.4.1; RFC 8037, section 2).
  private static let secretMembers = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"]

  /// Nil: a key of a kind or for a purpose that is not ours, to be passed over (RFC 7517, section 5).
  static func key(_ members: [String: JSONValue]) throws(KeyRefusal) -> TokenKey? {
    let kind = try text("kty", of: members)
    if kind == "oct" { throw KeyRefusal("is symmetric; only public keys belong into the file") }
    if let name = secretMembers.first(where: { members[$0] != nil }) {
      throw KeyRefusal("has the private member \"\(name)\"; only public keys belong into the file")
    }
    return try publicKey(members)
  }

  /// The same of a key that may have private members, which are not looked at.
  static func publicKey(_ members: [String: JSONValue]) throws(KeyRefusal) -> TokenKey? {
    let kind = try text("kty", of: members)
    let id = members["kid"] == nil ? nil : try text("kid", of: members)
    guard try isForVerifying(members), let algorithms = try algorithms(kind, members) else { return nil }
    let key =
      switch kind {
      case "RSA": try rsa(members)
      case "EC": PublicKey.p256(x: try bytes("x", of: members), y: try bytes("y", of: members))
      default: PublicKey.ed25519(try bytes("x", of: members))
      }
    guard let key else { throw KeyRefusal("is not a valid public key") }
    return TokenKey(key, id: id, algorithms: algorithms)
  }

  // MARK: Purpose

  /// `use` and `key_ops` (RFC 7517, sections 4.2 and 4.3), when they are there.
  private static func isForVerifying(_ members: [String: JSONValue]) throws(KeyRefusal) -> Bool {
    if members["use"] != nil, try text("use", of: members) != "sig" { return false }
    guard let operations = members["key_ops"] else { return true }
    guard case .array(let elements) = operations else { throw KeyRefusal("has no list as \"key_ops\"") }
    let names = elements.compactMap(\.text)
    guard names.count == elements.count, Set(names).count == names.count else {
      throw KeyRefusal("has a \"key_ops\" that is no list of different names")
    }
    return names.contains("verify")
  }

  /// What a key of this kind may be used with: what `alg` says (RFC 7517, section 4.4), else all that fits. Nil: nothing.
  private static func algorithms(
    _ kind: String, _ members: [String: JSONValue]
  ) throws(KeyRefusal) -> Set<SignatureAlgorithm>? {
    let fitting: Set<SignatureAlgorithm>
    switch kind {
    case "RSA": fitting = [.rs256, .ps256]
    case "EC":
      guard try text("crv", of: members) == "P-256" else { return nil }
      fitting = [.es256]
    case "OKP":
      guard try text("crv", of: members) == "Ed25519" else { return nil }
      fitting = [.edDSA]
    default: return nil
    }
    guard members["alg"] != nil else { return fitting }
    guard let named = SignatureAlgorithm(rawValue: try text("alg", of: members)), fitting.contains(named)
    else { return nil }
    return [named]
  }

  // MARK: Members

  private static func rsa(_ members: [String: JSONValue]) throws(KeyRefusal) -> PublicKey? {
    let (modulus, exponent) = (try number("n", of: members), try number("e", of: members))
    // Signatures by a key with a long exponent cost much.
    guard modulus.count <= PublicKey.rsaBits.upperBound / 8, exponent.count <= 8 else {
      throw KeyRefusal("is too large: at most \(PublicKey.rsaBits.upperBound) bits with an exponent of 64")
    }
    guard let key = PublicKey.rsa(modulus: modulus, exponent: exponent) else { return nil }
    guard key.bits >= PublicKey.rsaBits.lowerBound else {
      throw KeyRefusal("has \(key.bits) bits; RSA keys need at least \(PublicKey.rsaBits.lowerBound)")
    }
    return key
  }

  private static func text(_ name: String, of members: [String: JSONValue]) throws(KeyRefusal) -> String {
    guard let text = members[name]?.text else { throw KeyRefusal("has no text as \"\(name)\"") }
    return text
  }

  private static func bytes(_ name: String, of members: [String: JSONValue]) throws(KeyRefusal) -> [UInt8] {
    guard let bytes = Base64.decode(try text(name, of: members).utf8, .urlSafe), !bytes.isEmpty else {
      throw KeyRefusal("has a \"\(name)\" that is not base64url")
    }
    return bytes
  }

  /// With as few bytes as it needs (RFC 7518, section 2, Base64urlUInt).
  private static func number(_ name: String, of members: [String: JSONValue]) throws(KeyRefusal) -> [UInt8] {
    let bytes = try bytes(name, of: members)
    guard bytes[0] != 0 else { throw KeyRefusal("has a \"\(name)\" that begins with zeros") }
    return bytes
  }
}

/// A set of keys (RFC 7517, section 5).
enum JSONWebKeySet {
  static let maximumBytes = 64 * 1024
  static let maximumKeys = 64

  /// The keys that verify tokens; at least one.
  static func keys(_ text: [UInt8]) throws(KeyRefusal) -> [TokenKey] {
    guard text.count <= maximumBytes else { throw KeyRefusal("has more than \(maximumBytes) bytes") }
    guard case .array(let elements) = try members(text)["keys"] else {
      throw KeyRefusal("has no array \"keys\"")
    }
    guard elements.count <= maximumKeys else { throw KeyRefusal("has more than \(maximumKeys) keys") }
    var keys: [TokenKey] = []
    for (number, element) in elements.enumerated() {
      guard let key = try key(element, number) else { continue }
      if keys.contains(where: { isAlternative($0, key) }) {
        throw KeyRefusal("has two keys of the same \"kid\": number \(number) and one before it")
      }
      keys.append(key)
    }
    guard !keys.isEmpty else { throw KeyRefusal("has no key for RS256, PS256, ES256 or EdDSA") }
    return keys
  }

  private static func members(_ text: [UInt8]) throws(KeyRefusal) -> [String: JSONValue] {
    let value: JSONValue
    do throws(JSONRefusal) {
      value = try StrictJSON.parse(text)
    } catch {
      throw KeyRefusal("is not JSON: \(error.description)")
    }
    guard let members = value.members else { throw KeyRefusal("is no JSON object") }
    return members
  }

  /// - Parameter number: counts from 0, as JSON pointers do.
  private static func key(_ element: JSONValue, _ number: Int) throws(KeyRefusal) -> TokenKey? {
    guard let members = element.members else { throw KeyRefusal("has no object as key number \(number)") }
    do throws(KeyRefusal) {
      return try JSONWebKey.key(members)
    } catch {
      throw KeyRefusal("has a key that cannot be used: number \(number) \(error.description)")
    }
  }

  /// Whether one token could mean either key. Keys without a name are told apart by the signature's algorithm only.
  private static func isAlternative(_ one: TokenKey, _ other: TokenKey) -> Bool {
    guard let (left, right) = one.id.flatMap({ left in other.id.map { (left, $0) } }) else { return false }
    return left.hasSameBytes(as: right) && !one.algorithms.isDisjoint(with: other.algorithms)
  }
}
