import TestSupport
import Testing

@testable import ControlPlane

/// Takes commands, or does not.
final class RecordingCommands: CommandSink {
  private let isOpen: Bool
  private let taken = Monitor<[LedgerCommand]>([])
  init(isOpen: Bool) { self.isOpen = isOpen }

  var commands: [LedgerCommand] { taken.withLock { $0 } }

  func submit(_ command: LedgerCommand) -> Bool {
    taken.withLock { $0.append(command) }
    return isOpen
  }
}

extension Result where Success: Sendable, Failure == DomainError {
  /// A reply that says what came.
  var told: Reply {
    switch self {
    case .success: Reply(status: 200)
    case .failure(let error): Reply(status: 400, body: Array("\(error)".utf8))
    }
  }
}

@Suite("LedgerCommand")
struct LedgerCommandTests {
  @Test("a request's outcome becomes its reply, the house's own does not")
  func settling() {
    let ticket = ReplyTicket(high: 1, low: 2)
    let request = Answering<EventID>.reply(ticket) { $0.told }
    #expect(request.settle(.success(EventID(1)))?.ticket == ticket)
    #expect(request.settle(.failure(.soldOut(available: 0, requested: 1)))?.reply.status == 400)

    let heard = Monitor<[EventID]>([])
    let own = Answering<EventID>.call { result in
      heard.withLock { $0 += (try? result.get()).map { [$0] } ?? [] }
    }
    #expect(own.settle(.success(EventID(7))) == nil)
    #expect(heard.withLock { $0 } == [EventID(7)])
  }
}
