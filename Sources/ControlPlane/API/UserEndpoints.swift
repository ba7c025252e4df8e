// What administrators do with people. Lists are answered here from the worker's view; the ledger answers changes after
// the commit. `{id}` in a path is the subject, `?issuer` whose: of those whose accounts this server takes, if absent.

struct UserEndpoints: Sendable {
  let accounts: AccountService
  let policy: AccountPolicy

  // MARK: Reading

  /// `GET /api/users?limit&cursor&email`, in the order in which they came.
  func list(_ call: Call, _: Principal) throws(Problem) -> Reply? {
    let limit = try call.query.limit()
    let after = try call.query.cursor(.user).flatMap { Int64(exactly: $0) }.map(UserID.init)
    let email = call.query.value("email")
    let found = try call.read { reads throws(DomainError) in
      try reads.people(after: after, email: email.map { EmailKey($0) }, limit: limit + 1)
    }
    let page = Page(found, limit: limit, item: { $0 }) { person in
      .cursor(Cursor.text(.user, UInt64(person.id.rawValue.magnitude)))
    }
    let filter = email.map { ["email=\(PercentEncoding.encode($0))"] } ?? []
    return page.reply(path: "/api/users", parameters: ["limit=\(limit)"] + filter)
  }

  // MARK: Changing

  /// `PATCH /api/users/{id}?issuer` `{role, disabled}`: 200, the person. Who is disabled cannot log in, and tokens and
  /// connections end at once, as they do when the admin role is taken away.
  func patch(_ call: Call, _ principal: Principal) throws(Problem) -> Reply? {
    let target = try identity(call)
    var body = try BodyReader(
      call.request, mediaTypes: ["application/json", "application/merge-patch+json"])
    let role = body.choice("role", among: Role.allCases)
    let change = PersonChange(
      target: target, role: role, isDisabled: body.bool("disabled"), by: principal.identity)
    if role != nil, !target.isLocal { body.note("role", "is given by the system that has this account") }
    body.refuseUnknown(besides: ["role", "disabled"])
    try body.finish()
    let detail = JSONWriter.object { writer in
      if let role { writer.member("role", role.rawValue) }
      if let isDisabled = change.isDisabled { writer.member("disabled", isDisabled) }
    }
    let entry = call.entry(.userChange, principal, object: Self.object(target), detail: detail)
    accounts.audited(entry).change(change, ticket: call.ticket, answer: call.answer { .json($0) })
    return nil
  }

  /// `POST /api/users/{id}/password` `{newPassword}`: 204; the user's sessions end.
  func resetPassword(_ call: Call, _ principal: Principal) throws(Problem) -> Reply? {
    let target = try identity(call)
    var body = try BodyReader(call.request)
    let password = body.requiredPassword("newPassword")
    try body.finish()
    let entry = call.entry(.userPassword, principal, object: Self.object(target))
    accounts.audited(entry).resetPassword(
      of: target, to: password, by: principal.identity, ticket: call.ticket,
      answer: call.answer { _ in .noContent() })
    return nil
  }

  /// `POST /api/users/{id}/logout?issuer`: 204; tokens of this user issued before now are refused, and its connections
  /// are closed. Also 204 when nobody of this name ever booked: tokens may exist all the same.
  func logOut(_ call: Call, _ principal: Principal) throws(Problem) -> Reply? {
    let target = try identity(call)
    let entry = call.entry(.userLogOut, principal, object: Self.object(target))
    accounts.audited(entry).logOut(target, ticket: call.ticket, answer: call.answer { _ in .noContent() })
    return nil
  }

  /// `DELETE /api/users/{id}?issuer`: 204, also again. Name, address and password are gone and the sessions end; bookings
  /// stay under a number.
  func erase(_ call: Call, _ principal: Principal) throws(Problem) -> Reply? {
    let erasure = Erasure(target: try identity(call), by: principal.identity)
    // What is erased is not written down: another system's subject may be a name.
    let object = erasure.target.isLocal ? Self.object(erasure.target) : nil
    accounts.audited(call.entry(.userErase, principal, object: object)).erase(
      erasure, ticket: call.ticket, answer: call.answer { _ in .noContent() })
    return nil
  }

  private static func object(_ identity: Identity) -> String {
    "/api/users/\(identity.subject)" + (identity.isLocal ? "" : "?issuer=\(identity.issuer)")
  }

  private func identity(_ call: Call) throws(Problem) -> Identity {
    guard let text = String(validating: call.capture, as: UTF8.self), let subject = Subject(text) else {
      throw Problem(DomainError.unknownUser)
    }
    let issuer = call.query.value("issuer") ?? policy.accounts.issuer
    guard [policy.accounts.issuer, Identity.localIssuer].contains(where: issuer.hasSameBytes) else {
      throw Query.invalid("issuer", "must be one whose tokens this server accepts")
    }
    return Identity(issuer: issuer, subject: subject)
  }
}

extension Person: JSONWritable {
  func write(to writer: inout JSONWriter) {
    writer.object { writer in
      writer.member("id", identity.subject)
      writer.member("issuer", identity.issuer)
      writer.member("email", orNull: account?.email)
      writer.member("name", orNull: account?.name)
      writer.member("role", orNull: account?.role.rawValue)
      writer.member("disabled", isDisabled)
      writer.member("createdAt", createdAt)
    }
  }
}
