// What administrators change in the account table. The writer's connection, on the ledger's thread.

final class PeopleStatements {
  private let connection: Connection
  private let person, setRole, setDisabled, setPasswordHash: Statement

  init(_ connection: Connection) throws(StoreFailure) {
    self.connection = connection
    person = try Statement(
      connection, "SELECT \(PersonRow.columns) FROM account WHERE issuer = ? AND subject = ?")
    setRole = try Statement(connection, "UPDATE account SET role = ? WHERE id = ?")
    setDisabled = try Statement(connection, "UPDATE account SET disabled_at = ? WHERE id = ?")
    setPasswordHash = try Statement(
      connection,
      "UPDATE account SET password_hash = ?1 WHERE id = ?2 AND password_hash = coalesce(?3, password_hash)")
  }

  func person(_ identity: Identity) throws(StoreFailure) -> Person? {
    try person.first([.text(identity.issuer), .text(identity.subject.description)], PersonRow.decode)
  }

  func setRole(_ role: Role, of person: UserID) throws(StoreFailure) {
    try setRole.run([.text(role.rawValue), .int(person.rawValue)])
  }

  /// - Parameter moment: since when; nil: not any more.
  func setDisabled(_ moment: Instant?, of person: UserID) throws(StoreFailure) {
    try setDisabled.run([.instant(moment), .int(person.rawValue)])
  }

  /// False: the person has no password, or another one than that of the hash `old`.
  func setPasswordHash(
    _ hash: String, of person: UserID, replacing old: String?
  ) throws(StoreFailure) -> Bool {
    try setPasswordHash.run([.text(hash), .int(person.rawValue), old.map { .text($0) } ?? .null])
    return connection.changedRows > 0
  }

  func disabled() throws(StoreFailure) -> Set<Identity> {
    let rows = try Statement(connection, "SELECT issuer, subject FROM account WHERE disabled_at IS NOT NULL")
      .all { Identity(issuer: $0.text(0), subject: $0.subject(1)) }
    return Set(rows)
  }
}
