// Content for a first look: two events, an admin and two users. Their passwords are random, and kept in
// `demo-accounts.json` (mode 0600) in the data folder, so that a second start can print them again.

/// What `seedDemo` has put there, for printing.
public struct DemoContent: Sendable, Equatable {
  public struct Event: Sendable, Equatable {
    public let id: EventID
    public let name: String
    public let seatCapacity: Int
  }

  public struct Account: Sendable, Equatable {
    public let id: Subject
    public let email: String
    public let name: String
    public let role: Role
    public let password: String
    /// Ready to use.
    public let token: String
  }

  public let events: [Event]
  /// The admin first.
  public let accounts: [Account]
}

extension Backend {
  private static let passwordFile = "demo-accounts.json"

  private static let people: [(email: String, name: String, role: Role)] = [
    ("admin@demo.seatcast", "Ada Admin", .admin),
    ("alice@demo.seatcast", "Alice", .user),
    ("bob@demo.seatcast", "Bob", .user),
  ]

  /// Blocks; what is there already stays as it is. The two users are made only where accounts are local.
  public func seedDemo() throws(StartFailure) -> DemoContent {
    let passwords = try demoPasswords()
    var accounts: [DemoContent.Account] = []
    for person in Self.people where person.role == .admin || endpoints.policy.accounts == .local {
      guard let password = passwords[person.email] else { continue }
      let user = try ensure(
        email: person.email, name: person.name, role: person.role, password: password)
      accounts.append(
        DemoContent.Account(
          id: user.subject, email: user.email, name: user.name, role: user.role, password: password,
          token: tokens.issue(to: user).text))
    }
    return DemoContent(events: try demoEvents(), accounts: accounts)
  }

  // MARK: Events

  private func demoEvents() throws(StartFailure) -> [DemoContent.Event] {
    var concert = EventDraft(name: "Chamber Concert by Candlelight", seatCapacity: 50)
    concert.description = "Schubert and Ravel in the old library."
    concert.venue = "Old Library"
    concert.startsAt = evening(inDays: 30)
    var play = EventDraft(name: "The Tempest", seatCapacity: 120)
    play.description = "Shakespeare's last play, on an island of a stage."
    play.venue = "Harbour Theatre"
    play.startsAt = evening(inDays: 45)
    do throws(DomainError) {
      return [try ensure(concert), try ensure(play)]
    } catch {
      throw StartFailure("cannot make the demo events: \(error)")
    }
  }

  /// 19:00 UTC, so many days from today.
  private func evening(inDays days: Int64) -> Instant {
    let hour: Int64 = 60 * 60 * 1000
    let today = ports.clock.now.milliseconds / (24 * hour)
    return Instant(milliseconds: (today + days) * 24 * hour + 19 * hour)
  }

  /// An event of this name among the first, or a new one.
  private func ensure(_ draft: EventDraft) throws(DomainError) -> DemoContent.Event {
    guard let reads = try? openReader() else { throw .storageUnavailable }
    let known = try reads.events(after: nil, .all, limit: 100).first { $0.name == draft.name }
    if let known { return DemoContent.Event(known) }
    return DemoContent.Event(try ledger.ask { .createEvent(draft, $0) })
  }

  // MARK: Passwords

  /// By address; those that the file does not have are made and added to it.
  private func demoPasswords() throws(StartFailure) -> [String: String] {
    var passwords = try keptPasswords()
    let missing = Self.people.map(\.email).filter { passwords[$0] == nil }
    guard !missing.isEmpty else { return passwords }
    for email in missing { passwords[email] = ports.identifiers.randomHex(bytes: 8) }
    let text = JSONWriter.object { writer in
      for (email, password) in passwords.sorted(by: { $0.key < $1.key }) { writer.member(email, password) }
    }
    try database.folder.write(Self.passwordFile, text + [UInt8(ascii: "\n")])
    return passwords
  }

  /// What the file has; a damaged file has nothing and is written anew.
  private func keptPasswords() throws(StartFailure) -> [String: String] {
    guard let bytes = try database.folder.read(Self.passwordFile),
      let members = (try? StrictJSON.parse(bytes))?.members
    else { return [:] }
    return members.compactMapValues(\.text)
  }
}

extension DemoContent.Event {
  init(_ event: Event) {
    (id, name, seatCapacity) = (event.id, event.name, event.seatCapacity)
  }
}
