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
    let login = #"{"email":"root@example.org","password":"second password"}"#
    #expect(backend.offer(fixture.request(1, "POST", "/api/auth/login", body: login)))
    while backend.pump() {}
    #expect(fixture.body(1).contains(#""role":"admin""#))
    backend.close()
  }

  @Test("an admin's address and password are judged as at a registration, in a sentence")
  func rules() throws {
    let backend = try fixture.open()
    func failure(_ email: String, _ password: String) -> String? {
      #expect(throws: StartFailure.self) { try backend.ensureAdmin(email: email, password: password) }?
        .description
    }
    #expect(
      failure("none", "long enough")?.hasPrefix("'none' is not an email address for an account: it must")
        == true)
    #expect(failure("a@b.c.", "long enough")?.contains("domain without empty labels") == true)
    #expect(
      failure(String(repeating: "a", count: 253) + "@b", "long enough")?.contains("3 to 254 bytes") == true)
    #expect(
      failure("a@b.c", "short") == "the administrator's password must have 8 to 1024 bytes, also in NFC")
    // Seven bytes when it is composed.
    #expect(failure("a@b.c", "12345e\u{301}")?.contains("also in NFC") == true)
    #expect(
      failure("a@b.c", "line\nbreak") == "the administrator's password must not contain control characters")
    backend.close()
  }
}
