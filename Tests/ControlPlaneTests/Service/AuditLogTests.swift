import Testing

@testable import ControlPlane

@Suite("AuditLog")
struct AuditLogTests {
  private final class Notes: CommandSink {
    let all = Monitor<[AuditEntry]>([])
    func submit(_ command: LedgerCommand) -> Bool {
      if case .note(let entry) = command { all.withLock { $0.append(entry) } }
      return true
    }
    func submit(contentsOf commands: [LedgerCommand]) -> Int { commands.filter(submit).count }
  }

  private let notes = Notes()
  private let clock = StillClock(milliseconds: 60_000_000)
  private let log: AuditLog

  init() { log = AuditLog(ledger: notes, clock: clock) }

  private var entries: [AuditEntry] { notes.all.withLock { $0 } }

  private func address(_ number: UInt64) -> ClientAddress {
    ClientAddress(upper: 0, lower: 0xFFFF_0A00_0000 | number)
  }

  @Test("Failures have so many rows per minute and address; the others are counted, and the next row says so")
  func perAddress() {
    for _ in 0..<AuditLog.failuresPerAddress + 5 { log.loginFailed(.local(3), from: address(1)) }
    #expect(entries.count == AuditLog.failuresPerAddress && log.omittedCount == 5)
    #expect(entries[0].object == "/api/users/3" && entries[0].detail == nil && entries[0].actor == .unknown)
    log.loginFailed(nil, from: address(2))
    #expect(entries.last?.address == address(2) && entries.last?.object == nil)
    clock.set(milliseconds: 60_060_000)
    log.loginFailed(nil, from: address(1))
    #expect(entries.last?.detail == #"{"omittedBefore":5}"#)
    log.loginFailed(nil, from: address(1))
    #expect(entries.last?.detail == nil)
  }

  @Test("Many addresses together have a bound, too")
  func inAll() {
    for number in 0..<UInt64(AuditLog.failuresInAll) + 50 { log.loginFailed(nil, from: address(number)) }
    #expect(entries.count == AuditLog.failuresInAll && log.omittedCount == 50)
  }

  @Test("Of log-ins that succeed, those of administrators are noted; refusals for other reasons are not")
  func logins() {
    func user(_ role: Role) -> User {
      User(
        id: UserID(5), subject: Subject(5), email: "a@b", name: "A", role: role,
        createdAt: Instant(milliseconds: 0))
    }
    let answer = log.watching({ _ in Reply(status: 200) }, account: .local(5), from: address(1))
    _ = answer(.success(user(.user)))
    _ = answer(.failure(.overloaded))
    #expect(entries.isEmpty)
    _ = answer(.success(user(.admin)))
    _ = answer(.failure(.wrongCredentials))
    #expect(entries.map(\.action) == [.login, .loginFailure])
    #expect(entries[0].actor == .identity(.local(5)))
  }

  @Test("An auditing sink sends each command with its entry")
  func sink() {
    final class Commands: CommandSink {
      let count = Monitor(0)
      func submit(_ command: LedgerCommand) -> Bool {
        if case .audited(let entry, .logOut) = command, entry.action == .userLogOut {
          count.withLock { $0 += 1 }
        }
        return true
      }
      func submit(contentsOf commands: [LedgerCommand]) -> Int { commands.filter(submit).count }
    }
    let commands = Commands()
    let sink = AuditingSink(ledger: commands, entry: AuditEntry(actor: .commandLine, action: .userLogOut))
    #expect(sink.submit(.logOut(.local(1), .call { _ in })))
    #expect(sink.submit(contentsOf: [.logOut(.local(1), .call { _ in })]) == 1)
    #expect(commands.count.withLock { $0 } == 2)
  }
}
