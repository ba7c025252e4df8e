// Accounts: registration, log-in, log-out, passwords, roles. Hashing runs on two pools, so that registrations cannot keep
// people from logging in; both queues are short, and when one is full the answer is `overloaded`. What a commit revoked
// is refused everywhere before the commit is answered.

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

  /// The same work and the same `wrongCredentials` whether or not there is such an account. Only who knows the password
  /// learns that an account is disabled.
  /// - Parameters:
  ///   - account: what the `ReadStore` knows under this address.
  ///   - mark: `Revocations.mark` from before it was read. Who was logged out since then may have another password.
  func login(
    _ account: Account?, since mark: UInt64, password: String, ticket: ReplyTicket,
    answer: @escaping Answer<User>
  ) {
    run(on: hashing, ticket: ticket, answer: answer) {
      let verdict = verify(password, against: account?.passwordHash)
      guard let account, verdict != .wrong, !revocations.wasLoggedOut(account.user.identity, since: mark)
      else {
        return replies.deliver([(ticket, answer(.failure(.wrongCredentials)))])
      }
      guard !revocations.isDisabled(account.user.identity) else {
        return replies.deliver([(ticket, answer(.failure(.accountDisabled)))])
      }
      replies.deliver([(ticket, answer(.success(account.user)))])
      if verdict == .correctButStale { renewHash(of: account, password: password) }
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
    ledger.submit(ticket, revoking(identity, answer), replies: replies) { .logOut(identity, $0) }
  }

  /// Ends the sessions of this identity when the commit has done so.
  private func revoking(_ identity: Identity, _ answer: @escaping Answer<Instant>) -> Answer<Instant> {
    { result in
      if case .success(let moment) = result { endSessions(of: identity, before: moment) }
      return answer(result)
    }
  }

  /// After the commit that ended them; on the ledger's thread.
  func endSessions(of identity: Identity, before moment: Instant) {
    revocations.add(identity, before: moment)
    notices.withdraw(client: identity.connectionKey)
  }

  // MARK: Changes

  /// Ends the other sessions. Fails with `wrongPassword`, `storageUnavailable`, `internalFailure` or `overloaded`.
  func changePassword(
    of account: Account, from current: String, to new: String, ticket: ReplyTicket,
    answer: @escaping Answer<User>
  ) {
    let user = account.user
    run(on: hashing, ticket: ticket, answer: answer) {
      guard verify(current, against: account.passwordHash) != .wrong else {
        return replies.deliver([(ticket, answer(.failure(.wrongPassword)))])
      }
      store(new, of: user.identity, replacing: account.passwordHash, by: nil, ticket: ticket) { result in
        answer(result.map { _ in user })
      }
    }
  }

  /// Ends the sessions of this identity. Fails with `unknownUser`, `notAdministrator`, `storageUnavailable`,
  /// `internalFailure` or `overloaded`.
  func resetPassword(
    of identity: Identity, to new: String, by admin: Identity, ticket: ReplyTicket,
    answer: @escaping Answer<Instant>
  ) {
    run(on: hashing, ticket: ticket, answer: answer) {
      store(new, of: identity, replacing: nil, by: admin, ticket: ticket, answer: answer)
    }
  }

  /// Hashing threads.
  private func store(
    _ password: String, of identity: Identity, replacing old: String?, by admin: Identity?,
    ticket: ReplyTicket, answer: @escaping Answer<Instant>
  ) {
    do throws(DomainError) {
      let hash = try hasher.hash(UnicodeProfiles.opaque(password))
      let change = PasswordChange(target: identity, hash: hash, replacing: old, by: admin)
      ledger.submit(ticket, revoking(identity, answer), replies: replies) { .changePassword(change, $0) }
    } catch {
      replies.deliver([(ticket, answer(.failure(error)))])
    }
  }

  /// The same service, whose commands leave this entry in the audit log.
  func audited(_ entry: AuditEntry) -> AccountService {
    AccountService(
      ledger: AuditingSink(ledger: ledger, entry: entry), replies: replies, hashing: hashing,
      registering: registering, hasher: hasher, revocations: revocations, notices: notices)
  }

  /// Takes name, address and password of somebody away, and ends the sessions. Of a local account every token is refused
  /// from now on. Fails with `unknownUser`, `ownAccount`, `notAdministrator`, `storageUnavailable` or `overloaded`.
  func erase(_ erasure: Erasure, ticket: ReplyTicket, answer: @escaping Answer<Instant>) {
    let target = erasure.target
    let erased: Answer<Instant> = { [revocations] result in
      if case .success = result, target.isLocal { revocations.setDisabled(target, true) }
      return revoking(target, answer)(result)
    }
    ledger.submit(ticket, erased, replies: replies) { .erasePerson(erasure, $0) }
  }

  /// Fails with `unknownUser`, `ownAccount`, `notAdministrator`, `storageUnavailable` or `overloaded`.
  func change(_ change: PersonChange, ticket: ReplyTicket, answer: @escaping Answer<Person>) {
    let applying: Answer<ChangedPerson> = { result in
      if case .success(let changed) = result { apply(changed, to: change.target) }
      return answer(result.map(\.person))
    }
    ledger.submit(ticket, applying, replies: replies) { .changePerson(change, $0) }
  }

  /// After the commit; on the ledger's thread.
  func apply(_ changed: ChangedPerson, to identity: Identity) {
    revocations.setDisabled(identity, changed.person.isDisabled)
    if let moment = changed.loggedOutBefore { endSessions(of: identity, before: moment) }
  }

  private func run<Outcome>(
    on pool: any JobQueue, ticket: ReplyTicket, answer: Answer<Outcome>, _ job: @escaping @Sendable () -> Void
  ) {
    if !pool.offer(job) { replies.deliver([(ticket, answer(.failure(.overloaded)))]) }
  }

  /// Nobody waits for it. A failure changes nothing: the next login tries again.
  private func renewHash(of account: Account, password: String) {
    _ = registering.offer {
      guard let hash = try? hasher.hash(UnicodeProfiles.opaque(password)) else { return }
      _ = ledger.submit(
        .setPasswordHash(account.user.id, hash, replacing: account.passwordHash, .call { _ in }))
    }
  }
}
