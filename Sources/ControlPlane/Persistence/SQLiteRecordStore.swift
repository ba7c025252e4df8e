// Service tokens, the audit log and the erasure of people, written. Bounded: service tokens by the ledger's rule, the audit
// log by its number of rows, of which failed log-ins may be a tenth. The writer's connection, on the ledger's thread.

final class SQLiteRecordStore: RecordStore {
  /// Rows of the audit log at most, a step's worth more for a while; the oldest go first.
  static let mostAudited = 1_000_000
  static let mostFailures = 100_000
  /// Rows that are changed or deleted in one step.
  static let step = 1_000

  private let connection: Connection
  private let addToken, deleteExpired, allTokens, deleteToken: Statement
  private let addEntry, forgetAddresses, forgetFailures, boundFailures, boundEntries: Statement
  private let erase, addSeal: Statement

  init(_ connection: Connection) throws(StoreFailure) {
    self.connection = connection
    addToken = try Statement(
      connection,
      "INSERT INTO service_token (jti, name, scopes, created_at, expires_at) VALUES (?, ?, ?, ?, ?)")
    deleteExpired = try Statement(connection, "DELETE FROM service_token WHERE expires_at <= ?")
    allTokens = try Statement(connection, "SELECT \(ServiceTokenRow.columns) FROM service_token ORDER BY id")
    deleteToken = try Statement(
      connection, "DELETE FROM service_token WHERE id = ? RETURNING \(ServiceTokenRow.columns)")

    addEntry = try Statement(
      connection,
      "INSERT INTO audit (at, issuer, subject, address, action, object, detail) VALUES (?, ?, ?, ?, ?, ?, ?)")
    forgetAddresses = try Statement(
      connection,
      """
      UPDATE audit SET address = NULL WHERE id IN (
        SELECT id FROM audit WHERE address IS NOT NULL AND at < ? ORDER BY at LIMIT ?)
      """)
    let failure = "action = '\(AuditAction.loginFailure.rawValue)'"
    forgetFailures = try Statement(
      connection,
      "DELETE FROM audit WHERE id IN (SELECT id FROM audit WHERE \(failure) AND at < ? ORDER BY at LIMIT ?)")
    boundFailures = try Statement(
      connection,
      """
      DELETE FROM audit WHERE id IN (SELECT id FROM audit WHERE \(failure) ORDER BY at LIMIT
        max(0, min(?2, (SELECT count(*) FROM audit WHERE \(failure)) - ?1)))
      """)
    boundEntries = try Statement(
      connection,
      """
      DELETE FROM audit WHERE id IN (
        SELECT id FROM audit WHERE id <= (SELECT max(id) FROM audit) - ? ORDER BY id LIMIT ?)
      """)
    addSeal = try Statement(
      connection,
      """
      INSERT INTO record_seal SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10
      WHERE ?1 = (SELECT coalesce(max(number), 0) + 1 FROM record_seal)
      """)
    erase = try Statement(
      connection,
      """
      UPDATE account SET email = NULL, email_key = NULL, name = NULL, role = NULL, password_hash = NULL,
        issuer = ?, subject = ?, disabled_at = ? WHERE id = ?
      """)
  }

  // MARK: Service tokens

  func serviceTokens(at moment: Instant) throws(StoreFailure) -> [ServiceToken] {
    try deleteExpired.run([.instant(moment)])
    return try allTokens.all([], ServiceTokenRow.decode)
  }

  func insert(_ token: ServiceToken) throws(StoreFailure) -> ServiceToken {
    try addToken.run([
      .text(token.jti), .text(token.name), .text(ServiceTokenRow.text(token.scopes)),
      .instant(token.createdAt),
      .instant(token.expiresAt),
    ])
    var token = token
    token.id = connection.lastInsertedRow
    return token
  }

  func deleteServiceToken(_ id: Int64) throws(StoreFailure) -> ServiceToken? {
    try deleteToken.all([.int(id)], ServiceTokenRow.decode).first
  }

  // MARK: The record of sales

  func insert(_ seal: RecordSeal) throws(StoreFailure) -> Bool {
    try addSeal.run([
      .int(seal.number), .int(Int64(seal.size)), .text(Base64.padded(seal.link)), .text(seal.epoch),
      .text(seal.key.base64), .text(seal.head), .int(seal.feed), .int(seal.waiting), .int(seal.earlier),
      .text(seal.items),
    ])
    return connection.changedRows == 1
  }

  // MARK: The audit log

  func append(_ entry: AuditEntry, at moment: Instant) throws(StoreFailure) {
    let (issuer, subject) = AuditRow.actor(entry.actor)
    let text = { (text: String?) in text.map { Statement.Value.text($0) } ?? .null }
    try addEntry.run([
      .instant(moment), text(issuer), text(subject), text(entry.address?.text), .text(entry.action.rawValue),
      text(entry.object), text(entry.detail),
    ])
  }

  func forgetAudit(before moment: Instant) throws(StoreFailure) -> Bool {
    var hasMore = false
    for statement in [forgetFailures, forgetAddresses] {
      try statement.run([.instant(moment), .int(Self.step)])
      hasMore = hasMore || connection.changedRows == Self.step
    }
    for (statement, most) in [(boundFailures, Self.mostFailures), (boundEntries, Self.mostAudited)] {
      try statement.run([.int(most), .int(Self.step)])
      hasMore = hasMore || connection.changedRows == Self.step
    }
    return hasMore
  }

  // MARK: People

  /// A local account keeps its subject, which is a number; another system's may be a name, so the row gets a subject of its
  /// own, of an issuer that is nobody's. What is deleted is overwritten in the database's pages.
  func erase(_ person: Person, at moment: Instant) throws(StoreFailure) {
    try connection.execute("PRAGMA secure_delete = ON")
    defer { try? connection.execute("PRAGMA secure_delete = OFF") }
    let isLocal = person.identity.isLocal
    try erase.run([
      .text(isLocal ? Identity.localIssuer : Identity.erasedIssuer),
      .text(isLocal ? person.identity.subject.description : String(person.id.rawValue)),
      .instant(isLocal ? moment : nil), .int(person.id.rawValue),
    ])
  }
}

enum ServiceTokenRow {
  static let columns = "id, jti, name, scopes, created_at, expires_at"

  static func decode(_ row: some StoredRow) -> ServiceToken {
    ServiceToken(
      id: row.int64(0), jti: row.text(1), name: row.text(2), scopes: scopes(row.text(3)),
      createdAt: row.instant(4), expiresAt: row.instant(5))
  }

  /// As in the claim `scope` (RFC 8693, section 4.2).
  static func text(_ scopes: [ServiceScope]) -> String { scopes.map(\.rawValue).joined(separator: " ") }

  private static func scopes(_ text: String) -> [ServiceScope] {
    text.split(separator: " ").compactMap { ServiceScope(rawValue: String($0)) }
  }
}

enum AuditRow {
  static let columns = "id, at, issuer, subject, address, action, object, detail"

  static func decode(_ row: some StoredRow) -> AuditRecord {
    AuditRecord(
      id: row.int64(0), at: row.instant(1), issuer: row.optionalText(2), subject: row.optionalText(3),
      address: row.optionalText(4), action: row.text(5), object: row.optionalText(6),
      detail: row.optionalText(7))
  }

  static func actor(_ actor: AuditActor) -> (issuer: String?, subject: String?) {
    switch actor {
    case .identity(let identity): (identity.issuer, identity.subject.description)
    case .service(let token): (nil, "service-token \(token.id)")
    case .commandLine: (nil, "cli")
    case .unknown: (nil, nil)
    }
  }
}
