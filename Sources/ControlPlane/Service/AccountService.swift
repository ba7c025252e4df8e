/// Registers people and checks their passwords. The hashing runs on the hashing pool, whose queue is short:
/// when it is full the answer is `overloaded`. Each function answers `ticket` exactly once; any thread.
struct AccountService: Sendable {
  let ledger: any CommandSink
  let replies: any ReplySink
  let hashing: any JobQueue
  let hasher: any PasswordHasher

  /// Makes an ordinary user. Fails with `emailTaken`, `storageUnavailable`, `internalFailure` or
  /// `overloaded`.
  func register(
    email: String, password: String, name: String, ticket: ReplyTicket, answer: @escaping Answer<User>
  ) {
    hash(ticket: ticket, answer: answer) {
      do throws(DomainError) {
        let hash = try hasher.hash(password)
        let user = NewUser(email: email, name: name, role: .user, passwordHash: hash)
        ledger.submit(ticket, answer, replies: replies) { .registerUser(user, $0) }
      } catch {
        replies.deliver([(ticket, answer(.failure(error)))])
      }
    }
  }

  /// The same work and the same `wrongCredentials` whether or not there is such an account.
  /// - Parameter account: what the `ReadStore` knows under this address.
  func login(
    _ account: Account?, password: String, ticket: ReplyTicket, answer: @escaping Answer<User>
  ) {
    hash(ticket: ticket, answer: answer) {
      let verdict = hasher.verify(password, against: account?.passwordHash)
      guard let account, verdict != .wrong else {
        return replies.deliver([(ticket, answer(.failure(.wrongCredentials)))])
      }
      replies.deliver([(ticket, answer(.success(account.user)))])
      if verdict == .correctButStale { renewHash(of: account.user, password: password) }
    }
  }

  private func hash<Outcome>(
    ticket: ReplyTicket, answer: Answer<Outcome>, _ job: @escaping @Sendable () -> Void
  ) {
    if !hashing.offer(job) { replies.deliver([(ticket, answer(.failure(.overloaded)))]) }
  }

  /// A failure changes nothing: the next login tries again.
  private func renewHash(of user: User, password: String) {
    guard let hash = try? hasher.hash(password) else { return }
    _ = ledger.submit(.setPasswordHash(user.id, hash, .call { _ in }))
  }
}
