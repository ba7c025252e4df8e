#if Cluster
  // The account table, written: identities that booked, local accounts, what administrators change, and log-outs. These are rare, so
  // each is a statement by itself. The ledger's thread.

  extension PostgresBookingStore {
    // MARK: Identities

    func userID(of identity: Identity) throws(StoreFailure) -> UserID? {
      if let known = transaction?.view.userID(of: identity) { return known }
      let found = try run(PeopleSQL.find, Self.values(identity)).first { UserID($0.int64(0)) }
      transaction?.view.set(found, of: identity)
      return found
    }

    static func values(_ identity: Identity) -> [Statement.Value] {
      [.text(identity.issuer), .text(identity.subject.description)]
    }

    func person(_ identity: Identity) throws(StoreFailure) -> Person? {
      try run(PeopleSQL.person, Self.values(identity)).first(PersonRow.decode)
    }

    func setRole(_ role: Role, of person: UserID) throws(StoreFailure) {
      _ = try run(PeopleSQL.setRole, [.text(role.rawValue), .int(person.rawValue)])
    }

    func setDisabled(_ moment: Instant?, of person: UserID) throws(StoreFailure) {
      _ = try run(PeopleSQL.setDisabled, [.instant(moment), .int(person.rawValue)])
    }

    func disabled() throws(StoreFailure) -> Set<Identity> {
      Set(try run(PeopleSQL.disabled).all { Identity(issuer: $0.text(0), subject: $0.subject(1)) })
    }

    // MARK: Local accounts

    func account(_ email: EmailKey) throws(StoreFailure) -> Account? {
      try run(PeopleSQL.account, AccountRow.values(email)).first(AccountRow.decode)
    }

    /// The new account's subject is the number of its row. A number that is a subject already, because somebody with the secret
    /// made a token for it, is passed over: nobody inherits bookings.
    func insert(_ user: NewUser, at moment: Instant) throws(StoreFailure) -> User {
      while true {
        let id = try takeAccountNumber()
        let subject = Subject(UInt64(id))
        let inserted = try run(
          PeopleSQL.addAccount,
          [
            .int(id), .text(Identity.localIssuer), .text(subject.description), .text(user.email),
            .text(EmailKey(user.email).text), .text(user.name), .text(user.role.rawValue),
            .text(user.passwordHash), .instant(moment),
          ])
        guard inserted.changedRows > 0 else { continue }
        let made = User(
          id: UserID(id), subject: subject, email: user.email, name: user.name, role: user.role,
          createdAt: moment)
        transaction?.view.set(made.id, of: made.identity)
        return made
      }
    }

    func save(_ user: User, passwordHash: String) throws(StoreFailure) {
      _ = try run(
        PeopleSQL.save, [.text(user.role.rawValue), .text(passwordHash), .int(user.id.rawValue)])
    }

    func setPasswordHash(
      _ hash: String, of user: UserID, replacing old: String?
    ) throws(StoreFailure) -> Bool {
      let values: [Statement.Value] = [.text(hash), .int(user.rawValue), old.map { .text($0) } ?? .null]
      return try run(PeopleSQL.setPasswordHash, values).changedRows > 0
    }

    // MARK: Log-outs

    /// A row per identity. When an issuer has too many, the older half becomes one row for everybody.
    func logOut(_ identity: Identity, before moment: Instant) throws(StoreFailure) {
      let issuer = Statement.Value.text(identity.issuer)
      _ = try run(PeopleSQL.logOut, Self.values(identity) + [.instant(moment)])
      let count = try run(PeopleSQL.countLogouts, [issuer]).first { $0.int(0) } ?? 0
      guard count > mostLogouts,
        let middle = try run(PeopleSQL.middleLogout, [issuer, .int(count / 2)]).first({ $0.instant(0) })
      else { return }
      _ = try run(PeopleSQL.forgetLogouts, [issuer, .instant(middle)])
      let everybody = Identity.everybody(of: identity.issuer)
      _ = try run(PeopleSQL.logOut, Self.values(everybody) + [.instant(middle)])
    }

    func logout(of identity: Identity) throws(StoreFailure) -> Instant? {
      try run(PeopleSQL.findLogout, Self.values(identity)).first { $0.instant(0) }
    }

    /// By identity: before when its tokens are refused.
    func logouts() throws(StoreFailure) -> [Identity: Instant] {
      let rows = try run(PeopleSQL.logouts).all { row in
        let (issuer, isOfAll) = (row.text(0), row.text(1).isEmpty)
        return (
          isOfAll ? .everybody(of: issuer) : Identity(issuer: issuer, subject: row.subject(1)), row.instant(2)
        )
      }
      return Dictionary(rows) { max($0, $1) }
    }
  }

  private enum PeopleSQL {
    static let find = PostgresStatement("SELECT id FROM account WHERE issuer = $1 AND subject = $2")
    static let person = PostgresStatement(
      "SELECT \(PersonRow.columns) FROM account WHERE issuer = $1 AND subject = $2")
    static let setRole = PostgresStatement("UPDATE account SET role = $1 WHERE id = $2")
    static let setDisabled = PostgresStatement("UPDATE account SET disabled_at = $1 WHERE id = $2")
    static let disabled = PostgresStatement(
      "SELECT issuer, subject FROM account WHERE disabled_at IS NOT NULL")
    /// One that has still its former key, else the one of the key.
    static let account = PostgresStatement(
      """
      SELECT \(AccountRow.columns) FROM account
      WHERE email_key IN ($1, $2) ORDER BY email_key = $1 DESC LIMIT 1
      """)
    static let addAccount = PostgresStatement(
      """
      INSERT INTO account (id, issuer, subject, email, email_key, name, role, password_hash, created_at)
      SELECT $1::bigint, $2, $3, $4, $5, $6, $7, $8, $9::bigint
      WHERE NOT EXISTS (SELECT 1 FROM account WHERE id = $1)
      ON CONFLICT (issuer, subject) DO NOTHING
      """)
    static let save = PostgresStatement("UPDATE account SET role = $1, password_hash = $2 WHERE id = $3")
    static let setPasswordHash = PostgresStatement(
      "UPDATE account SET password_hash = $1 WHERE id = $2 AND password_hash = coalesce($3, password_hash)")

    static let logOut = PostgresStatement(
      """
      INSERT INTO logout AS l (issuer, subject, before) VALUES ($1, $2, $3)
      ON CONFLICT (issuer, subject) DO UPDATE SET before = greatest(l.before, excluded.before)
      """)
    static let findLogout = PostgresStatement(
      "SELECT before FROM logout WHERE issuer = $1 AND subject IN ($2, '') ORDER BY before DESC LIMIT 1")
    static let countLogouts = PostgresStatement("SELECT count(*) FROM logout WHERE issuer = $1")
    static let middleLogout = PostgresStatement(
      "SELECT before FROM logout WHERE issuer = $1 ORDER BY before LIMIT 1 OFFSET $2")
    static let forgetLogouts = PostgresStatement("DELETE FROM logout WHERE issuer = $1 AND before <= $2")
    static let logouts = PostgresStatement("SELECT issuer, subject, before FROM logout")
  }
#endif
