import Testing

@testable import ControlPlane

@Suite("TokenInspection")
struct TokenInspectionTests {
  private let fixture: APIFixture

  init() throws { fixture = try APIFixture() }

  private func inspect(_ token: String) throws -> (isValid: Bool, reason: String?) {
    let request = AdminRequest(.tokenInspect, [("token", .text(token))])
    guard case .done(let json, _) = fixture.backend.administer(request.line).outcome,
      let members = try StrictJSON.parse(json).members
    else { throw AdminAnswer.Failure(.data, "not inspected") }
    return (members["valid"] == .bool(true), members["reason"]?.text)
  }

  /// A token of the fixture's secret.
  private func token(_ claims: String) throws -> String {
    let secret = try SigningSecret(TokenForge.secretBytes)
    return String(decoding: JSONWebSignature.sign(Array(claims.utf8), with: secret), as: UTF8.self)
  }

  private let end = 1_731_321_000 + 60

  @Test("a token that is accepted has no reason not to be")
  func accepted() throws {
    let token = try token(#"{"sub":"7","iss":"seatcast","aud":"seatcast","exp":\#(end)}"#)
    #expect(try inspect(token) == (true, nil))
  }

  @Test("each rule that refuses a token is told")
  func reasons() throws {
    func reason(_ claims: String) throws -> String? { try inspect(try token(claims)).reason }
    #expect(try reason(#"{"sub":"7","iss":"seatcast"}"#)?.hasPrefix("its claims are missing") == true)
    #expect(
      try reason(#"{"sub":"7","iss":"elsewhere","exp":\#(end)}"#)
        == "its iss is not seatcast, whose key signed it")
    #expect(
      try reason(#"{"sub":"7","iss":"seatcast","exp":1731320999}"#)
        == "it ended at 2024-11-11T10:29:59.000Z")
    #expect(
      try reason(#"{"sub":"7","iss":"seatcast","exp":\#(end),"nbf":\#(end - 30)}"#)
        == "it begins at 2024-11-11T10:30:30.000Z")
    #expect(
      try reason(#"{"sub":"7","iss":"seatcast","exp":\#(end),"aud":"shop"}"#)
        == "its aud does not name seatcast")
    #expect(
      try reason(#"{"sub":"7","iss":"seatcast","exp":\#(end),"role":"king"}"#)
        == "its role is neither user nor admin")
  }

  @Test("a strange key, and what is no token")
  func strangers() throws {
    let other = try SigningSecret([UInt8](repeating: 7, count: 40))
    let claims = #"{"sub":"7","iss":"seatcast","exp":\#(end)}"#
    let foreign = String(decoding: JSONWebSignature.sign(Array(claims.utf8), with: other), as: UTF8.self)
    #expect(try inspect(foreign).reason == "its signature was made by no key that this server trusts now")
    #expect(try inspect("a.b.c").isValid == false)
    let long = String(repeating: "a", count: JSONWebSignature.maximumBytes + 1)
    #expect(try inspect(long).reason == "it has more than 4096 bytes")
  }

  @Test("claims are told on one line, and left out when they nest too deeply")
  func claims() throws {
    func claims(_ more: String) throws -> JSONValue? {
      let token = try token("{\"sub\":\"7\",\n\"iss\":\"seatcast\",\"exp\":\(end)\(more)}")
      let line = fixture.backend.administer(AdminRequest(.tokenInspect, [("token", .text(token))]).line).line
      #expect(!line.contains(UInt8(ascii: "\n")))
      let result = try #require(try StrictJSON.parse(line).members?["result"]?.members)
      return result["claims"]
    }
    #expect(try claims("")?.members?["sub"] == .string("7"))
    let deep = String(repeating: "[", count: 14) + String(repeating: "]", count: 14)
    #expect(try claims(",\"x\":\(deep)") == .null)
  }
}
