import TestSupport
import Testing

@testable import ControlPlane

@Suite("AccountService")
struct AccountServiceTests {
  /// Runs jobs at once, or refuses them; keeps commands.
  private final class FakeLedger: JobQueue, CommandSink {
    let isOpen: Bool
    let commands = Monitor<[LedgerCommand]>([])
    init(isOpen: Bool) { self.isOpen = isOpen }

    func offer(_ job: @escaping @Sendable () -> Void) -> Bool {
      if isOpen { job() }
      return isOpen
    }

    func submit(_ command: LedgerCommand) -> Bool {
      commands.withLock { $0.append(command) }
      return isOpen
    }

    func submit(contentsOf commands: [LedgerCommand]) -> Int {
      commands.prefix { submit($0) }.count
    }
  }

  /// The hash of a password is the password after `hash:`; that of `old` is stale.
  private struct PlainHasher: PasswordHasher {
    func hash(_ password: String) throws(DomainError) -> String {
      if password == "unhashable" { throw .internalFailure("no memory") }
      return "hash:" + password
    }

    func verify(_ password: String, against hash: String?) -> PasswordVerdict {
      guard let hash, hash.hasSameBytes(as: "hash:" + password) else { return .wrong }
      return password == "old" ? .correctButStale : .correct
    }
  }

  private let stage = Stage()
  private let ticket = ReplyTicket(high: 0, low: 1)
  private let answer: Answer<User> = { result in
    switch result {
    case .success(let user): Reply(status: 200, body: Array(user.name.utf8))
    case .failure(let error): Reply(status: 400, body: Array("\(error)".utf8))
    }
  }

  private let revocations = Revocations()

  private func service(_ ports: FakeLedger, registering: FakeLedger? = nil) -> AccountService {
    AccountService(
      ledger: ports, replies: stage, hashing: ports, registering: registering ?? ports,
      hasher: PlainHasher(), revocations: revocations, notices: stage)
  }

  private var words: String? { stage.replies[1].map { String(decoding: $0.body, as: UTF8.self) } }

  private func account(password: String) -> Account {
    let user = User(
      id: UserID(4), subject: Subject(9), email: "a@b.c", name: "Ann", role: .user,
      createdAt: Instant(milliseconds: 0))
    return Account(user: user, passwordHash: "hash:" + password)
  }

  @Test("registering sends an ordinary user with a hashed password to the ledger, which answers")
  func register() {
    let fake = FakeLedger(isOpen: true)
    service(fake).register(
      email: "a@b.c", password: "secret", name: "Ann", ticket: ticket, answer: answer)
    guard case .registerUser(let user, _) = fake.commands.withLock({ $0.first }) else {
      Issue.record("the ledger was not asked")
      return
    }
    #expect(user.passwordHash == "hash:secret")
    #expect(user.role == .user)
    #expect(stage.replies.isEmpty)
  }

  @Test("a hasher that fails is an answer, not a silence")
  func unhashable() {
    let fake = FakeLedger(isOpen: true)
    service(fake).register(
      email: "a@b.c", password: "unhashable", name: "Ann", ticket: ticket, answer: answer)
    #expect(words == #"internalFailure("no memory")"#)
  }

  @Test("the right password is the user, the wrong one and an unknown user are the same refusal")
  func login() {
    service(FakeLedger(isOpen: true)).login(
      account(password: "p"), since: revocations.mark, password: "p", ticket: ticket, answer: answer)
    #expect(words == "Ann")
  }

  @Test("a wrong password and an unknown user are the same refusal", arguments: [true, false])
  func wrongLogin(isKnown: Bool) {
    service(FakeLedger(isOpen: true)).login(
      isKnown ? account(password: "p") : nil, since: revocations.mark, password: "q", ticket: ticket,
      answer: answer)
    #expect(words == "wrongCredentials")
  }

  @Test("a stale hash is made anew after the answer")
  func staleHash() {
    let fake = FakeLedger(isOpen: true)
    service(fake).login(
      account(password: "old"), since: revocations.mark, password: "old", ticket: ticket, answer: answer)
    #expect(words == "Ann")
    guard case .setPasswordHash(UserID(4), "hash:old", "hash:old", _) = fake.commands.withLock({ $0.first })
    else {
      Issue.record("the ledger was not asked")
      return
    }
  }

  @Test(
    "a password in another encoding of the same text is right, and a hash of the raw text is renewed",
    arguments: [
      ("p\u{e9}", "pe\u{301}", true), ("pe\u{301}", "p\u{e9}", false), ("pe\u{301}", "pe\u{301}", true),
      ("a b", "a\u{3000}b", true), ("a\u{a0}b", "a\u{a0}b", true), ("p\u{e9}", "p\u{e9}", true),
      ("p\u{e9}", "pe", false),
    ])
  func encodings(hashed: String, typed: String, isRight: Bool) {
    let ports = FakeLedger(isOpen: true)
    service(ports).login(
      account(password: hashed), since: revocations.mark, password: typed, ticket: ticket, answer: answer)
    #expect(words == (isRight ? "Ann" : "wrongCredentials"))
    let normalized = UnicodeProfiles.opaque(hashed)
    guard isRight, !normalized.hasSameBytes(as: hashed) else {
      return #expect(ports.commands.withLock(\.isEmpty))
    }
    guard case .setPasswordHash(UserID(4), let hash, _, _) = ports.commands.withLock({ $0.first }) else {
      Issue.record("the hash was not renewed")
      return
    }
    #expect(hash.hasSameBytes(as: "hash:" + normalized))
  }

  @Test(
    "a full queue of registrations keeps nobody from logging in, and a full one of log-ins nobody from registering"
  )
  func separateQueues() {
    let (open, full) = (FakeLedger(isOpen: true), FakeLedger(isOpen: false))
    service(open, registering: full).login(
      account(password: "p"), since: revocations.mark, password: "p", ticket: ticket, answer: answer)
    #expect(words == "Ann")
    service(open, registering: full).register(
      email: "a@b.c", password: "secret", name: "Ann", ticket: ReplyTicket(high: 0, low: 2), answer: answer)
    #expect(stage.replies[2].map { String(decoding: $0.body, as: UTF8.self) } == "overloaded")
  }

  @Test("logging out revokes and closes after the commit, and not when it fails", arguments: [true, false])
  func logOut(commits: Bool) {
    let ports = FakeLedger(isOpen: true)
    let identity = Identity(issuer: "them", subject: Subject(4))
    service(ports).logOut(identity, ticket: ticket) { _ in Reply(status: 204) }
    #expect(revocations.moment(of: identity) == nil && stage.happenings.isEmpty)
    guard case .logOut(identity, let asker) = ports.commands.withLock({ $0.first }) else {
      Issue.record("the ledger was not asked")
      return
    }
    let moment = Instant(milliseconds: 5_000)
    var replies: [TicketedReply] = []
    let settled = Settled(asker, commits ? .success(moment) : .failure(.storageUnavailable))
    OutcomeReplies(observer: IncidentList()).append([.loggedOut(settled)], to: &replies)
    #expect(replies.map(\.reply.status) == [204])
    #expect(revocations.moment(of: identity) == (commits ? moment : nil))
    #expect(stage.happenings == (commits ? [.loggedOut(identity.connectionKey)] : []))
  }

  @Test("who was logged out while the password was verified does not get in: it may have been replaced")
  func loggedOutMeanwhile() {
    let mark = revocations.mark
    revocations.add(account(password: "p").user.identity, before: Instant(milliseconds: 0))
    service(FakeLedger(isOpen: true)).login(
      account(password: "p"), since: mark, password: "p", ticket: ticket, answer: answer)
    #expect(words == "wrongCredentials")
  }

  @Test("that an account is disabled learns only who knows its password", arguments: ["p", "q"])
  func disabled(password: String) {
    revocations.setDisabled(account(password: "p").user.identity, true)
    service(FakeLedger(isOpen: true)).login(
      account(password: "p"), since: revocations.mark, password: password, ticket: ticket, answer: answer)
    #expect(words == (password == "p" ? "accountDisabled" : "wrongCredentials"))
  }

  @Test("a new password replaces the hash by which the old one was verified, and no other")
  func changePassword() {
    let ports = FakeLedger(isOpen: true)
    let known = account(password: "p")
    service(ports).changePassword(of: known, from: "p", to: "n", ticket: ticket, answer: answer)
    guard case .changePassword(let change, let asker) = ports.commands.withLock({ $0.first }) else {
      Issue.record("the ledger was not asked")
      return
    }
    #expect(change.hash == "hash:n" && change.replacing == "hash:p" && change.by == nil)
    var replies: [TicketedReply] = []
    let settled = Settled(asker, .success(Instant(milliseconds: 5_000)))
    OutcomeReplies(observer: IncidentList()).append([.loggedOut(settled)], to: &replies)
    #expect(replies.map { String(decoding: $0.reply.body, as: UTF8.self) } == ["Ann"])
    #expect(revocations.moment(of: known.user.identity) == Instant(milliseconds: 5_000))
    #expect(stage.happenings == [.loggedOut(known.user.identity.connectionKey)])
  }

  @Test("without the current password nothing is asked of the ledger")
  func wrongCurrentPassword() {
    let ports = FakeLedger(isOpen: true)
    service(ports).changePassword(
      of: account(password: "p"), from: "q", to: "n", ticket: ticket, answer: answer)
    #expect(words == "wrongPassword" && ports.commands.withLock(\.isEmpty))
  }

  @Test("a change of a person counts after its commit: disabled, and without sessions when they ended")
  func changePerson() {
    let ports = FakeLedger(isOpen: true)
    let target = Identity.local(9)
    let change = PersonChange(target: target, isDisabled: true, by: .local(1))
    service(ports).change(change, ticket: ticket) { _ in Reply(status: 200) }
    #expect(!revocations.isDisabled(target))
    guard case .changePerson(_, let asker) = ports.commands.withLock({ $0.first }) else {
      Issue.record("the ledger was not asked")
      return
    }
    let person = Person(
      id: UserID(4), identity: target, account: nil, createdAt: Instant(milliseconds: 0), isDisabled: true)
    let changed = ChangedPerson(person: person, loggedOutBefore: Instant(milliseconds: 1_000))
    var replies: [TicketedReply] = []
    OutcomeReplies(observer: IncidentList()).append(
      [.personChanged(Settled(asker, .success(changed)))], to: &replies)
    #expect(revocations.isDisabled(target))
    #expect(stage.happenings == [.loggedOut(target.connectionKey)])
  }

  @Test("a full hashing queue is overloaded, at once")
  func overloaded() {
    service(FakeLedger(isOpen: false)).login(
      account(password: "p"), since: revocations.mark, password: "p", ticket: ticket, answer: answer)
    #expect(words == "overloaded")
  }
}
