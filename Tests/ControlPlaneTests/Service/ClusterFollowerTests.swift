import TestSupport
import Testing

@testable import ControlPlane

@Suite("Following other nodes")
struct ClusterFollowerTests {
  private let clock = ScriptedClock(milliseconds: 1_700_000_000_000)
  private let database = SharedMemory()
  private let incidents = IncidentList()
  private let inbox = Inbox()
  private let waiters: FeedWaiters
  private let source: MemoryChanges
  private let follower: ClusterFollower
  private let other: NodeRig

  init() throws {
    waiters = FeedWaiters(replies: Stage(), clock: clock)
    source = MemoryChanges(database, 1)
    follower = try ClusterFollower(
      Handover(source), waiters: waiters, clock: clock, observer: incidents)
    other = try NodeRig(database, 2, clock: clock)
  }

  private func told() -> [EventID] {
    inbox.take().flatMap { command -> [EventID] in
      if case .followed(let news) = command { news.events } else { [] }
    }
  }

  @Test("what others commit is given to the ledger, however long its queue is full")
  func delivers() throws {
    #expect(!follower.pump(inbox))
    let event = try other.makeEvent(capacity: 3)
    inbox.setFull(true)
    #expect(!follower.pump(inbox))
    #expect(!follower.pump(inbox))
    inbox.setFull(false)
    #expect(follower.pump(inbox))
    #expect(told() == [event.id])
  }

  @Test("the leading node gives the feed its positions, and each wakes those who wait for it")
  func sequences() throws {
    let event = try other.makeEvent(capacity: 9)
    for user in 1...5 as ClosedRange<UInt64> { _ = try other.book(event.id, user: user) }
    _ = follower.pump(inbox)
    #expect(database.committed.feed == 0 && waiters.commits == 0)
    follower.lead(true)
    #expect(source.interruptions == 1)
    #expect(follower.pump(inbox))
    #expect(database.committed.feed == 5 && database.committed.feedPending == 0)
    #expect(waiters.commits == 1)
    // A commit of this very node.
    database.committed.feedPending = 1
    follower.committed()
    follower.committed()
    #expect(source.interruptions == 2)
    #expect(follower.pump(inbox) && database.committed.feed == 6)
    follower.lead(false)
    database.committed.feedPending = 1
    _ = follower.pump(inbox)
    #expect(database.committed.feedPending == 1)
    // Another one gives them.
    database.committed.feed += 1
    let commits = waiters.commits
    _ = follower.pump(inbox)
    #expect(waiters.commits == commits + 1)
  }

  @Test(
    "a failure is reported once, counted each time, and over when it is read again; the lag grows meanwhile")
  func failures() throws {
    source.fails = true
    for _ in 0..<3 { #expect(!follower.pump(inbox)) }
    clock.advance(by: 1_500)
    #expect(incidents.all == [.followingFailed("the connection is gone")])
    #expect(follower.standing.failures == 3 && follower.standing.failure == "the connection is gone")
    #expect(follower.lagMilliseconds == 1_500)
    source.fails = false
    _ = try other.makeEvent(capacity: 3)
    #expect(follower.pump(inbox))
    #expect(incidents.all.last == .followingRecovered && incidents.all.count == 2)
    #expect(follower.standing.failure == nil && follower.lagMilliseconds == 0)
  }

  @Test("its thread reads by itself, and ends when it is told to")
  func thread() throws {
    let own = try ClusterFollower(
      Handover(source), waiters: nil, clock: SystemClock(), observer: incidents)
    let event = try other.makeEvent(capacity: 3)
    let thread = try ClusterThread(own, inbox, threads: .own)
    defer { thread.close() }
    try eventually("the event is told") { told().contains(event.id) }
  }
}
