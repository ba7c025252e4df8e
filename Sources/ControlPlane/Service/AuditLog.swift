// Notes what is no command of its own: log-ins of administrators, failed log-ins, exports. Failed log-ins are bounded: so many
// rows per minute and address, and in all; the others are counted, and the next row of the address says how many there
// were. Any thread.

struct AuditLog: Sendable {
  /// Failed log-ins that get a row, per minute and address, and per minute in all.
  static let failuresPerAddress = 10
  static let failuresInAll = 300

  let ledger: any CommandSink
  let clock: any Clock
  private let failures = KeyTable<Failures>(capacity: 4_096)
  private let all = Monitor(Failures())
  private let omitted = Monitor<UInt64>(0)

  init(ledger: any CommandSink, clock: any Clock) { (self.ledger, self.clock) = (ledger, clock) }

  /// What one address has failed at lately.
  private struct Failures: Forgettable {
    /// The minute that is counted, by `Clock.uptime`.
    var minute: Int64 = -1
    var rows = 0
    /// Those without a row since the last row.
    var omitted = 0

    static let none = Failures()
    var uselessAt: UInt64 { UInt64(clamping: (minute + 1) * 60_000_000) }

    /// - Returns: how many were omitted before this one; nil: this one gets no row.
    mutating func take(_ most: Int, at minute: Int64) -> Int? {
      if self.minute != minute { (self.minute, rows) = (minute, 0) }
      guard rows < most else {
        omitted += 1
        return nil
      }
      rows += 1
      defer { omitted = 0 }
      return omitted
    }
  }

  /// Failed log-ins that got no row, since the start.
  var omittedCount: UInt64 { omitted.withLock { $0 } }

  func note(_ entry: AuditEntry) {
    // A full queue loses the note of a log-in; the log-in itself has counted before its limits.
    _ = ledger.submit(.note(entry))
  }

  /// - Parameter account: the one that was tried; nil: there is none. What was typed is never kept: it may be a password.
  func loginFailed(_ account: Identity?, from client: ClientAddress) {
    let minute = clock.uptime / 60_000
    let before = failures.with(client.limitKey) { $0.take(Self.failuresPerAddress, at: minute) }
    guard let before, all.withLock({ $0.take(Self.failuresInAll, at: minute) }) != nil else {
      omitted.withLock { $0 += 1 }
      return
    }
    let detail = before > 0 ? #"{"omittedBefore":\#(before)}"# : nil
    note(
      AuditEntry(
        actor: .unknown, address: client, action: .loginFailure,
        object: account.map { "/api/users/\($0.subject)" },
        detail: detail))
  }

  /// Passes the outcome of a log-in on, and notes it when it is worth a row.
  func watching(
    _ answer: @escaping Answer<User>, account: Identity?, from client: ClientAddress
  ) -> Answer<User> {
    { result in
      switch result {
      case .success(let user) where user.role == .admin:
        note(
          AuditEntry(
            actor: .identity(user.identity), address: client, action: .login,
            object: "/api/users/\(user.subject)"))
      case .failure(.wrongCredentials), .failure(.accountDisabled): loginFailed(account, from: client)
      default: break
      }
      return answer(result)
    }
  }
}

/// Submits each command together with its entry of the audit log.
struct AuditingSink: CommandSink {
  let ledger: any CommandSink
  let entry: AuditEntry

  func submit(_ command: LedgerCommand) -> Bool { ledger.submit(.audited(entry, command)) }

  func submit(contentsOf commands: [LedgerCommand]) -> Int {
    ledger.submit(contentsOf: commands.map { .audited(entry, $0) })
  }
}
