// One-use tokens on their way to the process that goes on with a server: as JSON, with the digests by which they are kept,
// so that nobody who reads it can use them. The clock by which they end is the machine's, not the process'.

extension ConnectionTokens {
  /// Bytes of a piece beyond which no other token is added.
  private static let pieceBytes = 40 * 1_024

  /// The tokens of those who may still use them, in pieces, in order of issue.
  func pieces(where isGood: (Principal) -> Bool) -> [[UInt8]] {
    var pieces: [[UInt8]] = []
    var rest = unused.filter { isGood($0.grant.principal) }[...]
    while !rest.isEmpty {
      pieces.append(
        JSONWriter.object { writer in
          writer.name("tokens")
          writer.array { list in
            while let token = rest.first, list.bytes.count < Self.pieceBytes {
              list.object { token.write(to: &$0) }
              rest.removeFirst()
            }
          }
        })
    }
    return pieces
  }

  /// Takes in a piece of another process; what is no piece of tokens is passed over.
  func adopt(_ piece: [UInt8]) {
    guard case .array(let tokens)? = (try? StrictJSON.parse(piece))?.members?["tokens"] else { return }
    for token in tokens {
      if let token = token.members.flatMap(Kept.init(members:)) { keep(token) }
    }
  }
}

/// A token as an object of JSON, for another process.
extension ConnectionTokens.Kept {
  func write(to writer: inout JSONWriter) {
    let principal = grant.principal
    writer.member("digest", hex(digest))
    writer.member("endsAt", endsAt)
    writer.member("issuer", principal.identity.issuer)
    writer.member("subject", principal.identity.subject.description)
    writer.member("role", principal.role.rawValue)
    if let email = principal.email { writer.member("email", email) }
    if let name = principal.name { writer.member("name", name) }
    if let issuedAt = principal.issuedAt { writer.member("issuedAt", issuedAt.milliseconds) }
    writer.member("expiresAt", principal.expiresAt.milliseconds)
    writer.member("key", principal.key)
    if let events = grant.events {
      writer.member("events", events.map { String($0.rawValue) }.joined(separator: ","))
    }
  }

  /// nil: it is no token.
  init?(members: [String: JSONValue]) {
    guard let digest = members["digest"]?.text, let endsAt = members["endsAt"]?.whole,
      let issuer = members["issuer"]?.text, let subject = members["subject"]?.text.flatMap({ Subject($0) }),
      let role = members["role"]?.text.flatMap({ Role(rawValue: $0) }),
      let expiresAt = members["expiresAt"]?.whole,
      let key = members["key"]?.whole.flatMap({ UInt32(exactly: $0) })
    else { return nil }
    guard let raw = bytes(hex: digest) else { return nil }
    let principal = Principal(
      identity: Identity(issuer: issuer, subject: subject), role: role, email: members["email"]?.text,
      name: members["name"]?.text,
      issuedAt: members["issuedAt"]?.whole.map { Instant(milliseconds: $0) },
      expiresAt: Instant(milliseconds: expiresAt), key: key)
    var events: Set<EventID>?
    if let list = members["events"]?.text {
      events = Set(list.split(separator: ",").compactMap { Int64($0).map { EventID($0) } })
    }
    self.init(digest: raw, grant: ConnectionGrant(principal: principal, events: events), endsAt: endsAt)
  }
}
