// Accounts: registration, log-in, log-out. Hashing runs on two pools, so that registrations cannot keep people from
// logging in; both queues are short, and when one is full the answer is `overloaded`.

/// Each function answers `ticket` exactly once; any thread.
struct AccountService: Sendable {
  let ledger: any CommandSink
  let replies: any ReplySink
  /// Hashes for log-ins.
  let hashing: any JobQueue
  /// Hashes for registrations.
  let registering: any JobQueue
  let hasher: any PasswordHasher
  let revocations: Revocations
  let notices: any NoticeSink

  /// Makes an ordinary user. Fails with `emailTaken`, `storageUnavailable`, `internalFailure` or
  /// `overloaded`.
  func register(
    email: String, password: String, name: String, ticket: ReplyTicket, answer: @escaping Answer<User>
  ) {
    run(on: registering, ticket: ticket, answer: answer) {
      do throws(DomainError) {
        let hash = try hasher.hash(UnicodeProfiles.opaque(password))
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
    run(on: hashing, ticket: ticket, answer: answer) {
      let verdict = verify(password, against: account?.passwordHash)
      guard let account, verdict != .wrong else {
        return replies.deliver([(ticket, answer(.failure(.wrongCredentials)))])
      }
      replies.deliver([(ticket, answer(.success(account.user)))])
      if verdict == .correctButStale { renewHash(of: account.user, password: password) }
    }
  }

  /// Version 0.1.0 hashed passwords without normalizing them, so a mismatch is tried once more as typed. The work depends
  /// on the password alone.
  private func verify(_ password: String, against hash: String?) -> PasswordVerdict {
    let normalized = UnicodeProfiles.opaque(password)
    let verdict = hasher.verify(normalized, against: hash)
    guard verdict == .wrong, !normalized.hasSameBytes(as: password) else { return verdict }
    return hasher.verify(password, against: hash) == .wrong ? .wrong : .correctButStale
  }

  /// Refuses the tokens that this identity has, and closes its connections, after the commit. Fails with
  /// `storageUnavailable` or `overloaded`.
  func logOut(_ identity: Identity, ticket: ReplyTicket, answer: @escaping Answer<Instant>) {
    let revoke: Answer<Instant> = { [revocations, notices] result in
      if case .success(let moment) = result {
        revocations.add(identity, before: moment)
        notices.withdraw(client: identity.connectionKey)
      }
      return answer(result)
    }
    ledger.submit(ticket, revoke, replies: replies) { .logOut(identity, $0) }
  }

  private func run<Outcome>(
    on pool: any JobQueue, ticket: ReplyTicket, answer: Answer<Outcome>, _ job: @escaping @Sendable () -> Void
  ) {
    if !pool.offer(job) { replies.deliver([(ticket, answer(.failure(.overloaded)))]) }
  }

  /// Nobody waits for it. A failure changes nothing: the next login tries again.
  private func renewHash(of user: User, password: String) {
    _ = registering.offer {
      guard let hash = try? hasher.hash(UnicodeProfiles.opaque(password)) else { return }
      _ = ledger.submit(.setPasswordHash(user.id, hash, .call { _ in }))
    }
  }
}
