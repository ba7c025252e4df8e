// What administrators do with people. The ledger answers after the commit.

struct UserEndpoints: Sendable {
  let accounts: AccountService
  let policy: AccountPolicy

  /// `POST /api/users/{id}/logout?issuer`: 204; tokens of this user issued before now are refused, and its connections
  /// are closed. `{id}` is the subject, `issuer` whose (those whose accounts this server takes, if absent). Also 204
  /// when nobody of this name ever booked: tokens may exist all the same.
  func logOut(_ call: Call, _: Principal) throws(Problem) -> Reply? {
    guard let text = String(validating: call.capture, as: UTF8.self), let subject = Subject(text) else {
      throw Problem(DomainError.unknownUser)
    }
    let issuer = call.query.value("issuer") ?? policy.accounts.issuer
    guard [policy.accounts.issuer, Identity.localIssuer].contains(where: issuer.hasSameBytes) else {
      throw Query.invalid("issuer", "must be one whose tokens this server accepts")
    }
    accounts.logOut(
      Identity(issuer: issuer, subject: subject), ticket: call.ticket,
      answer: call.answer { _ in .noContent() })
    return nil
  }
}
