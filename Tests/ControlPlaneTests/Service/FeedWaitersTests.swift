import TestSupport
import Testing

@testable import ControlPlane

@Suite("FeedWaiters")
struct FeedWaitersTests {
  private let fixture: LedgerFixture
  private let waiters: FeedWaiters
  private let clock: ScriptedClock
  private let stage = Stage()

  init() throws {
    fixture = try LedgerFixture()
    clock = fixture.clock
    waiters = FeedWaiters(replies: stage, clock: clock)
  }

  /// Answers with the number of items as the status, or 410.
  private func waiter(
    _ ticket: UInt64, client: UInt64 = 1, after: Int64 = 0, seen: UInt64? = nil,
    for milliseconds: Int64 = 1_000,
    isStillValid: @escaping @Sendable () -> Bool = { true }
  ) -> FeedWaiters.Waiter {
    FeedWaiters.Waiter(
      ticket: ReplyTicket(high: 0, low: ticket), client: client, after: after, limit: 10,
      seen: seen ?? waiters.commits, deadline: clock.uptime + milliseconds, isStillValid: isStillValid
    ) { result in
      if case .success(.items(let items)) = result { Reply(status: items.count) } else { Reply(status: 410) }
    }
  }

  private var statuses: [UInt64: Int] { stage.replies.mapValues(\.status) }

  @Test("Whoever waits is answered after the next commit that the feed tells of")
  func woken() throws {
    let reads = try fixture.reader()
    try waiters.add(waiter(1))
    #expect(!waiters.pump(reads))
    waiters.committed()
    #expect(waiters.pump(reads), "a commit that is not in the feed is looked at")
    #expect(statuses.isEmpty && !waiters.pump(reads))
    _ = try fixture.makeEvent(capacity: 3)
    waiters.committed()
    while waiters.pump(reads) {}
    #expect(statuses == [1: 1] && waiters.count == 0)
  }

  @Test("A commit between the reading and the waiting is not missed")
  func race() throws {
    let seen = waiters.commits
    _ = try fixture.makeEvent(capacity: 3)
    waiters.committed()
    try waiters.add(waiter(1, seen: seen))
    while waiters.pump(try fixture.reader()) {}
    #expect(statuses == [1: 1])
  }

  @Test("When the time is up the answer is an empty list; a position that is gone is told at once")
  func deadline() throws {
    let reads = try fixture.reader()
    try waiters.add(waiter(1))
    try waiters.add(waiter(2, after: 9))
    waiters.committed()
    while waiters.pump(reads) {}
    #expect(statuses == [2: 410])
    clock.advance(by: 1_000)
    while waiters.pump(reads) {}
    #expect(statuses == [1: 0, 2: 410])
  }

  @Test("A client whose token was revoked is answered at the next commit")
  func revoked() throws {
    try waiters.add(waiter(1, isStillValid: { false }))
    waiters.committed()
    while waiters.pump(try fixture.reader()) {}
    #expect(statuses == [1: 0])
  }

  @Test("Waiters are bounded per client and in all, and nobody waits after the end")
  func bounds() throws {
    for number in 0..<UInt64(FeedWaiters.perClient) { try waiters.add(waiter(number)) }
    #expect(throws: FeedWaiters.Refusal.tooManyOfClient) { try waiters.add(waiter(99)) }
    var ticket: UInt64 = 100
    while waiters.count < FeedWaiters.capacity {
      try waiters.add(waiter(ticket, client: ticket))
      ticket += 1
    }
    #expect(throws: FeedWaiters.Refusal.full) { try waiters.add(waiter(ticket, client: ticket)) }
    waiters.close()
    while waiters.pump(try fixture.reader()) {}
    #expect(statuses.count == FeedWaiters.capacity && waiters.count == 0)
    #expect(throws: FeedWaiters.Refusal.full) { try waiters.add(waiter(ticket)) }
  }

  @Test("A request whose client may be gone is answered at once, and its place is another's")
  func abandoned() throws {
    let reads = try fixture.reader()
    for number in 0..<UInt64(FeedWaiters.perClient) { try waiters.add(waiter(number, for: 60_000)) }
    waiters.abandon(ReplyTicket(high: 0, low: 3))
    waiters.abandon(ReplyTicket(high: 0, low: 77))
    while waiters.pump(reads) {}
    #expect(statuses == [3: 0])
    try waiters.add(waiter(99))
  }

  @Test("The thread answers commits and deadlines, and ends when it is closed", .timeLimit(.minutes(30)))
  func thread() throws {
    let clock = SystemClock()
    let waiters = FeedWaiters(replies: stage, clock: clock)
    let thread = try FeedThread(waiters, try fixture.reader(), threads: .own)
    func add(_ ticket: UInt64, _ milliseconds: Int64) throws {
      try waiters.add(
        FeedWaiters.Waiter(
          ticket: ReplyTicket(high: 0, low: ticket), client: ticket, after: 0, limit: 10,
          seen: waiters.commits,
          deadline: clock.uptime + milliseconds, isStillValid: { true }, answer: { _ in Reply(status: 200) }))
    }
    try add(1, 60_000)
    try add(2, 20)
    while stage.replies[2] == nil { pause(milliseconds: 2) }
    #expect(stage.replies[1] == nil)
    _ = try fixture.makeEvent(capacity: 3)
    waiters.committed()
    while stage.replies[1] == nil { pause(milliseconds: 2) }
    try add(4, 60_000)
    waiters.abandon(ReplyTicket(high: 0, low: 4))
    while stage.replies[4] == nil { pause(milliseconds: 2) }
    try add(3, 60_000)
    thread.close()
    #expect(stage.replies[3] == nil || stage.replies[3]?.status == 200)
    #expect(waiters.count == 0)
  }

  @Test("While it is paused everybody is answered with what there is, and afterwards they wait again")
  func paused() throws {
    let reads = try fixture.reader()
    try waiters.add(waiter(1))
    waiters.pause(true)
    #expect(waiters.pump(reads))
    try waiters.add(waiter(2))
    #expect(waiters.pump(reads))
    #expect(statuses == [1: 0, 2: 0] && waiters.count == 0)
    waiters.pause(false)
    try waiters.add(waiter(3))
    #expect(!waiters.pump(reads) && waiters.count == 1)
  }
}
