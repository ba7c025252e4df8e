import TestSupport
import Testing

@testable import ControlPlane

@Suite("AccountService")
struct AccountServiceTests {
  /// Runs jobs at once, or refuses them; keeps commands.
  private final class AdapterPorts: JobQueue, CommandSink {
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
  }

  /// The hash of a password is the password after `hash:`; that of `old` is stale.
  private struct PlainHasher: PasswordHasher {
    func hash(_ password: String) throws(DomainError) -> String {
      if password == "unhashable" { throw .internalFailure("no memory") }
      return "hash:" + password
    }

    func verify(_ password: String, against hash: String?) -> PasswordVerdict {
      guard hash == "hash:" + password else { return .wrong }
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

  private func service(_ doors: AdapterPorts) -> AccountService {
    AccountService(ledger: doors, replies: stage, hashing: doors, hasher: PlainHasher())
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
    let doors = AdapterPorts(isOpen: true)
    service(doors).register(
      email: "a@b.c", password: "secret", name: "Ann", ticket: ticket, answer: answer)
    guard case .registerUser(let user, _) = doors.commands.withLock({ $0.first }) else {
      Issue.record("the ledger was not asked")
      return
    }
    #expect(user.passwordHash == "hash:secret")
    #expect(user.role == .user)
    #expect(stage.replies.isEmpty)
  }

  @Test("a hasher that fails is an answer, not a silence")
  func unhashable() {
    let doors = AdapterPorts(isOpen: true)
    service(doors).register(
      email: "a@b.c", password: "unhashable", name: "Ann", ticket: ticket, answer: answer)
    #expect(words == #"internalFailure("no memory")"#)
  }

  @Test("the right password is the user, the wrong one and an unknown user are the same refusal")
  func login() {
    service(AdapterPorts(isOpen: true)).login(
      account(password: "p"), password: "p", ticket: ticket, answer: answer)
    #expect(words == "Ann")
  }

  @Test("a wrong password and an unknown user are the same refusal", arguments: [true, false])
  func wrongLogin(isKnown: Bool) {
    service(AdapterPorts(isOpen: true)).login(
      isKnown ? account(password: "p") : nil, password: "q", ticket: ticket, answer: answer)
    #expect(words == "wrongCredentials")
  }

  @Test("a stale hash is made anew after the answer")
  func staleHash() {
    let doors = AdapterPorts(isOpen: true)
    service(doors).login(account(password: "old"), password: "old", ticket: ticket, answer: answer)
    #expect(words == "Ann")
    guard case .setPasswordHash(UserID(4), "hash:old", _) = doors.commands.withLock({ $0.first }) else {
      Issue.record("the ledger was not asked")
      return
    }
  }

  @Test("a full hashing queue is overloaded, at once")
  func overloaded() {
    service(AdapterPorts(isOpen: false)).login(
      account(password: "p"), password: "p", ticket: ticket, answer: answer)
    #expect(words == "overloaded")
  }
}
