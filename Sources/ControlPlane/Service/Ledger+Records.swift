// What the ledger does with service tokens, the audit log and the erasure of people. The ledger's thread.

/// Takes a person's name, address and password away.
struct Erasure: Sendable {
  var target: Identity
  /// The administrator who asks.
  var by: Identity
}

extension Ledger {
  /// Decides a command, and writes its audit entry in the same transaction when it was done.
  func decide(_ command: LedgerCommand, audited entry: AuditEntry, _ batch: inout Batch) throws(StoreFailure)
  {
    let count = batch.settlements.count
    try decide(command, &batch)
    guard batch.settlements.count > count, let settlement = batch.settlements.last, settlement.isDone else {
      return
    }
    var entry = entry
    entry.object = entry.object ?? settlement.object
    try append(entry, &batch)
  }

  func append(_ entry: AuditEntry, _ batch: inout Batch) throws(StoreFailure) {
    let at = batch.at
    do throws(CommandFailure) {
      try storing(&batch) { () throws(StoreFailure) in try store.records.append(entry, at: at) }
    } catch {
      if case .failed(let failure) = error { throw failure }
    }
    batch.hasWritten = true
  }

  // MARK: Service tokens

  func mint(_ token: ServiceToken, _ batch: inout Batch) throws(CommandFailure) -> ServiceToken {
    var token = token
    token.createdAt = batch.at
    let now = batch.time.now
    let known = try storing(&batch) { () throws(StoreFailure) in try store.records.serviceTokens(at: now) }
    guard known.count < ServiceToken.most else { throw .refused(.tooManyServiceTokens) }
    batch.hasWritten = true
    batch.tell(.serviceTokens)
    let draft = token
    return try storing(&batch) { () throws(StoreFailure) in try store.records.insert(draft) }
  }

  func revoke(serviceToken id: Int64, _ batch: inout Batch) throws(CommandFailure) -> ServiceToken {
    let token = try storing(&batch) { () throws(StoreFailure) in try store.records.deleteServiceToken(id) }
    guard let token else { throw .refused(.unknownServiceToken) }
    batch.hasWritten = true
    batch.tell(.serviceTokens)
    return token
  }

  // MARK: The record of sales

  func keep(_ seal: RecordSeal, _ batch: inout Batch) throws(CommandFailure) -> Int64 {
    let isNext = try storing(&batch) { () throws(StoreFailure) in try store.records.insert(seal) }
    guard isNext else {
      throw .refused(.internalFailure("seal \(seal.number) of the record is not the next one"))
    }
    batch.hasSealed = true
    return seal.number
  }

  // MARK: Erasure

  /// Done again it changes nothing but ends the sessions. Of another system's user who never booked there is nothing to
  /// erase, but tokens may exist.
  func erase(_ command: Erasure, _ batch: inout Batch) throws(CommandFailure) -> Instant {
    guard command.by != command.target else { throw .refused(.ownAccount) }
    try checkAdministrator(command.by, &batch)
    let (target, at) = (command.target, batch.at)
    // An offer would make a row of the erased name again.
    for event in waiting.events(of: target) { try remove(target, from: event, &batch) }
    let person = try storing(&batch) { () throws(StoreFailure) in try store.person(target) }
    if let person {
      try storing(&batch) { () throws(StoreFailure) in try store.records.erase(person, at: at) }
      // Another system's identity is not this row's from now on. When the batch fails, the cache begins anew.
      identities.remove(target)
      if target.isLocal { batch.tell(.disabled(target, true)) }
    } else if target.isLocal {
      throw .refused(.unknownUser)
    }
    return try logOut(target, &batch)
  }
}

extension AuditEntry {
  /// What is noted when the command line asks for a command; nil: nothing.
  init?(commandLine command: LedgerCommand) {
    let user = { (identity: Identity) in "/api/users/\(identity.subject)" }
    let (action, object): (AuditAction, String?)
    switch command {
    case .createEvent: (action, object) = (.eventCreate, nil)
    case .patchEvent(let change, _): (action, object) = (.eventChange, "/api/events/\(change.event.rawValue)")
    case .registerUser, .putUser: (action, object) = (.userCreate, nil)
    case .changePassword(let change, _): (action, object) = (.userPassword, user(change.target))
    case .changePerson(let change, _): (action, object) = (.userChange, user(change.target))
    default: return nil
    }
    self.init(actor: .commandLine, action: action, object: object)
  }
}

extension Settlement {
  /// Whether the command was done.
  var isDone: Bool {
    switch self {
    case .bookingCreated(let settled), .bookingChanged(let settled): settled.isDone
    case .eventCreated(let settled), .eventPatched(let settled): settled.isDone
    case .eventDeleted(let settled): settled.isDone
    case .user(let settled): settled.isDone
    case .passwordHash(let settled): settled.isDone
    case .loggedOut(let settled): settled.isDone
    case .personChanged(let settled): settled.isDone
    case .serviceToken(let settled): settled.isDone
    case .sealed(let settled): settled.isDone
    case .waiting(let settled): settled.isDone
    case .leftWaitlist(let settled): settled.isDone
    }
  }

  /// What the command has made, as a path of the API; nil: nothing.
  var object: String? {
    switch self {
    case .eventCreated(let settled): (try? settled.result.get()).map { "/api/events/\($0.id.rawValue)" }
    case .user(let settled): (try? settled.result.get()).map { "/api/users/\($0.subject)" }
    case .serviceToken(let settled): (try? settled.result.get()).map { "/api/service-tokens/\($0.id)" }
    default: nil
    }
  }
}

extension Settled {
  var isDone: Bool { if case .success = result { true } else { false } }
}
