import TestSupport
import Testing

@testable import ControlPlane

@Suite("Request worker")
struct RequestWorkerTests {
  /// Handles each request as its path says.
  private struct PathHandler: RequestHandler {
    var slowness: Int = 0

    func handle(_ request: Request, reads: any ReadStore) -> Handling {
      if slowness > 0 { pause(milliseconds: slowness) }
      if request.bytes.matches(request.path, "/reply") { return .reply(Reply(status: 200)) }
      if request.bytes.matches(request.path, "/later") { return .later }
      if request.bytes.matches(request.path, "/nowhere") {
        return .command(.createBooking(CreateBooking(EventID(9), 1, 1), .request(request.ticket)))
      }
      return .command(
        .deleteEvent(EventID(Int64(request.ticket.low)), ifMatch: nil, .request(request.ticket)))
    }
  }

  /// Takes so many commands.
  private final class Commands: CommandSink {
    private let room: Int
    let taken = Monitor<[[LedgerCommand]]>([])
    init(room: Int) { self.room = room }
    func submit(_ command: LedgerCommand) -> Bool { submit(contentsOf: [command]) == 1 }
    func submit(contentsOf commands: [LedgerCommand]) -> Int {
      taken.withLock { $0.append(Array(commands.prefix(room))) }
      return min(room, commands.count)
    }
  }

  private let stage = Stage()
  private let metrics = ControlMetrics()

  private func worker(_ ledger: Commands, slowness: Int = 0, patience: Duration? = nil) -> RequestWorker {
    RequestWorker(
      handler: PathHandler(slowness: slowness), ledger: ledger,
      encoder: OutcomeReplies(observer: IncidentList()), replies: stage,
      refusals: EarlyRefusals(
        events: CommittedEvents(), clock: ScriptedClock(milliseconds: 0), metrics: metrics),
      patience: patience)
  }

  private func requests(_ paths: String...) -> [Request] {
    paths.enumerated().map { index, path in
      Request(method: "GET", path: path, ticket: ReplyTicket(high: 0, low: UInt64(index + 1)))
    }
  }

  @Test("the commands of several requests leave together, and so do the replies")
  func together() {
    let ledger = Commands(room: 9)
    let done = worker(ledger).work(
      requests("/reply", "/command", "/later", "/command", "/reply"), StubReads())
    #expect(done == 5)
    #expect(ledger.taken.withLock { $0.map(\.count) } == [2])
    #expect(stage.happenings == [.replied([1, 5])])
  }

  @Test("commands that find the ledger's queue full are answered as overloaded")
  func overloaded() {
    let ledger = Commands(room: 1)
    _ = worker(ledger).work(requests("/command", "/command", "/command"), StubReads())
    #expect(stage.replies.keys.sorted() == [2, 3])
    #expect(stage.replies.values.allSatisfy { $0.status == 503 && $0.problem == "overloaded" })
  }

  @Test("bookings that the last commit rules out are refused, counted, and not the ledger's")
  func earlyRefusals() {
    let ledger = Commands(room: 9)
    _ = worker(ledger).work(requests("/nowhere", "/command", "/nowhere"), StubReads())
    #expect(ledger.taken.withLock { $0.map(\.count) } == [1])
    #expect(stage.happenings == [.replied([1, 3])])
    #expect(stage.replies.values.allSatisfy { $0.status == 404 && $0.problem == "unknown-event" })
    #expect(metrics.snapshot.refusals == 2 && metrics.snapshot.commands == 2)
    #expect(metrics.snapshot.refusedBy[RefusalReason.unknownEvent.index] == 2)
  }

  @Test("a worker that is slow gives back what it has not begun, and one that need not hurry does not")
  func patience() {
    let paths = requests("/reply", "/reply", "/reply")
    let slow = worker(Commands(room: 0), slowness: 2, patience: .microseconds(1))
    #expect(slow.work(paths, StubReads()) == 1)
    #expect(stage.replies.keys.sorted() == [1])
    #expect(worker(Commands(room: 0), slowness: 2).work(Array(paths[1...]), StubReads()) == 2)
  }
}
