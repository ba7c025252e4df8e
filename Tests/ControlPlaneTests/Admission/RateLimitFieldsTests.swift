import Testing

@testable import ControlPlane

@Suite("Rate limit fields")
struct RateLimitFieldsTests {
  private func standing(_ name: LimitName, _ limit: RateLimit, taken: Int) throws -> RateStanding {
    var full: UInt64 = 0
    var decision: RateDecision?
    for _ in 0..<taken { decision = limit.take(&full, at: 0) }
    return try #require(RateStanding(name, limit, decision))
  }

  @Test("Both fields are structured lists with the policies' names as strings")
  func syntax() throws {
    let fields = RateStanding.fields([
      try standing(.loginAccount, RateLimit(10, per: 60_000), taken: 1),
      try standing(.loginAddress, RateLimit(30, per: 60_000), taken: 3),
    ]).fields
    #expect(fields.map(\.name) == ["ratelimit-policy", "ratelimit"])
    #expect(
      fields.map(\.value) == [
        #""login-account";q=10;w=60, "login-address";q=30;w=60"#,
        #""login-account";r=9;t=6, "login-address";r=27;t=2"#,
      ])
  }

  @Test("What is not limited has no fields")
  func none() {
    #expect(RateStanding.fields([]).isEmpty)
    #expect(RateStanding(.changes, nil, nil) == nil)
  }

  @Test("The problem names the limit, and Retry-After agrees with the field")
  func problem() throws {
    for name in LimitName.allCases {
      let refused = try standing(name, RateLimit(1, per: 9_000), taken: 2)
      let problem = Problem.rateLimited(name, retryAfter: refused.decision.retryAfter, [refused])
      let reply = problem.reply
      #expect(reply.status == 429 && reply.problem == "rate-limited")
      #expect(try reply.text("limit") == name.rawValue)
      #expect(try reply.number("retryAfter") == 9)
      #expect(reply.first("retry-after") == "9")
      #expect(reply.first("ratelimit") == "\"\(name.rawValue)\";r=0;t=9")
      #expect(try reply.text("detail").hasSuffix(" Try again in 9 s."))
    }
  }
}
