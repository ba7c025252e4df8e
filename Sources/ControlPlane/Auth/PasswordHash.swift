// A stored password: a string in the PHC format, `$scrypt$ln=14,r=8,p=5$<salt>$<hash>`, Base64 without padding.
// It names its own parameters, so that they may change while old hashes still verify. Pure; any thread.

struct PasswordHash: Equatable {
  /// What one guess costs: 128 × 2^ln × r bytes of memory, p times over.
  struct Parameters: Equatable {
    var ln: Int
    var r: Int
    var p: Int
  }

  var parameters: Parameters
  var salt: [UInt8]
  var hash: [UInt8]

  var text: String {
    let salt = String(decoding: Base64.encode(salt, .standard), as: UTF8.self)
    let hash = String(decoding: Base64.encode(hash, .standard), as: UTF8.self)
    return "$scrypt$ln=\(parameters.ln),r=\(parameters.r),p=\(parameters.p)$\(salt)$\(hash)"
  }
}

extension PasswordHash {
  /// Nil when `text` is not a scrypt hash within bounds that this server would ever compute: a damaged row
  /// must not cost gigabytes.
  init?(_ text: String) {
    let parts = text.utf8.split(separator: UInt8(ascii: "$"), omittingEmptySubsequences: false)
    guard parts.count == 5, parts[0].isEmpty, parts[1].elementsEqual("scrypt".utf8),
      let parameters = Parameters(parts[2]),
      let salt = Base64.decode(parts[3], .standard), (8...64).contains(salt.count),
      let hash = Base64.decode(parts[4], .standard), (16...64).contains(hash.count)
    else { return nil }
    self.init(parameters: parameters, salt: salt, hash: hash)
  }
}

extension PasswordHash.Parameters {
  /// `ln=14,r=8,p=5`, in this order.
  fileprivate init?(_ text: Substring.UTF8View) {
    let parts = text.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false)
    guard parts.count == 3, let ln = Self.value(of: "ln=", in: parts[0], 1...17),
      let r = Self.value(of: "r=", in: parts[1], 1...16), let p = Self.value(of: "p=", in: parts[2], 1...16)
    else { return nil }
    self.init(ln: ln, r: r, p: p)
  }

  private static func value(
    of name: String, in text: Substring.UTF8View, _ range: ClosedRange<Int>
  ) -> Int? {
    guard text.starts(with: name.utf8), let number = Decimal.parse(text.dropFirst(name.utf8.count)),
      let value = Int(exactly: number), range.contains(value)
    else { return nil }
    return value
  }
}
