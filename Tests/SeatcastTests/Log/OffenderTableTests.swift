import ControlPlane
import FanoutCore
import Testing

@testable import seatcast

@Suite("Offender table")
struct OffenderTableTests {
  private func offence(_ number: UInt32, _ limit: String = "changes") -> OffenderTable.Offence {
    .init(who: .address(PeerAddress(ipv4: number)), limit: limit)
  }

  @Test("An offender costs one line a minute, with all refusals since the last one")
  func oneLineAMinute() {
    var table = OffenderTable()
    #expect(table.add(offence(1), at: 0) == .init(offence: offence(1), refusals: 1))
    for moment in 1..<60_000 as Range<Int64> { #expect(table.add(offence(1), at: moment) == nil) }
    #expect(table.add(offence(1), at: 60_000) == .init(offence: offence(1), refusals: 60_000))
    #expect(table.add(offence(1), at: 60_001) == nil)
  }

  @Test("Offenders and limits are told apart")
  func apart() {
    var table = OffenderTable()
    #expect(table.add(offence(1), at: 0) != nil)
    #expect(table.add(offence(2), at: 0) != nil)
    #expect(table.add(offence(1, "login-account"), at: 0) != nil)
  }

  @Test("More offenders than the table holds share one line")
  func bounded() {
    var table = OffenderTable()
    let lines = (0..<10_000).compactMap { table.add(offence($0), at: 0) }
    #expect(lines.count == OffenderTable.capacity + 1)
    #expect(lines.last == .init(offence: nil, refusals: 1))
    #expect(table.add(offence(9_999), at: 60_000)?.refusals == 10_000 - OffenderTable.capacity)
  }

  @Test("A sweep tells what is due and forgets who is quiet")
  func sweep() {
    var table = OffenderTable()
    _ = table.add(offence(1), at: 0)
    _ = table.add(offence(1), at: 10)
    _ = table.add(offence(2), at: 0)
    #expect(table.sweep(at: 59_999).isEmpty)
    #expect(table.sweep(at: 61_000) == [.init(offence: offence(1), refusals: 1)])
    #expect(table.add(offence(2), at: 61_001) == .init(offence: offence(2), refusals: 1))
  }

  @Test("What was not told is told at the end")
  func drain() {
    var table = OffenderTable()
    _ = table.add(offence(1), at: 0)
    for _ in 0..<5 { _ = table.add(offence(1), at: 1) }
    #expect(table.drain() == [.init(offence: offence(1), refusals: 5)])
    #expect(table.drain().isEmpty)
  }

  @Test("The line names the offender, the limit and the number")
  func line() {
    let kept = LinesKept()
    let log = Log(format: .text, output: kept, now: { 0 })
    let address = ClientAddress(PeerAddress(ipv4: 0x7F00_0002))
    for _ in 0..<1_000 { log.observe(ControlIncident.rateLimited(.loginAccount, .address(address))) }
    log.observe(
      ControlIncident.rateLimited(.changes, .user(Identity(issuer: "seatcast", subject: Subject(17)))))
    log.close()
    let start = "1970-01-01T00:00:00.000Z warning a rate limit refused requests who="
    #expect(
      kept.lines == [
        start + "127.0.0.2 limit=login-account refusals=1\n",
        start + "\"user 17\" limit=changes refusals=1\n",
        start + "127.0.0.2 limit=login-account refusals=999\n",
      ])
  }
}
