// Password hashing with scrypt (RFC 7914). One hash costs 16 MiB and some 0.2 s by design: hashing threads only.

struct ScryptHasher: PasswordHasher {
  private static let saltBytes = 16
  private static let hashBytes = 32

  private let parameters: PasswordHash.Parameters
  /// What an unknown account's password is compared with: the same work, and never equal.
  private let decoy: PasswordHash

  init(cost: PasswordCost) {
    parameters = cost.parameters
    decoy = PasswordHash(
      parameters: parameters, salt: Cryptography.randomBytes(Self.saltBytes),
      hash: Cryptography.randomBytes(Self.hashBytes))
  }

  func hash(_ password: String) throws(DomainError) -> String {
    let salt = Cryptography.randomBytes(Self.saltBytes)
    guard let hash = Self.derive(password, salt, parameters, Self.hashBytes) else {
      throw .internalFailure("scrypt refused its parameters or had no memory")
    }
    return PasswordHash(parameters: parameters, salt: salt, hash: hash).text
  }

  func verify(_ password: String, against hash: String?) -> PasswordVerdict {
    let stored = hash.flatMap { PasswordHash($0) }
    let known = stored ?? decoy
    let derived = Self.derive(password, known.salt, known.parameters, known.hash.count)
    guard let derived, Cryptography.equal(derived, known.hash), stored != nil else { return .wrong }
    return known.parameters == parameters ? .correct : .correctButStale
  }

  private static func derive(
    _ password: String, _ salt: [UInt8], _ parameters: PasswordHash.Parameters, _ count: Int
  ) -> [UInt8]? {
    Cryptography.scrypt(
      password: Array(password.utf8), salt: salt, logN: parameters.ln, r: parameters.r, p: parameters.p,
      count: count)
  }
}

extension PasswordCost {
  var parameters: PasswordHash.Parameters {
    switch self {
    case .interactive: PasswordHash.Parameters(ln: 14, r: 8, p: 5)
    case .insecureTest: PasswordHash.Parameters(ln: 4, r: 8, p: 1)
    }
  }
}
