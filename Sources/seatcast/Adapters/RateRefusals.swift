// The answer 429 of a loop: the same problem document and fields as in the control plane's refusals
// (docs/API.md, "Rate limits").
import FanoutCore

extension Answers {
  static func rateLimited(_ refusal: RateRefusal) -> HTTPResponse {
    let name = LimitSetting(refusal.limit).rawValue
    var fields = [(name: "Retry-After", value: String(refusal.retryAfter))]
    if let rate = refusal.rate {
      fields.append((name: "RateLimit-Policy", value: "\"\(name)\";q=\(rate.burst);w=\(rate.window)"))
      fields.append((name: "RateLimit", value: "\"\(name)\";r=0;t=\(refusal.retryAfter)"))
    }
    return problem(
      429, "rate-limited", title: "Too many requests",
      members: [
        ("detail", "\"\(sentence(of: refusal.limit)) Try again in \(refusal.retryAfter) s.\""),
        ("limit", "\"\(name)\""), ("retryAfter", String(refusal.retryAfter)),
      ], fields: fields)
  }

  /// Plain words without quotes or backslashes.
  private static func sentence(of limit: AdmissionLimit) -> String {
    switch limit {
    case .requestsPerAddress: "There are too many requests from this address."
    case .connectionsPerClient: "This user has too many connections."
    case .connectionsPerAddress: "There are too many connections from this address."
    case .newConnectionsPerAddress, .newConnectionsPerLoop: "There are too many connections being opened."
    case .messagesPerConnection, .recallsPerClient: "There are too many messages."
    }
  }
}
