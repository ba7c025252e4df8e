import TestSupport
import Testing

@testable import ControlPlane

@Suite("Backend+Demo")
struct BackendDemoTests {
  private let fixture: BackendFixture

  init() throws { fixture = try BackendFixture() }

  @Test("demo content is the same on every start, and its passwords and tokens work")
  func demo() throws {
    let first = try fixture.open()
    let content = try first.seedDemo()
    #expect(content.events.map(\.seatCapacity) == [50, 120])
    #expect(content.accounts.map(\.role) == [.admin, .user, .user])
    first.close()
    let backend = try fixture.open()
    let again = try backend.seedDemo()
    #expect(again.events == content.events)
    #expect(again.accounts.map(\.id) == content.accounts.map(\.id))
    #expect(again.accounts.map(\.password) == content.accounts.map(\.password))
    for account in content.accounts + again.accounts {
      guard case .valid(let principal) = backend.verify(account.token) else {
        Issue.record("the token of \(account.email) is invalid")
        continue
      }
      #expect(principal.identity == Identity(issuer: "seatcast", subject: account.id))
      #expect(principal.role == account.role)
    }
    let alice = try #require(again.accounts.last)
    let login = #"{"email":"\#(alice.email)","password":"\#(alice.password)"}"#
    #expect(backend.offer(fixture.request(1, "POST", "/api/auth/login", body: login)))
    while backend.pump() {}
    #expect(fixture.stage.replies[1]?.status == 200)
    backend.close()
  }

  @Test("without its password file, demo accounts get new passwords that work")
  func demoWithoutFile() throws {
    let first = try fixture.open()
    let old = try first.seedDemo()
    try first.database.folder.write("demo-accounts.json", Array("{broken".utf8))
    first.close()
    let backend = try fixture.open()
    let new = try backend.seedDemo()
    #expect(new.accounts.map(\.id) == old.accounts.map(\.id))
    let (was, now) = (try #require(old.accounts.first), try #require(new.accounts.first))
    #expect(was.password != now.password)
    for (ticket, password) in [(1, was.password), (2, now.password)] {
      let login = #"{"email":"\#(now.email)","password":"\#(password)"}"#
      #expect(backend.offer(fixture.request(UInt64(ticket), "POST", "/api/auth/login", body: login)))
    }
    while backend.pump() {}
    #expect([1, 2].map { fixture.stage.replies[$0]?.status } == [401, 200])
    backend.close()
  }
}
