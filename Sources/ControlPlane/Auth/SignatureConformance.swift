// Verifies signatures for test suites, by the code that serves (`seatcast conformance-jws`). Claims are not judged. Pure.

public enum SignatureConformance {
  /// Whether `line`, a JSON object `{"alg","k","jws"}`, has a token that `k` has signed with the algorithm `alg`. `k` is a
  /// base64url key for HS256, else a JWK, as an object or as its text; private members of it are not looked at.
  public static func isValid(_ line: [UInt8]) -> Bool {
    guard let members = try? StrictJSON.parse(line).members,
      let algorithm = members["alg"]?.text.flatMap(SignatureAlgorithm.init),
      let key = members["k"].flatMap({ key($0, algorithm) }),
      let text = members["jws"]?.text, let token = JSONWebSignature(Array(text.utf8))
    else { return false }
    return token.algorithm == algorithm && key.isSigner(of: token)
  }

  private static func key(_ value: JSONValue, _ algorithm: SignatureAlgorithm) -> TokenKey? {
    if algorithm == .hs256 {
      let bytes = value.text.flatMap { Base64.decode($0.utf8, .urlSafe) }
      return bytes.flatMap { try? SigningSecret($0) }.map { TokenKey($0) }
    }
    let members = value.members ?? value.text.flatMap { try? StrictJSON.parse(Array($0.utf8)).members }
    return members.flatMap { try? JSONWebKey.publicKey($0) }
  }
}
