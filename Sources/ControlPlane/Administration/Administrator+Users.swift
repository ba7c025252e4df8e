// `seatcast user …`: people of the account table. A user is named by the address of a local account, or by a subject and,
// where another system has the accounts, its issuer.

extension Administrator {
  func createUser(_ body: inout BodyReader) throws(Problem) -> AdminAnswer {
    let email = body.requiredText("email", bytes: AccountRules.emailBytes)
    if !email.isEmpty, let fault = AccountRules.fault(ofEmail: email) { body.note("email", fault) }
    let name = body.requiredLine("name", bytes: AuthEndpoints.nameBytes)
    let role = body.choice("role", among: Role.allCases) ?? .user
    let password = body.requiredPassword("password")
    try finish(&body, knowing: ["email", "name", "role", "password"])
    guard backend.endpoints.policy.accounts == .local || role == .admin else {
      throw Problem(.registrationOff, "Another system has the accounts; only administrators have one here.")
    }
    let user = NewUser(email: email, name: name, role: role, passwordHash: try hash(password))
    let made = try ask { .registerUser(user, $0) }
    return Self.answer(
      Person(
        id: made.id, identity: made.identity, account: made, createdAt: made.createdAt, isDisabled: false))
  }

  func listUsers(_ body: inout BodyReader) throws(Problem) -> AdminAnswer {
    let limit = body.integer("limit", in: AdminPage<Person>.bounds) ?? AdminPage<Person>.usual
    let after = body.integer("after", in: 0...Int.max).map { UserID(Int64($0)) }
    let email = body.text("email", bytes: AccountRules.emailBytes).map { EmailKey($0) }
    try finish(&body, knowing: ["limit", "after", "email"])
    let found = try read { reads throws(DomainError) in
      try reads.people(after: after, email: email, limit: limit + 1)
    }
    let page = AdminPage(found, limit: limit) { $0.id.rawValue }
    return AdminAnswer(page, Self.table(page.items) + page.continuation)
  }

  func changeRole(_ body: inout BodyReader) throws(Problem) -> AdminAnswer {
    guard let role = body.choice("role", among: Role.allCases) else {
      if !body.has("role") { body.note("role", "is required") }
      try body.finish()
      throw Problem(.validationFailed, "role is required.")
    }
    return try change(try user(&body, knowing: ["role"])) { $0.role = role }
  }

  func changeUser(_ body: inout BodyReader, isDisabled: Bool) throws(Problem) -> AdminAnswer {
    try change(try user(&body, knowing: [])) { $0.isDisabled = isDisabled }
  }

  /// Ends the sessions of this user.
  func changePassword(_ body: inout BodyReader) throws(Problem) -> AdminAnswer {
    let password = body.requiredPassword("password")
    let target = try user(&body, knowing: ["password"])
    let change = PasswordChange(
      target: target, hash: try hash(password), replacing: nil, by: .commandLine)
    let accounts = backend.endpoints.accounts
    let moment = try ask({ accounts.endSessions(of: target, before: $0) }) { .changePassword(change, $0) }
    return AdminAnswer(
      LoggedOut(user: target, before: moment), "The password is changed, and all sessions are ended.\n")
  }

  private func change(
    _ target: Identity, _ set: (inout PersonChange) -> Void
  ) throws(Problem) -> AdminAnswer {
    var change = PersonChange(target: target, role: nil, isDisabled: nil, by: .commandLine)
    set(&change)
    let (accounts, wanted) = (backend.endpoints.accounts, change)
    let changed = try ask({ accounts.apply($0, to: target) }) { .changePerson(wanted, $0) }
    return Self.answer(changed.person)
  }

  private func hash(_ password: String) throws(Problem) -> String {
    do throws(DomainError) {
      return try backend.endpoints.accounts.hasher.hash(UnicodeProfiles.opaque(password))
    } catch {
      throw Problem.reporting(error, to: backend.ports.observer)
    }
  }

  // MARK: Who is meant

  /// The member `user`: the address of a local account unless `issuer` is given, else a subject.
  func user(_ body: inout BodyReader, knowing members: [String]) throws(Problem) -> Identity {
    let name = body.requiredText("user", bytes: Subject.bytes)
    let issuer = body.text("issuer", bytes: 1...255)
    try finish(&body, knowing: members + ["user", "issuer"])
    if issuer == nil, name.utf8.contains(UInt8(ascii: "@")) { return try account(name).user.identity }
    guard let subject = Subject(name) else { throw Problem(DomainError.unknownUser) }
    return Identity(issuer: issuer ?? backend.endpoints.policy.accounts.issuer, subject: subject)
  }

  func account(_ email: String) throws(Problem) -> Account {
    let found = try read { reads throws(DomainError) in try reads.account(EmailKey(email)) }
    guard let found else { throw Problem(.unknownUser, "There is no account with this email address.") }
    return found
  }

  // MARK: For people

  private static func answer(_ person: Person) -> AdminAnswer { AdminAnswer(person, table([person])) }

  private static func table(_ people: [Person]) -> String {
    AdminText.table(
      ["ID", "ROLE", "STATE", "EMAIL", "NAME"],
      people.map { person in
        [
          person.identity.isLocal
            ? person.identity.subject.description
            : "\(person.identity.subject) of \(person.identity.issuer)",
          person.account?.role.rawValue ?? "-", person.isDisabled ? "disabled" : "active",
          person.account?.email ?? "-", person.account?.name ?? "-",
        ]
      }, empty: "There are no users.")
  }
}

/// Whose sessions ended, and the moment before which issued tokens are refused.
private struct LoggedOut: JSONWritable {
  let user: Identity
  let before: Instant

  func write(to writer: inout JSONWriter) {
    writer.object { writer in
      writer.member("id", user.subject)
      writer.member("issuer", user.issuer)
      writer.member("tokensRefusedBefore", before)
    }
  }
}
