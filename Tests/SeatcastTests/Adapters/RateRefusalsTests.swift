import FanoutCore
import FoundationEssentials
import TestSupport
import Testing

@testable import seatcast

@Suite("Rate refusals")
struct RateRefusalsTests {
  @Test(
    "Each refusal of a loop is a problem document that names its limit", arguments: AdmissionLimit.allCases)
  func problems(limit: AdmissionLimit) throws {
    let answer = Answers.rateLimited(RateRefusal(limit: limit, rate: nil, retryAfter: 5))
    #expect(answer.status == 429)
    let document = try JSON(parsing: String(decoding: answer.body, as: UTF8.self))
    #expect(document["type"]?.string == "urn:seatcast:problem:rate-limited")
    #expect(document["status"]?.integer == 429)
    #expect(document["limit"]?.string == LimitSetting(limit).rawValue)
    #expect(document["retryAfter"]?.integer == 5)
    #expect(document["detail"]?.string?.hasSuffix(" Try again in 5 s.") == true)
  }
}
