// The `RateLimit-Policy` and `RateLimit` fields of answers to users (see RateLimitFields.swift), made by hand into one
// buffer, because every booking's answer has them: one allocation. Any thread.

/// What is left of the limits that a request of a user counted for; nil where there is no such limit.
struct UserStandings: Sendable {
  var requests: RateDecision?
  /// Of bookings and their changes.
  var changes: RateDecision?
}

/// Writes the fields. What does not change is made once.
final class UserRateFields: Sendable {
  /// `RateLimit-Policy` for requests alone, changes alone, and both, and the start of the next line.
  private let policies: [[UInt8]]
  private static let requests = Array("\"\(LimitName.requestsUser.rawValue)\"".utf8)
  private static let changes = Array("\"\(LimitName.changes.rawValue)\"".utf8)
  private static let remaining = Array(";r=".utf8)
  private static let time = Array(";t=".utf8)
  private static let separator = Array(", ".utf8)

  init(requests: RateLimit?, changes: RateLimit?) {
    func policy(_ name: LimitName, _ limit: RateLimit?) -> [String] {
      limit.map { ["\"\(name.rawValue)\";q=\($0.burst);w=\($0.window)"] } ?? []
    }
    let (ofRequests, ofChanges) = (policy(.requestsUser, requests), policy(.changes, changes))
    policies = [ofRequests, ofChanges, ofRequests + ofChanges].map { list in
      Array("ratelimit-policy: \(list.joined(separator: ", "))\r\nratelimit: ".utf8)
    }
  }

  /// The two lines; none when nothing counted.
  func lines(_ standings: UserStandings) -> FieldLines {
    var text: [UInt8] = []
    switch (standings.requests, standings.changes) {
    case (nil, nil): return []
    case (let requests?, nil):
      begin(0, &text)
      append(Self.requests, requests, to: &text)
    case (nil, let changes?):
      begin(1, &text)
      append(Self.changes, changes, to: &text)
    case (let requests?, let changes?):
      begin(2, &text)
      append(Self.requests, requests, to: &text)
      text += Self.separator
      append(Self.changes, changes, to: &text)
    }
    text.append(0x0D)
    text.append(0x0A)
    return FieldLines(finished: text)
  }

  private func begin(_ policy: Int, _ text: inout [UInt8]) {
    text.reserveCapacity(policies[policy].count + 64)
    text += policies[policy]
  }

  private func append(_ name: [UInt8], _ decision: RateDecision, to text: inout [UInt8]) {
    text += name
    text += Self.remaining
    Decimal.append(Int64(decision.remaining), to: &text)
    text += Self.time
    Decimal.append(decision.retryAfter, to: &text)
  }
}
