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
    var lines = FieldLines()
    guard !standings.isEmpty else { return lines }
    lines.append("ratelimit-policy", standings.map(\.policy).joined(separator: ", "))
    lines.append("ratelimit", standings.map(\.available).joined(separator: ", "))
    return lines
  }

  private var policy: String { "\"\(name.rawValue)\";q=\(limit.burst);w=\(limit.window)" }
  private var available: String { "\"\(name.rawValue)\";r=\(decision.remaining);t=\(decision.retryAfter)" }
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
