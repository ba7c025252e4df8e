#if Cluster
  // Service tokens, seals, the audit log and the erasure of people, written. Bounded as with SQLite. The ledger's thread.

  final class PostgresRecordStore: RecordStore {
    /// It keeps this, and lives no longer.
    private unowned let store: PostgresBookingStore

    init(_ store: PostgresBookingStore) { self.store = store }

    // MARK: Service tokens

    func serviceTokens(at moment: Instant) throws(StoreFailure) -> [ServiceToken] {
      _ = try store.run(RecordSQL.deleteExpired, [.instant(moment)])
      return try store.run(RecordSQL.allTokens).all(ServiceTokenRow.decode)
    }

    func insert(_ token: ServiceToken) throws(StoreFailure) -> ServiceToken {
      let inserted = try store.run(
        RecordSQL.addToken,
        [
          .text(token.jti), .text(token.name), .text(ServiceTokenRow.text(token.scopes)),
          .instant(token.createdAt), .instant(token.expiresAt),
        ])
      var token = token
      token.id = inserted.first { $0.int64(0) } ?? 0
      return token
    }

    func deleteServiceToken(_ id: Int64) throws(StoreFailure) -> ServiceToken? {
      try store.run(RecordSQL.deleteToken, [.int(id)]).first(ServiceTokenRow.decode)
    }

    // MARK: The record of sales

    /// The first to seal is one: a node that led before and was slow finds that the number is taken.
    func insert(_ seal: RecordSeal) throws(StoreFailure) -> Bool {
      try store.run(
        RecordSQL.addSeal,
        [
          .int(seal.number), .int(Int64(seal.size)), .text(Base64.padded(seal.link)), .text(seal.epoch),
          .text(seal.key.base64), .text(seal.head), .int(seal.feed), .int(seal.waiting), .int(seal.earlier),
          .text(seal.items),
        ]
      ).changedRows == 1
    }

    // MARK: The audit log

    /// Written with the batch.
    func append(_ entry: AuditEntry, at moment: Instant) throws(StoreFailure) {
      let (issuer, subject) = AuditRow.actor(entry.actor)
      let text = { (text: String?) in text.map { Statement.Value.text($0) } ?? .null }
      if store.transaction == nil { try store.begin() }
      store.transaction?.writes.audit([
        .instant(moment), text(issuer), text(subject), text(entry.address?.text),
        .text(entry.action.rawValue),
        text(entry.object), text(entry.detail),
      ])
    }

    static let addEntry = PostgresStatement(
      """
      INSERT INTO audit (at, issuer, subject, address, action, object, detail)
      VALUES ($1, $2, $3, $4, $5, $6, $7)
      """)

    func forgetAudit(before moment: Instant) throws(StoreFailure) -> Bool {
      let step = SQLiteRecordStore.step
      var hasMore = false
      for statement in [RecordSQL.forgetFailures, RecordSQL.forgetAddresses] {
        let changed = try store.run(statement, [.instant(moment), .int(step)]).changedRows
        hasMore = hasMore || changed == step
      }
      for (statement, most) in [
        (RecordSQL.boundFailures, SQLiteRecordStore.mostFailures),
        (RecordSQL.boundEntries, SQLiteRecordStore.mostAudited),
      ] {
        let changed = try store.run(statement, [.int(most), .int(step)]).changedRows
        hasMore = hasMore || changed == step
      }
      return hasMore
    }

    // MARK: People

    /// As with SQLite: a local account keeps its number, another system's name is replaced. Old versions of the row stay in
    /// PostgreSQL's pages until a VACUUM, and in its WAL archive.
    func erase(_ person: Person, at moment: Instant) throws(StoreFailure) {
      let isLocal = person.identity.isLocal
      _ = try store.run(
        RecordSQL.erase,
        [
          .text(isLocal ? Identity.localIssuer : Identity.erasedIssuer),
          .text(isLocal ? person.identity.subject.description : String(person.id.rawValue)),
          .instant(isLocal ? moment : nil), .int(person.id.rawValue),
        ])
    }
  }

  private enum RecordSQL {
    static let addToken = PostgresStatement(
      """
      INSERT INTO service_token (jti, name, scopes, created_at, expires_at)
      VALUES ($1, $2, $3, $4, $5) RETURNING id
      """)
    static let deleteExpired = PostgresStatement("DELETE FROM service_token WHERE expires_at <= $1")
    static let allTokens = PostgresStatement(
      "SELECT \(ServiceTokenRow.columns) FROM service_token ORDER BY id")
    static let deleteToken = PostgresStatement(
      "DELETE FROM service_token WHERE id = $1 RETURNING \(ServiceTokenRow.columns)")
    static let addSeal = PostgresStatement(
      """
      INSERT INTO record_seal (number, size, link, epoch, key, head, feed_position, waiting_position,
        earlier_position, items)
      SELECT $1::bigint, $2::bigint, $3, $4, $5, $6, $7::bigint, $8::bigint, $9::bigint, $10
      WHERE $1::bigint = (SELECT coalesce(max(number), 0) + 1 FROM record_seal)
      ON CONFLICT (number) DO NOTHING
      """)
    private static let failure = "action = '\(AuditAction.loginFailure.rawValue)'"
    static let forgetAddresses = PostgresStatement(
      """
      UPDATE audit SET address = NULL WHERE id IN (
        SELECT id FROM audit WHERE address IS NOT NULL AND at < $1 ORDER BY at LIMIT $2
        FOR UPDATE SKIP LOCKED)
      """)
    static let forgetFailures = PostgresStatement(
      """
      DELETE FROM audit WHERE id IN (
        SELECT id FROM audit WHERE \(failure) AND at < $1 ORDER BY at LIMIT $2 FOR UPDATE SKIP LOCKED)
      """)
    static let boundFailures = PostgresStatement(
      """
      DELETE FROM audit WHERE id IN (SELECT id FROM audit WHERE \(failure) ORDER BY at LIMIT
        greatest(0, least($2::bigint, (SELECT count(*) FROM audit WHERE \(failure)) - $1::bigint))
        FOR UPDATE SKIP LOCKED)
      """)
    static let boundEntries = PostgresStatement(
      """
      DELETE FROM audit WHERE id IN (
        SELECT id FROM audit WHERE id <= (SELECT max(id) FROM audit) - $1::bigint ORDER BY id LIMIT $2
        FOR UPDATE SKIP LOCKED)
      """)
    static let erase = PostgresStatement(
      """
      UPDATE account SET email = NULL, email_key = NULL, name = NULL, role = NULL, password_hash = NULL,
        issuer = $1, subject = $2, disabled_at = $3 WHERE id = $4
      """)
  }
#endif
