// Registration, log-in, and the account of a token. Passwords go to the hashing pool and nowhere else.

struct AuthEndpoints: Sendable {
  let accounts: AccountService
  let tokens: any TokenIssuing
  let policy: AccountPolicy
  let admission: AdmissionControl
  let audit: AuditLog

  static let nameBytes = 1...200

  /// `POST /api/auth/register`: 201, an ordinary user with a token.
  func register(_ call: Call) throws(Problem) -> Reply? {
    try checkRegistration()
    var body = try BodyReader(call.request)
    let email = body.requiredText("email", bytes: AccountRules.emailBytes)
    if !email.isEmpty, let fault = AccountRules.fault(ofEmail: email) { body.note("email", fault) }
    let password = body.requiredPassword("password")
    let name = body.requiredLine("name", bytes: Self.nameBytes)
    try body.finish()
    let fields = try admission.register(from: call.request.client)
    accounts.register(
      email: email, password: password, name: name, ticket: call.ticket,
      answer: adding(fields, call.answer(loginReply(status: 201))))
    return nil
  }

  private func checkRegistration() throws(Problem) {
    if case .external(let issuer, _) = policy.accounts {
      throw Problem(.registrationOff, "This server takes accounts of \(issuer); nobody registers here.")
    }
    guard policy.registration else {
      throw Problem(.registrationOff, "Registration is switched off on this server.")
    }
  }

  /// `POST /api/auth/login`: 200, or 401 after the same work whether or not there is such an account. Where another
  /// system has the accounts only administrators log in, and everybody else gets the same 403.
  func login(_ call: Call) throws(Problem) -> Reply? {
    var body = try BodyReader(call.request)
    let email = body.requiredText("email", bytes: 1...AccountRules.emailBytes.upperBound)
    let password = body.requiredText("password", bytes: 1...AccountRules.passwordBytes.upperBound)
    try body.finish()
    let key = EmailKey(email)
    let attempt = try admission.login(key, from: call.request.client)
    let mark = accounts.revocations.mark
    let account = try call.read { reads throws(DomainError) in try reads.account(key) }
    accounts.login(
      account, since: mark, password: password, ticket: call.ticket,
      answer: audit.watching(
        attempt.counting(loginAnswer(call)), account: account?.user.identity, from: call.request.client))
    return nil
  }

  private func loginAnswer(_ call: Call) -> Answer<User> {
    let answer = call.answer(loginReply(status: 200))
    guard case .external(let issuer, _) = policy.accounts else { return answer }
    return { result in
      switch result {
      case .success(let user) where user.role == .admin: return answer(result)
      case .success, .failure(.wrongCredentials): return Self.adminsOnly(issuer).reply
      case .failure: return answer(result)
      }
    }
  }

  private static func adminsOnly(_ issuer: String) -> Problem {
    Problem(
      .loginOff,
      "Accounts of this server are those of \(issuer); log in there. Only administrators log in here, and"
        + " these are not an administrator's email address and password.")
  }

  /// `GET /api/auth/me`: a local account as it is now, not as the token has it; of another system's user what the
  /// token says.
  func me(_ call: Call, _ principal: Principal) throws(Problem) -> Reply? {
    guard principal.identity.isLocal else { return .json(principal) }
    let user = try call.read { reads throws(DomainError) in try reads.user(principal.identity) }
    guard let user else { throw Problem(DomainError.unknownUser) }
    return .json(user)
  }

  /// `POST /api/auth/password`: 200 with a new token; the other sessions end. Guessing the current password is limited
  /// like logging in.
  func changePassword(_ call: Call, _ principal: Principal) throws(Problem) -> Reply? {
    guard principal.identity.isLocal else {
      throw Problem(.forbidden, "The password of this account is kept by \(principal.identity.issuer).")
    }
    var body = try BodyReader(call.request)
    let current = body.requiredText("currentPassword", bytes: 1...AccountRules.passwordBytes.upperBound)
    let new = body.requiredPassword("newPassword")
    try body.finish()
    let account = try call.read { reads throws(DomainError) in try reads.account(principal.identity) }
    guard let account else { throw Problem(DomainError.unknownUser) }
    let attempt = try admission.login(EmailKey(account.user.email), from: call.request.client)
    accounts.changePassword(
      of: account, from: current, to: new, ticket: call.ticket,
      answer: attempt.counting(call.answer(loginReply(status: 200))))
    return nil
  }

  private func adding(_ fields: FieldLines, _ answer: @escaping Answer<User>) -> Answer<User> {
    { result in
      var reply = answer(result)
      reply.fieldLines.append(fields)
      return reply
    }
  }

  private func loginReply(status: Int) -> @Sendable (User) -> Reply {
    let tokens = tokens
    return { user in .json(LoginReply(user: user, token: tokens.issue(to: user)), status: status) }
  }
}

extension BodyReader {
  /// A password that an account is to have from now on.
  mutating func requiredPassword(_ name: String) -> String {
    let password = requiredText(name, bytes: AccountRules.passwordBytes)
    if !password.isEmpty, let fault = AccountRules.fault(ofPassword: password) { note(name, fault) }
    return password
  }
}

/// What register and login answer.
private struct LoginReply: JSONWritable {
  var user: User
  var token: IssuedToken

  func write(to writer: inout JSONWriter) {
    writer.object { writer in
      writer.member("user", user)
      writer.member("token", token.text)
      writer.member("expiresAt", token.expiresAt)
    }
  }
}

extension User: JSONWritable {
  func write(to writer: inout JSONWriter) {
    writer.object { writer in
      writer.member("id", subject)
      writer.member("email", email)
      writer.member("name", name)
      writer.member("role", role.rawValue)
    }
  }
}

extension Principal: JSONWritable {
  func write(to writer: inout JSONWriter) {
    writer.object { writer in
      writer.member("id", identity.subject)
      writer.member("email", orNull: email)
      writer.member("name", orNull: name)
      writer.member("role", role.rawValue)
    }
  }
}

extension Subject: JSONWritable {
  func write(to writer: inout JSONWriter) { writer.verbatim { append(to: &$0) } }
}
