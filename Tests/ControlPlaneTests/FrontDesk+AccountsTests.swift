import TestSupport
import Testing

@testable import ControlPlane

@Suite("FrontDesk+Accounts")
struct FrontDeskAccountsTests {
  private let house: DeskHouse

  init() throws { house = try DeskHouse() }

  @Test("an admin exists after start, has the password of the last one, and stays the same person")
  func admin() throws {
    let desk = try house.open()
    let id = try desk.ensureAdmin(email: "root@example.org", password: "first password")
    let written = desk.counters().commits
    #expect(try desk.ensureAdmin(email: "root@example.org", password: "first password") == id)
    #expect(desk.counters().commits == written)
    #expect(try desk.ensureAdmin(email: "Root@example.org", password: "second password") == id)
    #expect(throws: StartFailure.self) { try desk.ensureAdmin(email: "none", password: "long enough") }
    #expect(throws: StartFailure.self) { try desk.ensureAdmin(email: "a@b.c", password: "short") }
    let login = #"{"email":"root@example.org","password":"second password"}"#
    #expect(desk.offer(house.request(1, "POST", "/api/auth/login", body: login)))
    while desk.pump() {}
    #expect(house.body(1).contains(#""role":"admin""#))
    desk.close()
  }
}
