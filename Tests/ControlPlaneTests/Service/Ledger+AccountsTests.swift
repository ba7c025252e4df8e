import Testing

@testable import ControlPlane

@Suite("Ledger+Accounts")
struct LedgerAccountsTests {
  private let fixture: LedgerFixture
  private let admin: User
  private let ann: User
  private let stranger = Identity(issuer: "https://id.example", subject: Subject(3))

  init() throws {
    let fixture = try LedgerFixture()
    func account(_ name: String, _ role: Role) throws -> User {
      let user = NewUser(email: "\(name)@x.y", name: name, role: role, passwordHash: "hash of \(name)")
      return try fixture.ask { .putUser(user, $0) }
    }
    admin = try account("admin", .admin)
    ann = try account("ann", .user)
    self.fixture = fixture
  }

  private func change(
    _ target: Identity, role: Role? = nil, isDisabled: Bool? = nil, by: Identity? = nil
  ) throws -> ChangedPerson {
    let change = PersonChange(target: target, role: role, isDisabled: isDisabled, by: by ?? admin.identity)
    return try fixture.ask { .changePerson(change, $0) }
  }

  private func person(_ identity: Identity) throws -> Person? {
    try fixture.reader().people(after: nil, email: nil, limit: 9).first { $0.identity == identity }
  }

  @Test("disabling and enabling are kept; only the first of the same ends sessions")
  func disabling() throws {
    let disabled = try change(ann.identity, isDisabled: true)
    #expect(disabled.person.isDisabled && disabled.loggedOutBefore != nil)
    #expect(try person(ann.identity) == disabled.person)
    #expect(try change(ann.identity, isDisabled: true).loggedOutBefore == nil)
    let enabled = try change(ann.identity, isDisabled: false)
    #expect(!enabled.person.isDisabled && enabled.loggedOutBefore == nil)
    #expect(try person(ann.identity) == enabled.person)
  }

  @Test("a role is kept; taking the admin role away ends sessions, giving it does not")
  func roles() throws {
    #expect(try change(ann.identity, role: .admin).loggedOutBefore == nil)
    #expect(try person(ann.identity)?.account?.role == .admin)
    #expect(try change(ann.identity, role: .user).loggedOutBefore != nil)
    #expect(try change(ann.identity, role: .user).loggedOutBefore == nil)
    #expect(try change(ann.identity, role: .admin, isDisabled: true).loggedOutBefore != nil)
  }

  @Test("nobody takes the own rights away, and who has lost them changes nobody, in the same batch either")
  func ownRights() throws {
    #expect(throws: DomainError.ownAccount) { try change(admin.identity, isDisabled: true) }
    #expect(throws: DomainError.ownAccount) { try change(admin.identity, role: .user) }
    #expect(try change(admin.identity, role: .admin, isDisabled: false).loggedOutBefore == nil)
    #expect(throws: DomainError.notAdministrator) {
      try change(admin.identity, role: .user, by: ann.identity)
    }
    #expect(throws: DomainError.notAdministrator) {
      try change(ann.identity, isDisabled: true, by: .local(99))
    }

    _ = try change(ann.identity, role: .admin)
    let question = Question<ChangedPerson>()
    let answers = Question<ChangedPerson>()
    fixture.ledger.perform([
      .changePerson(
        PersonChange(target: ann.identity, role: .user, by: admin.identity), question.answering),
      .changePerson(
        PersonChange(target: admin.identity, role: .user, by: ann.identity), answers.answering),
    ])
    #expect(try question.result().person.account?.role == .user)
    #expect(throws: DomainError.notAdministrator) { try answers.result() }
  }

  @Test("another system's user can be disabled before booking, by its administrators too; roles are local")
  func foreign() throws {
    let boss = Identity(issuer: "https://id.example", subject: Subject(1))
    #expect(try change(stranger, isDisabled: true, by: boss).person.account == nil)
    #expect(try person(stranger)?.isDisabled == true)
    #expect(throws: DomainError.unknownUser) { try change(stranger, role: .admin) }
    #expect(throws: DomainError.unknownUser) { try change(.local(99), isDisabled: true) }
    #expect(throws: DomainError.notAdministrator) { try change(ann.identity, isDisabled: true, by: stranger) }
  }

  @Test("a password is changed once by the same old one, and ends the sessions")
  func password() throws {
    func change(_ hash: String, replacing old: String?, by: Identity? = nil) throws -> Instant {
      let change = PasswordChange(target: ann.identity, hash: hash, replacing: old, by: by)
      return try fixture.ask { .changePassword(change, $0) }
    }
    let moment = try change("h1", replacing: "hash of ann")
    #expect(try fixture.reader().account(ann.identity)?.passwordHash == "h1")
    #expect(throws: DomainError.wrongPassword) { try change("h2", replacing: "hash of ann") }
    // What a log-in by the old password wanted to renew is not stored either.
    #expect(throws: DomainError.unknownUser) {
      _ = try fixture.ask { .setPasswordHash(ann.id, "stale", replacing: "hash of ann", $0) } as UserID
    }
    #expect(try change("h3", replacing: nil, by: admin.identity) > moment)
    #expect(throws: DomainError.notAdministrator) { try change("h4", replacing: nil, by: ann.identity) }
    #expect(throws: DomainError.unknownUser) {
      let change = PasswordChange(target: stranger, hash: "h", by: admin.identity)
      _ = try fixture.ask { .changePassword(change, $0) } as Instant
    }
    #expect(try fixture.reader().account(ann.identity)?.passwordHash == "h3")
  }

  @Test("a change that cannot be committed changes nothing")
  func rollback() throws {
    fixture.store.failsCommits = true
    #expect(throws: DomainError.storageUnavailable) { try change(ann.identity, isDisabled: true) }
    fixture.store.failsCommits = false
    #expect(try person(ann.identity)?.isDisabled == false)
  }
}
