import TestSupport
import Testing

@testable import ControlPlane

@Suite("SQLiteRecordStore")
struct SQLiteRecordStoreTests {
  private let fixture: LedgerFixture

  init() throws { fixture = try LedgerFixture() }

  private var store: any RecordStore { fixture.store.records }
  private let address = ClientAddress(upper: 0, lower: 0xFFFF_C000_0207)

  private func at(_ milliseconds: Int64) -> Instant { Instant(milliseconds: milliseconds) }

  private func append(_ action: AuditAction, at milliseconds: Int64) throws {
    try store.append(
      AuditEntry(actor: .identity(.local(1)), address: address, action: action), at: at(milliseconds))
  }

  private func records() throws -> [AuditRecord] { try fixture.reader().audit(before: nil, limit: 100) }

  @Test("Service tokens come back as they were stored, and expired ones are deleted")
  func tokens() throws {
    let draft = ServiceToken(
      id: 0, jti: "j", name: "Ünï", scopes: [.feedRead, .bookingsConfirm], createdAt: at(5), expiresAt: at(50)
    )
    let stored = try store.insert(draft)
    var other = draft
    (other.jti, other.expiresAt) = ("k", at(60))
    let last = try store.insert(other)
    #expect(try store.serviceTokens(at: at(49)) == [stored, last])
    #expect(try store.serviceTokens(at: at(50)) == [last])
    #expect(try store.deleteServiceToken(last.id) == last)
    #expect(try store.deleteServiceToken(last.id) == nil)
    #expect(throws: StoreFailure.self, "a jti twice") {
      _ = try store.insert(draft)
      _ = try store.insert(draft)
    }
  }

  @Test("Entries tell who did what from where, and who is no user has no issuer")
  func entries() throws {
    try store.append(
      AuditEntry(
        actor: .identity(.local(7)), address: address, action: .eventChange, object: "/api/events/1",
        detail: #"{"a":1}"#), at: at(1))
    for actor in [AuditActor.commandLine, .unknown] {
      try store.append(AuditEntry(actor: actor, action: .loginFailure), at: at(2))
    }
    let found = try records()
    #expect(found.map(\.subject) == [nil, "cli", "7"] && found.map(\.issuer) == [nil, nil, "seatcast"])
    #expect(
      found.last
        == AuditRecord(
          id: 1, at: at(1), issuer: "seatcast", subject: "7", address: "192.0.2.7", action: "event.change",
          object: "/api/events/1", detail: #"{"a":1}"#))
    #expect(try fixture.reader().audit(before: 2, limit: 100).map(\.id) == [1])
  }

  @Test("Addresses are forgotten and failed log-ins deleted when they are old; actions stay")
  func forgetting() throws {
    try append(.eventCreate, at: 1)
    try append(.loginFailure, at: 1)
    try append(.eventDelete, at: 5)
    try append(.loginFailure, at: 5)
    #expect(try !store.forgetAudit(before: at(5)))
    #expect(try records().map(\.action) == ["login.failure", "event.delete", "event.create"])
    #expect(try records().map(\.address) == ["192.0.2.7", "192.0.2.7", nil])
  }

  @Test("The log is bounded: failed log-ins, and everything, the oldest first")
  func bounds() throws {
    func fill(_ action: String, _ count: Int) throws {
      try fixture.store.connection.execute(
        """
        WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < \(count))
        INSERT INTO audit (at, action) SELECT n, '\(action)' FROM numbers;
        """)
    }
    func count() throws -> Int {
      try Statement(fixture.store.connection, "SELECT count(*) FROM audit").first([]) { $0.int(0) } ?? 0
    }
    try fill("login.failure", SQLiteRecordStore.mostFailures + 1_500)
    #expect(try store.forgetAudit(before: at(0)))
    #expect(try !store.forgetAudit(before: at(0)))
    #expect(try count() == SQLiteRecordStore.mostFailures)
    try fixture.store.connection.execute(
      "DELETE FROM audit; INSERT INTO audit (id, at, action) VALUES (1, 0, 'a'), (2, 0, 'b'), (1000002, 0, 'c')"
    )
    #expect(try !store.forgetAudit(before: at(0)))
    #expect(try records().map(\.action) == ["c"])
  }

  @Test("What an erased account had is in no page of the database any more")
  func erasure() throws {
    let user = NewUser(
      email: "someone.unmistakable@example.org", name: "Unmistakable Name", role: .user,
      passwordHash: "unmistakable hash")
    let account: User = try fixture.ask { .registerUser(user, $0) }
    let person = try #require(try fixture.store.person(account.identity))
    try store.erase(person, at: at(9))
    let left = try #require(try fixture.store.person(account.identity))
    #expect(left.account == nil && left.isDisabled && left.id == person.id)
    let folder = fixture.folder.path
    #expect(try fixture.store.connection.checkpoint())
    let bytes = try #require(contents(of: folder + "/seatcast.db"))
    for word in ["unmistakable", "Unmistakable"] {
      #expect(bytes.firstRange(of: Array(word.utf8)) == nil, "\(word)")
    }
  }
}
