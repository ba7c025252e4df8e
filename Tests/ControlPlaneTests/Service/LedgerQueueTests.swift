import TestSupport
import Testing

@testable import ControlPlane

@Suite("LedgerLine")
struct LedgerQueueTests {
  private let folder: TemporaryFolder
  private let stage = Stage()
  private let metrics = ControlMetrics()

  init() throws { folder = try TemporaryFolder() }

  private func line(depth: Int, _ threads: Backend.Threads) throws -> LedgerQueue {
    let store = try Database.open(DataFolder(folder.path), SystemRandom()).writer
    let ledger = try Ledger(
      store,
      Ledger.Dependencies(
        notices: stage, replies: stage, texts: PlainTexts(),
        encoder: OutcomeReplies(observer: IncidentList()), events: CommittedEvents(),
        observer: IncidentList(), clock: SystemClock(),
        metrics: metrics))
    return try LedgerQueue(Handover(ledger), depth: depth, metrics: metrics, threads: threads)
  }

  private func draft(_ ticket: UInt64) -> LedgerCommand {
    .createEvent(EventDraft(name: "\(ticket)", seatCapacity: 1), .silent(ticket))
  }

  @Test("what waits is one batch")
  func batching() throws {
    let line = try line(depth: 10, .inline)
    for ticket in 1...5 { #expect(line.submit(draft(UInt64(ticket)))) }
    #expect(line.depth == 5)
    #expect(stage.replies.isEmpty)
    #expect(line.pump())
    #expect(!line.pump())
    #expect(stage.happenings == [.replied([1, 2, 3, 4, 5])])
    #expect(metrics.snapshot.commits == 1)
    line.close()
  }

  @Test("a full queue takes what there is room for, from the front, and counts the others")
  func overload() throws {
    let line = try line(depth: 3, .inline)
    #expect(line.submit(draft(1)))
    #expect(line.submit(contentsOf: (2...5).map { draft(UInt64($0)) }) == 2)
    #expect(!line.submit(draft(6)))
    #expect(metrics.snapshot.overloaded == 3)
    line.close()
    #expect(stage.replies.keys.sorted() == [1, 2, 3])
  }

  @Test("closing performs what waits, refuses the rest and leaves no WAL behind", arguments: [true, false])
  func closing(isThreaded: Bool) throws {
    let line = try line(depth: 100, isThreaded ? .own : .inline)
    for ticket in 1...100 where !line.submit(draft(UInt64(ticket))) {
      Issue.record("refused \(ticket)")
    }
    line.close()
    #expect(stage.replies.count == 100)
    #expect(!line.submit(draft(101)))
    #expect(contents(of: folder.path + "/seatcast.db-wal") == nil)
  }

  @Test("the server's own questions are answered", arguments: [true, false])
  func asking(isThreaded: Bool) throws {
    let line = try line(depth: 10, isThreaded ? .own : .inline)
    let event: Event = try line.ask { .createEvent(EventDraft(name: "E", seatCapacity: 3), $0) }
    #expect(event.seatCapacity == 3)
    #expect(throws: DomainError.unknownEvent) {
      _ = try line.ask { .deleteEvent(EventID(9), ifMatch: nil, $0) } as EventID
    }
    line.close()
    #expect(throws: DomainError.overloaded) {
      _ = try line.ask { .deleteEvent(EventID(9), ifMatch: nil, $0) } as EventID
    }
  }
}
