// The `RateLimit-Policy` and `RateLimit` fields of draft-ietf-httpapi-ratelimit-headers-11, sections 3 and 4: lists of
// policy names with parameters. `q` units may be had in `w` seconds; `r` are left for the next `t` seconds. Pure.

/// Where one who asked stands in one limit.
struct RateStanding: Sendable, Equatable {
  var name: LimitName
  var limit: RateLimit
  var decision: RateDecision

  /// Nil when either is: then nothing is limited.
  init?(_ name: LimitName, _ limit: RateLimit?, _ decision: RateDecision?) {
    guard let limit, let decision else { return nil }
    (self.name, self.limit, self.decision) = (name, limit, decision)
  }

  /// The two fields; none for no limit.
  static func fields(_ standings: [RateStanding]) -> FieldLines {
    guard !standings.isEmpty else { return [] }
    var text: [UInt8] = []
    text.reserveCapacity(192)
    text += words.policyField
    for index in standings.indices {
      if index > 0 { text += words.separator }
      standings[index].append(words.quota, standings[index].limit.burst, to: &text)
      text += words.window
      Decimal.append(standings[index].limit.window, to: &text)
    }
    text += words.field
    for index in standings.indices {
      if index > 0 { text += words.separator }
      standings[index].append(words.remaining, standings[index].decision.remaining, to: &text)
      text += words.time
      Decimal.append(standings[index].decision.retryAfter, to: &text)
    }
    text += words.end
    return FieldLines(finished: text)
  }

  /// The name in quotes and its first parameter.
  private func append(_ parameter: [UInt8], _ value: Int, to text: inout [UInt8]) {
    text.append(UInt8(ascii: "\""))
    text += name.rawValue.utf8
    text += parameter
    Decimal.append(Int64(value), to: &text)
  }

  private static let words = Words()

  /// Made once, because a client that is over a limit may ask as often as it can.
  private struct Words {
    let policyField = Array("ratelimit-policy: ".utf8)
    let quota = Array("\";q=".utf8)
    let window = Array(";w=".utf8)
    let field = Array("\r\nratelimit: ".utf8)
    let remaining = Array("\";r=".utf8)
    let time = Array(";t=".utf8)
    let separator = Array(", ".utf8)
    let end = Array("\r\n".utf8)
  }
}

extension Problem {
  /// 429 (RFC 6585, section 4): which limit, and when to try again.
  static func rateLimited(_ name: LimitName, retryAfter: UInt64, _ standings: [RateStanding]) -> Problem {
    var fields = FieldLines()
    fields.append("retry-after", String(retryAfter))
    fields.append(RateStanding.fields(standings))
    return Problem(
      .rateLimited, "\(sentence(of: name)) Try again in \(retryAfter) s.",
      members: [
        .init("limit", .text(name.rawValue)), .init("retryAfter", .integer(Int(clamping: retryAfter))),
      ], fields: fields)
  }

  private static func sentence(of name: LimitName) -> String {
    switch name {
    case .loginAccount: "There were too many attempts to log in to this account."
    case .loginAddress: "There were too many attempts to log in from this address."
    case .loginDelay: "The password was wrong several times in a row."
    case .registerAddress: "There were too many registrations from this address."
    case .requestsUser: "This user sends too many requests."
    case .changes: "This user changes bookings of this event too often."
    }
  }
}
