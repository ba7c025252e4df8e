// Performs what an administrator on this machine asks for, by the same ledger commands and reads as the API. Whoever may
// write to the data folder is an administrator, so nobody is asked for a token; what is recorded of it names the identity
// `Identity.commandLine`. Blocks: on a thread of the executable's, never on one of the plane's.
// Administrator+Events.swift, +Users.swift and +Tokens.swift have the commands.

struct Administrator {
  let backend: Backend

  func answer(_ line: [UInt8]) -> AdminAnswer {
    do throws(Problem) {
      return try perform(line)
    } catch {
      return AdminAnswer(.failed(.init(error)))
    }
  }

  private func perform(_ line: [UInt8]) throws(Problem) -> AdminAnswer {
    guard line.count <= AdminRequest.maximumBytes else {
      throw Problem(.validationFailed, "The request has more than \(AdminRequest.maximumBytes) bytes.")
    }
    var body = try BodyReader(line)
    guard let command = body.choice("command", among: AdminRequest.Command.allCases) else {
      try body.finish()
      throw Problem(.validationFailed, "The request names no command.")
    }
    switch command {
    case .eventCreate: return try createEvent(&body)
    case .eventList: return try listEvents(&body)
    case .eventCapacity: return try resizeEvent(&body)
    case .eventPause: return try changeEvent(&body, to: .paused)
    case .eventResume: return try changeEvent(&body, to: .onSale)
    case .eventCancel: return try changeEvent(&body, to: .cancelled)
    case .userCreate: return try createUser(&body)
    case .userList: return try listUsers(&body)
    case .userRole: return try changeRole(&body)
    case .userDisable: return try changeUser(&body, isDisabled: true)
    case .userEnable: return try changeUser(&body, isDisabled: false)
    case .userPassword: return try changePassword(&body)
    case .tokenMint: return try mintToken(&body)
    case .tokenInspect: return try inspectToken(&body)
    case .backup: return try backUp(&body)
    case .recordHead: return try recordHead(&body)
    case .recordKey: return try recordKey(&body)
    case .recordRotate: return try rotateRecordKey(&body)
    }
  }

  // MARK: What the commands do

  /// Ends the reading of a request: members that no command knows are errors, as mistyped ones would be.
  func finish(_ body: inout BodyReader, knowing members: [String]) throws(Problem) {
    body.refuseUnknown(besides: members + ["command"])
    try body.finish()
  }

  /// - Parameter effect: what must have happened before the outcome is told; on the ledger's thread.
  func ask<Outcome: Sendable>(
    _ effect: (@Sendable (Outcome) -> Void)? = nil, _ command: (Answering<Outcome>) -> LedgerCommand
  ) throws(Problem) -> Outcome {
    do throws(DomainError) {
      return try backend.ledger.ask(effect) { asker in
        let command = command(asker)
        return AuditEntry(commandLine: command).map { .audited($0, command) } ?? command
      }
    } catch {
      throw Problem.reporting(error, to: backend.ports.observer)
    }
  }

  func read<Value>(_ body: (any ReadStore) throws(DomainError) -> Value) throws(Problem) -> Value {
    do throws(DomainError) {
      guard let reads = try? backend.openReader() else { throw .storageUnavailable }
      return try body(reads)
    } catch {
      throw Problem(error)
    }
  }
}

extension Identity {
  /// Whoever works on the command line of this machine. No token can name it, because no issuer is empty.
  static let commandLine = Identity(issuer: "", subject: .text("cli"))
}

/// One page of a list, and where the next one begins.
struct AdminPage<Item: JSONWritable>: JSONWritable {
  static var bounds: ClosedRange<Int> { 1...1_000 }
  static var usual: Int { 100 }

  let items: [Item]
  /// What to give as `after` for the rest; nil: this was the last page.
  let next: Int64?

  /// - Parameter found: one more than `limit` when there are more.
  init(_ found: [Item], limit: Int, number: (Item) -> Int64) {
    items = Array(found.prefix(limit))
    next = found.count > limit ? items.last.map(number) : nil
  }

  /// For people, below the table.
  var continuation: String { next.map { "There are more: --after \($0)\n" } ?? "" }

  func write(to writer: inout JSONWriter) {
    writer.object { writer in
      writer.member("items", items)
      writer.name("next")
      if let next { writer.integer(next) } else { writer.null() }
    }
  }
}
