import TestSupport
import Testing

@testable import ControlPlane

@Suite("Backend+Handover")
struct BackendHandoverTests {
  private let fixture: BackendFixture

  init() throws { fixture = try BackendFixture() }

  @Test("The next backend knows what was in memory alone, and the folder is free for it")
  func memory() throws {
    let old = try fixture.open()
    let user = Principal(identity: .local(1), role: .user, expiresAt: Timestamps.latest)
    let token = old.endpoints.connectionTokens.issue(
      ConnectionGrant(principal: user, events: nil), at: old.ports.clock.uptime)
    #expect(old.settle(within: 1_000))
    let memory = old.memory()
    #expect(Backend.useSeed(of: memory))
    #expect(!Backend.useSeed(of: [Array("{}".utf8)]))
    #expect(!Backend.useSeed(of: [Array(#"{"connectionSeed":"0a"}"#.utf8)]))
    old.close()
    let new = try fixture.open()
    #expect(new.epoch == old.epoch)
    new.adopt(memory)
    #expect(new.redeem(token)?.principal == user)
    #expect(new.redeem(token) == nil)
    #expect(Set(new.keyEnds.keys) == Set(old.keyEnds.keys))
    new.close()
  }

  @Test("While it settles, work on passwords is refused as when there is too much, and resumes")
  func settles() throws {
    let backend = try fixture.open(.own)
    let new = #"{"email":"ann@example.org","password":"correct horse","name":"Ann"}"#
    #expect(backend.settle(within: 5_000))
    #expect(backend.offer(fixture.request(1, "POST", "/api/auth/register", body: new)))
    #expect(backend.offer(fixture.login(2, "ann@example.org", "correct horse")))
    try eventually("both are answered") { fixture.status(1) != nil && fixture.status(2) != nil }
    #expect(fixture.status(1) == 503 && fixture.status(2) == 503)
    backend.resume()
    #expect(backend.offer(fixture.request(3, "POST", "/api/auth/register", body: new)))
    try eventually("it is answered") { fixture.status(3) != nil }
    #expect(fixture.status(3) == 201)
    backend.close()
  }
}
