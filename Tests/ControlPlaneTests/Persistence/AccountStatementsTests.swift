import TestSupport
import Testing

@testable import ControlPlane

@Suite("AccountStatements")
struct AccountStatementsTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// A database as version 0.1.0 left it: local accounts 1 and 4, and bookings of them and of numbers of other systems.
  private func oldDatabase() throws {
    let data = try DataFolder(folder.path)
    let connection = try Connection(data.database, .writer)
    try Migrations.bring(connection, steps: Array(Migrations.steps.prefix(1)))
    try connection.execute(
      """
      INSERT INTO account VALUES (1, 'Ann@x.y', 'ann@x.y', 'Ann', 'admin', 'h1', 10);
      INSERT INTO account VALUES (4, 'bob@x.y', 'bob@x.y', 'Bob', 'user', 'h4', 11);
      INSERT INTO event VALUES (1, 'E', '', '', NULL, NULL, NULL, 'on_sale', 50, 5, 0, 10, 0, 600, 5, 1, 5, 6);
      """)
    for (seq, user) in [1, 4, 3, 9_223_372_036_854_775_807, 3].enumerated() {
      try connection.execute(
        """
        INSERT INTO booking (event_id, user_id, quantity, created_at, created_seq)
          VALUES (1, \(user), 1, \(100 + seq), \(seq + 1));
        INSERT INTO notice VALUES (1, \(seq + 1), 1, \(seq + 1), \(49 - seq), 50, \(100 + seq));
        INSERT INTO idempotency_key (hash, user_id, key, booking_id, at) VALUES (0, \(user), 'k', \(seq + 1), 1);
        """)
    }
    data.release()
  }

  private func subjects(_ reads: any ReadStore, _ identity: Identity) throws -> [Subject] {
    guard let user = try reads.userID(of: identity) else { return [] }
    return try reads.bookings(of: user, event: nil, before: nil, limit: 9).map(\.booking.subject)
  }

  @Test(
    "an old database keeps everybody's bookings; numbers without an account go to the issuer of the first start",
    arguments: ["seatcast", "https://id.example"])
  func oldDatabases(issuer: String) throws {
    try oldDatabase()
    let (database, writer) = try Database.open(DataFolder(folder.path), SystemRandom())
    try writer.adopt(issuer: issuer)
    try writer.adopt(issuer: "somebody later")
    let reads = try database.openReader()
    #expect(try subjects(reads, .local(1)) == [Subject(1)])
    #expect(try subjects(reads, .local(4)) == [Subject(4)])
    #expect(try subjects(reads, Identity(issuer: issuer, subject: Subject(3))) == [Subject(3), Subject(3)])
    let last = Subject(9_223_372_036_854_775_807)
    #expect(try subjects(reads, Identity(issuer: issuer, subject: last)) == [last])
    #expect(try reads.account(EmailKey("ann@X.y"))?.user.identity == .local(1))
    #expect(try reads.user(.local(4))?.name == "Bob")
    #expect(try reads.user(Identity(issuer: issuer, subject: Subject(3))) == nil)
    let users = try reads.notices(of: EventID(1), after: 0, through: 9, limit: 9).map { notice -> Subject? in
      if case .bookingCreated(let facts) = notice.change { facts.user } else { nil }
    }
    #expect(users == [Subject(1), Subject(4), Subject(3), last, Subject(3)])
  }

  @Test("new rows after an old database take numbers that nobody had")
  func numbers() throws {
    try oldDatabase()
    let (_, writer) = try Database.open(DataFolder(folder.path), SystemRandom())
    try writer.begin()
    var rows: Set<UserID> = [UserID(1), UserID(3), UserID(4)]
    for subject in 100...105 as ClosedRange<UInt64> {
      #expect(rows.insert(try writer.insert(.local(subject), at: Instant(milliseconds: 0))).inserted)
    }
    let new = NewUser(email: "c@x.y", name: "C", role: .user, passwordHash: "h")
    #expect(try rows.insert(writer.insert(new, at: Instant(milliseconds: 0)).id).inserted)
    try writer.commit()
  }

  @Test("identities are told apart by issuer and by every byte of the subject")
  func identities() throws {
    let (_, writer) = try Database.open(DataFolder(folder.path), SystemRandom())
    try writer.begin()
    let subjects = ["3", "03", "3\u{0}", "3\u{0}x", "\u{e9}", "e\u{301}", "a", "A"].compactMap { Subject($0) }
    let identities = ["seatcast", "i", "i\u{0}", ""].flatMap { issuer in
      subjects.map { Identity(issuer: issuer, subject: $0) }
    }
    let rows = try identities.map { try writer.insert($0, at: Instant(milliseconds: 0)) }
    #expect(Set(rows).count == identities.count)
    for (identity, row) in zip(identities, rows) { #expect(try writer.userID(of: identity) == row) }
    #expect(throws: StoreFailure.self) { try writer.insert(identities[0], at: Instant(milliseconds: 0)) }
  }

  @Test(
    "an old database's addresses are found in every encoding; of two that are one now, each keeps its own")
  func addresses() throws {
    let data = try DataFolder(folder.path)
    let connection = try Connection(data.database, .writer)
    try Migrations.bring(connection, steps: Array(Migrations.steps.prefix(1)))
    for (id, email) in [
      (1, "z\u{65}\u{301}@x.y"), (2, "o\u{301}@x.y"), (3, "\u{f3}@x.y"), (4, "\u{ff41}@x.y"),
    ] {
      try connection.execute(
        "INSERT INTO account VALUES (\(id), '\(email)', '\(email)', 'N', 'user', 'h', 0)")
    }
    data.release()
    let (database, writer) = try Database.open(DataFolder(folder.path), SystemRandom())
    let reads = try database.openReader()
    func found(_ email: String) throws -> UserID? {
      #expect(try writer.account(EmailKey(email)) == reads.account(EmailKey(email)))
      return try reads.account(EmailKey(email))?.user.id
    }
    #expect(try ["z\u{e9}@x.y", "ze\u{301}@X.Y", "Z\u{c9}@x.y"].map(found) == [1, 1, 1].map { UserID($0) })
    #expect(try ["a@x.y", "\u{ff21}@x.y"].map(found) == [4, 4].map { UserID($0) })
    #expect(try ["o\u{301}@x.y", "\u{f3}@x.y"].map(found) == [2, 3].map { UserID($0) })
  }

  @Test("a log-out is kept, and a later one is not undone by an earlier one")
  func logouts() throws {
    let (_, writer) = try Database.open(DataFolder(folder.path), SystemRandom())
    let identities = [Identity.local(3), Identity(issuer: "them", subject: Subject(3))]
    try writer.logOut(identities[0], before: Instant(milliseconds: 5_000))
    try writer.logOut(identities[0], before: Instant(milliseconds: 4_000))
    try writer.logOut(identities[1], before: Instant(milliseconds: 1_000))
    #expect(
      try writer.logouts() == [
        identities[0]: Instant(milliseconds: 5_000), identities[1]: Instant(milliseconds: 1_000),
      ])
  }

  @Test("of too many log-outs of an issuer the older half becomes one of everybody")
  func manyLogouts() throws {
    let (_, writer) = try Database.open(DataFolder(folder.path), SystemRandom())
    let accounts = try AccountStatements(writer.connection, logoutCapacity: 4)
    let other = Identity(issuer: "them", subject: Subject(3))
    try accounts.logOut(other, before: Instant(milliseconds: 1))
    for number: UInt64 in 1...5 {
      try accounts.logOut(.local(number), before: Instant(milliseconds: Int64(number)))
    }
    #expect(
      try accounts.logouts().mapValues(\.milliseconds) == [
        other: 1, .everybody(of: Identity.localIssuer): 3, .local(4): 4, .local(5): 5,
      ])
    #expect(try [1, 4, 99].map { try accounts.logout(of: .local($0))?.milliseconds } == [3, 4, 3])
    #expect(try accounts.logout(of: Identity(issuer: "them", subject: Subject(4))) == nil)
    let revocations = Revocations(try accounts.logouts(), capacity: 4)
    #expect(revocations.moment(of: .local(99))?.milliseconds == 3)
  }

  @Test("the schema keeps passwords with the local issuer")
  func passwords() throws {
    let (_, writer) = try Database.open(DataFolder(folder.path), SystemRandom())
    #expect(throws: StoreFailure.self) {
      try writer.connection.execute(
        "INSERT INTO account VALUES (9, 'them', '9', 'e', 'e', 'n', 'admin', 'h', 0)")
    }
  }
}
