// Registration, log-in, and the account of a token. Passwords go to the hashing pool and nowhere else.

struct AuthEndpoints: Sendable {
  let accounts: AccountService
  let tokens: any TokenIssuing
  let policy: AccountPolicy
  let admission: AdmissionControl

  private static let passwordBytes = 8...1_024
  private static let nameBytes = 1...200
  private static let emailBytes = 3...254

  /// `POST /api/auth/register`: 201, an ordinary user with a token.
  func register(_ call: Call) throws(Problem) -> Reply? {
    try checkRegistration()
    var body = try BodyReader(call.request)
    let email = body.requiredText("email", bytes: Self.emailBytes)
    let password = Self.newPassword(&body)
    let name = body.requiredText("name", bytes: Self.nameBytes)
    if !email.isEmpty, !Self.isAddress(email) || !Self.isAddress(EmailKey(email).text) {
      body.note("email", "must be an email address")
    }
    if !Self.isOneLine(name) { body.note("name", "must not contain control characters") }
    try body.finish()
    let fields = try admission.register(from: call.request.client)
    accounts.register(
      email: email, password: password, name: name, ticket: call.ticket,
      answer: adding(fields, call.answer(loginReply(status: 201))))
    return nil
  }

  /// Normalized (RFC 8265, section 4.2); its length counts in that form.
  private static func newPassword(_ body: inout BodyReader) -> String {
    let given = body.requiredText("password", bytes: passwordBytes)
    let password = UnicodeProfiles.opaque(given)
    if !given.isEmpty, !passwordBytes.contains(password.utf8.count) {
      body.note(
        "password", "must have \(passwordBytes.lowerBound) to \(passwordBytes.upperBound) bytes in NFC")
    }
    if !UnicodeProfiles.isOpaque(password) { body.note("password", "must not contain control characters") }
    return password
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
    let email = body.requiredText("email", bytes: 1...Self.emailBytes.upperBound)
    let password = body.requiredText("password", bytes: 1...Self.passwordBytes.upperBound)
    try body.finish()
    let attempt = try admission.login(EmailKey(email), from: call.request.client)
    let account = try call.read { reads throws(DomainError) in try reads.account(EmailKey(email)) }
    accounts.login(
      account, password: password, ticket: call.ticket, answer: attempt.counting(loginAnswer(call)))
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

  // MARK: Rules

  /// One `@` with something on both sides and no space: whether mail arrives there is for mail to tell.
  static func isAddress(_ text: String) -> Bool {
    let parts = text.utf8.split(separator: UInt8(ascii: "@"), omittingEmptySubsequences: false)
    let hasSpace = text.unicodeScalars.contains { $0.properties.isWhitespace }
    return parts.count == 2 && !parts.contains(where: \.isEmpty) && !hasSpace && isOneLine(text)
  }

  static func isOneLine(_ text: String) -> Bool {
    !text.unicodeScalars.contains { $0.properties.generalCategory == .control }
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
  func write(to writer: inout JSONWriter) {
    switch self {
    case .number(let number): writer.integer(number)
    case .text(let text): writer.string(text)
    }
  }
}
