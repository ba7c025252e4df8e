// Tokens and keys: whatever is shown is refused or speaks for somebody until a moment that is still to come; nobody's
// signature but the secret's is accepted; a set of keys is read or refused with a sentence. The first byte chooses.

private let secret: SigningSecret = {
  guard let secret = try? SigningSecret(fuzzSecret) else { fatalError("no secret") }
  return secret
}()

private let keys: TrustedKeys = {
  guard let folder = try? DataFolder(fuzzFolder), let all = try? Authorities(fuzzConfiguration(), folder)
  else { fatalError("no keys") }
  return TrustedKeys(all, cacheCapacity: 16)
}()

private let verifier = TokenVerifier(
  keys, Revocations(), connections: ConnectionTokens(), watch: nil, clock: FixedClock())

private let dot = UInt8(ascii: ".")

func fuzzTokens(_ bytes: [UInt8]) {
  var input = Input(bytes)
  switch input.byte() % 6 {
  case 0: judge(input.all(), mayBeGood: false)
  case 1: judge(JSONWebSignature.sign(input.all(), with: secret), mayBeGood: true)
  case 2: judge(signed(header: input.take(until: 0), payload: input.all()), mayBeGood: true)
  case 3: spoil(&input)
  case 4: readKeys(input.all())
  default: _ = SignatureConformance.isValid(input.all())
  }
}

private func judge(_ token: [UInt8], mayBeGood: Bool) {
  guard case .valid(let principal) = verifier.verify(token) else { return }
  require(mayBeGood, "a token that nobody signed")
  require(principal.expiresAt > FixedClock().now, "a token that has ended")
  guard case .valid(let again) = verifier.verify(token) else { fatalError("good once, and not twice") }
  require(again == principal, "it speaks for somebody else when it is remembered")
}

private func signed(header: [UInt8], payload: [UInt8]) -> [UInt8] {
  let text = Base64.encode(header, .urlSafe) + [dot] + Base64.encode(payload, .urlSafe)
  return text + [dot] + Base64.encode(Cryptography.hmacSHA256(text[...], key: secret.bytes), .urlSafe)
}

/// A good token of which one byte is another.
private func spoil(_ input: inout Input) {
  let claims = #"{"sub":"7","iss":"\#(Identity.localIssuer)","exp":9999999999}"#
  var token = JSONWebSignature.sign(Array(claims.utf8), with: secret)
  judge(token, mayBeGood: true)
  let place = input.number(bytes: 2) % token.count
  let byte = input.byte()
  guard token[place] != byte else { return }
  token[place] = byte
  judge(token, mayBeGood: false)
}

private func readKeys(_ text: [UInt8]) {
  do throws(KeyRefusal) {
    let keys = try JSONWebKeySet.keys(text)
    require((1...JSONWebKeySet.maximumKeys).contains(keys.count), "so many keys")
    let ring = KeyRing(publicKeys: keys)
    if let token = JSONWebSignature(signed(header: Array(#"{"alg":"RS256"}"#.utf8), payload: [])) {
      require(ring.signer(of: token, at: FixedClock().now) == nil, "a code that is taken for a signature")
    }
  } catch {
    require(!error.description.isEmpty, "a refusal without a sentence")
  }
}
