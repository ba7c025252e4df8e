import TestSupport
import Testing

@testable import ControlPlane

@Suite("Backend+Accounts")
struct BackendAccountsTests {
  private let fixture: BackendFixture

  init() throws { fixture = try BackendFixture() }

  @Test("an admin exists after start, has the password of the last one, and stays the same person")
  func admin() throws {
    let backend = try fixture.open()
    let id = try backend.ensureAdmin(email: "root@example.org", password: "first password")
    let written = backend.counters().commits
    #expect(try backend.ensureAdmin(email: "root@example.org", password: "first password") == id)
    #expect(backend.counters().commits == written)
    #expect(try backend.ensureAdmin(email: "Root@example.org", password: "second password") == id)
    #expect(throws: StartFailure.self) { try backend.ensureAdmin(email: "none", password: "long enough") }
    #expect(throws: StartFailure.self) { try backend.ensureAdmin(email: "a@b.c", password: "short") }
    let login = #"{"email":"root@example.org","password":"second password"}"#
    #expect(backend.offer(fixture.request(1, "POST", "/api/auth/login", body: login)))
    while backend.pump() {}
    #expect(fixture.body(1).contains(#""role":"admin""#))
    backend.close()
  }
}
