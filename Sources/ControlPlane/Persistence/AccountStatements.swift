// The account table, written: identities that booked, and the local accounts among them. The writer's connection,
// on the ledger's thread.

final class AccountStatements {
  private let connection: Connection
  private let find, add, addAccount, account, save, saveNext: Statement
  private let logOut, findLogout, countLogouts, middleLogout, forgetLogouts: Statement
  private let logoutCapacity: Int

  /// The number of the next row. Numbers that a rolled back transaction took are not given again.
  private var next: Int64
  /// What the table `meta` has after the last commit.
  private var savedNext: Int64

  /// - Parameter logoutCapacity: log-outs of one issuer that are kept one by one.
  init(_ connection: Connection, logoutCapacity: Int = Revocations.capacity) throws(StoreFailure) {
    self.connection = connection
    self.logoutCapacity = logoutCapacity
    let counter = try Statement(connection, "SELECT value FROM meta WHERE name = 'next_account'")
    guard let value = try counter.first([], { $0.text(0) }), let number = Int64(value),
      number > 0, number < .max / 2
    else {
      throw StoreFailure(code: StoreFailure.corrupt, message: "the table meta is damaged")
    }
    (next, savedNext) = (number, number)
    saveNext = try Statement(connection, "UPDATE meta SET value = ? WHERE name = 'next_account'")

    findLogout = try Statement(
      connection,
      "SELECT before FROM logout WHERE issuer = ? AND subject IN (?, '') ORDER BY before DESC LIMIT 1")
    countLogouts = try Statement(connection, "SELECT count(*) FROM logout WHERE issuer = ?")
    middleLogout = try Statement(
      connection, "SELECT before FROM logout WHERE issuer = ? ORDER BY before LIMIT 1 OFFSET ?")
    forgetLogouts = try Statement(connection, "DELETE FROM logout WHERE issuer = ? AND before <= ?")
    logOut = try Statement(
      connection,
      """
      INSERT INTO logout VALUES (?, ?, ?)
      ON CONFLICT (issuer, subject) DO UPDATE SET before = max(before, excluded.before)
      """)
    find = try Statement(connection, "SELECT id FROM account WHERE issuer = ? AND subject = ?")
    add = try Statement(
      connection,
      """
      INSERT INTO account (id, issuer, subject, created_at) VALUES (?, ?, ?, ?)
      ON CONFLICT (id) DO NOTHING
      """)
    addAccount = try Statement(
      connection,
      """
      INSERT INTO account (id, issuer, subject, email, email_key, name, role, password_hash, created_at)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
      ON CONFLICT (id) DO NOTHING ON CONFLICT (issuer, subject) DO NOTHING
      """)
    account = try Statement(
      connection, "SELECT \(AccountRow.columns) FROM account WHERE \(AccountRow.hasEmail)")
    save = try Statement(connection, "UPDATE account SET role = ?, password_hash = ? WHERE id = ?")
  }

  /// To be called before each commit: numbers are given once, also after a restart.
  func saveCounter() throws(StoreFailure) {
    guard next != savedNext else { return }
    try saveNext.run([.text(String(next))])
  }

  /// To be called after each commit.
  func committed() { savedNext = next }

  /// Rows of databases from before identities, whose issuer nobody kept, become this issuer's.
  func adopt(issuer: String) throws(StoreFailure) {
    try Statement(connection, "UPDATE account SET issuer = ? WHERE issuer = ''").run([.text(issuer)])
  }

  var hasRowsToAdopt: Bool {
    get throws(StoreFailure) {
      try Statement(connection, "SELECT 1 FROM account WHERE issuer = '' LIMIT 1").first([]) { $0.int(0) }
        != nil
    }
  }

  /// Gives each account the key that its address has today, unless another account has it.
  @Sendable static func renewKeys(_ connection: Connection) throws(StoreFailure) {
    let accounts = try Statement(connection, "SELECT id, email FROM account WHERE email_key IS NOT NULL")
      .all { (id: $0.int64(0), email: $0.text(1)) }
    let renew = try Statement(connection, "UPDATE OR IGNORE account SET email_key = ? WHERE id = ?")
    for account in accounts { try renew.run([.text(EmailKey(account.email).text), .int(account.id)]) }
  }

  // MARK: Log-outs

  /// A row per identity. When an issuer has too many, the older half becomes one row for everybody.
  func logOut(_ identity: Identity, before moment: Instant) throws(StoreFailure) {
    let issuer = Statement.Value.text(identity.issuer)
    try logOut.run([issuer, .text(identity.subject.description), .instant(moment)])
    let count = try countLogouts.first([issuer]) { $0.int(0) } ?? 0
    guard count > logoutCapacity,
      let middle = try middleLogout.first([issuer, .int(count / 2)], { $0.instant(0) })
    else { return }
    try forgetLogouts.run([issuer, .instant(middle)])
    try logOut.run([
      issuer, .text(Identity.everybody(of: identity.issuer).subject.description), .instant(middle),
    ])
  }

  func logout(of identity: Identity) throws(StoreFailure) -> Instant? {
    try findLogout.first([.text(identity.issuer), .text(identity.subject.description)]) { $0.instant(0) }
  }

  /// By identity: before when its tokens are refused.
  func logouts() throws(StoreFailure) -> [Identity: Instant] {
    let rows = try Statement(connection, "SELECT issuer, subject, before FROM logout").all { row in
      let issuer = row.text(0)
      let isOfAll = row.text(1).isEmpty
      return (
        isOfAll ? .everybody(of: issuer) : Identity(issuer: issuer, subject: row.subject(1)), row.instant(2)
      )
    }
    return Dictionary(rows) { max($0, $1) }
  }

  // MARK: Identities

  func userID(of identity: Identity) throws(StoreFailure) -> UserID? {
    try find.first([.text(identity.issuer), .text(identity.subject.description)]) { UserID($0.int64(0)) }
  }

  /// A row for an identity that has none.
  func insert(_ identity: Identity, at moment: Instant) throws(StoreFailure) -> UserID {
    while true {
      let id = takeNumber()
      try add.run([
        .int(id), .text(identity.issuer), .text(identity.subject.description), .instant(moment),
      ])
      if connection.changedRows > 0 { return UserID(id) }
    }
  }

  /// Some numbers below 2^63 are rows already: users of databases from before identities.
  private func takeNumber() -> Int64 {
    defer { next += 1 }
    return next
  }

  // MARK: Local accounts

  func account(_ email: EmailKey) throws(StoreFailure) -> Account? {
    try account.first(AccountRow.values(email), AccountRow.decode)
  }

  /// The new account's subject is the number of its row. A number that is a subject already, because somebody with
  /// the secret made a token for it, is passed over: nobody inherits bookings.
  func insert(_ user: NewUser, at moment: Instant) throws(StoreFailure) -> User {
    while true {
      let id = takeNumber()
      let subject = Subject(UInt64(id))
      try addAccount.run([
        .int(id), .text(Identity.localIssuer), .text(subject.description), .text(user.email),
        .text(EmailKey(user.email).text), .text(user.name), .text(user.role.rawValue),
        .text(user.passwordHash), .instant(moment),
      ])
      guard connection.changedRows > 0 else { continue }
      return User(
        id: UserID(id), subject: subject, email: user.email, name: user.name, role: user.role,
        createdAt: moment)
    }
  }

  func save(_ user: User, passwordHash: String) throws(StoreFailure) {
    try save.run([.text(user.role.rawValue), .text(passwordHash), .int(user.id.rawValue)])
  }
}
