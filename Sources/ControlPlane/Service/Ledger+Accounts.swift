// What commands do with accounts: registration, passwords, roles, log-outs. Nothing of it is in the ledger's memory; its
// rules are judged by what the open transaction reads, so commands of one batch see each other.

extension Ledger {
  func register(_ user: NewUser, _ batch: inout Batch) throws(CommandFailure) -> User {
    let known = try storing(&batch) { () throws(StoreFailure) in try store.account(EmailKey(user.email)) }
    guard known == nil else { throw .refused(.emailTaken) }
    batch.hasWritten = true
    let at = batch.at
    return try storing(&batch) { () throws(StoreFailure) in try store.insert(user, at: at) }
  }

  func put(_ user: NewUser, _ batch: inout Batch) throws(CommandFailure) -> User {
    batch.hasWritten = true
    let at = batch.at
    return try storing(&batch) { () throws(StoreFailure) in
      guard var known = try store.account(EmailKey(user.email))?.user else {
        return try store.insert(user, at: at)
      }
      known.role = user.role
      try store.save(known, passwordHash: user.passwordHash)
      return known
    }
  }

  func logOut(_ identity: Identity, _ batch: inout Batch) throws(CommandFailure) -> Instant {
    let now = batch.time.now
    let moment = try storing(&batch) { () throws(StoreFailure) in
      let moment = Revocations.moment(of: identity, loggedOutAt: now, last: try store.logout(of: identity))
      try store.logOut(identity, before: moment)
      return moment
    }
    batch.tell(.loggedOut(identity, before: moment))
    batch.hasWritten = true
    return moment
  }

  func setPasswordHash(
    _ hash: String, of user: UserID, replacing old: String, _ batch: inout Batch
  ) throws(CommandFailure) -> UserID {
    let isKnown = try storing(&batch) { () throws(StoreFailure) in
      try store.setPasswordHash(hash, of: user, replacing: old)
    }
    guard isKnown else { throw .refused(.unknownUser) }
    batch.hasWritten = true
    return user
  }

  // MARK: What administrators and owners change

  func apply(_ change: PasswordChange, _ batch: inout Batch) throws(CommandFailure) -> Instant {
    if let admin = change.by { try checkAdministrator(admin, &batch) }
    guard let person = try person(change.target, &batch), person.account != nil else {
      throw .refused(.unknownUser)
    }
    let isStored = try storing(&batch) { () throws(StoreFailure) in
      try store.setPasswordHash(change.hash, of: person.id, replacing: change.replacing)
    }
    guard isStored else { throw .refused(.wrongPassword) }
    return try logOut(change.target, &batch)
  }

  /// Disabling somebody and taking the admin role away end the sessions; the admin role counts from the next log-in on.
  func apply(_ change: PersonChange, _ batch: inout Batch) throws(CommandFailure) -> ChangedPerson {
    let isOwn = change.by == change.target
    guard !isOwn || (change.isDisabled != true && change.role != .user) else { throw .refused(.ownAccount) }
    try checkAdministrator(change.by, &batch)
    var person = try changeable(change, &batch)
    var endsSessions = false
    if let role = change.role, person.account?.role != role {
      endsSessions = role == .user
      person.account?.role = role
      try storing(&batch) { () throws(StoreFailure) in try store.setRole(role, of: person.id) }
    }
    if let isDisabled = change.isDisabled, person.isDisabled != isDisabled {
      endsSessions = endsSessions || isDisabled
      person.isDisabled = isDisabled
      let moment = isDisabled ? batch.at : nil
      try storing(&batch) { () throws(StoreFailure) in try store.setDisabled(moment, of: person.id) }
      batch.tell(.disabled(change.target, isDisabled))
    }
    batch.hasWritten = true
    return ChangedPerson(
      person: person, loggedOutBefore: endsSessions ? try logOut(change.target, &batch) : nil)
  }

  /// Whoever asked may have been disabled or lost the role since the request was admitted. Of another system's
  /// administrators the token alone tells.
  func checkAdministrator(_ admin: Identity, _ batch: inout Batch) throws(CommandFailure) {
    guard let person = try person(admin, &batch) else {
      if admin.isLocal { throw .refused(.notAdministrator) }
      return
    }
    guard !person.isDisabled, !admin.isLocal || person.account?.role == .admin else {
      throw .refused(.notAdministrator)
    }
  }

  /// Another system's user has a row from now on, so that somebody can be disabled before the first booking. Roles are
  /// those of local accounts.
  private func changeable(_ change: PersonChange, _ batch: inout Batch) throws(CommandFailure) -> Person {
    let target = change.target
    guard target.isLocal || change.role == nil else { throw .refused(.unknownUser) }
    if !target.isLocal { _ = try row(of: target, &batch) }
    guard let person = try person(target, &batch), change.role == nil || person.account != nil else {
      throw .refused(.unknownUser)
    }
    return person
  }

  private func person(_ identity: Identity, _ batch: inout Batch) throws(CommandFailure) -> Person? {
    try storing(&batch) { () throws(StoreFailure) in try store.person(identity) }
  }
}
