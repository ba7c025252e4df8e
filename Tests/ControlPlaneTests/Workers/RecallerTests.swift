import Testing

@testable import ControlPlane

@Suite("Recaller")
struct RecallerTests {
  private let fixture: LedgerFixture
  private let event: ControlPlane.Event

  init() throws {
    fixture = try LedgerFixture()
    event = try fixture.makeEvent(capacity: 10)
    for _ in 0..<4 { try fixture.book(event) }
  }

  private func recalled(after: UInt64, through: UInt64, limit: Int = 10) throws -> [UInt64] {
    let recaller = Recaller(notices: fixture.stage, texts: PlainTexts(), limit: limit)
    let ticket = ReplyTicket(high: 1, low: 2)
    let recall = Recall(
      event: event.id, audience: .authenticated, after: after, through: through, ticket: ticket)
    #expect(recaller.work([recall], try fixture.reader()) == 1)
    guard case .history(let notices, event.id, ticket) = fixture.stage.happenings.last else {
      Issue.record("nothing was recalled")
      return []
    }
    return notices.map(\.seq)
  }

  @Test("exactly the notices between the two numbers are given, in order")
  func between() throws {
    #expect(try recalled(after: 1, through: 3) == [2, 3])
    #expect(try recalled(after: 0, through: 4) == [1, 2, 3, 4])
  }

  @Test("an anonymous viewer is given the texts for anybody")
  func anonymous() throws {
    let recaller = Recaller(notices: fixture.stage, texts: PlainTexts(), limit: 10)
    let ticket = ReplyTicket(high: 1, low: 2)
    let recall = Recall(event: event.id, audience: .anonymous, after: 0, through: 1, ticket: ticket)
    #expect(recaller.work([recall], try fixture.reader()) == 1)
    guard case .history(let notices, event.id, ticket) = fixture.stage.happenings.last else {
      Issue.record("nothing was recalled")
      return
    }
    #expect(notices.first?.words.hasPrefix("?") == true)
  }

  @Test("more than the limit, a gap, or an empty range is none")
  func none() throws {
    #expect(try recalled(after: 0, through: 4, limit: 3).isEmpty)
    #expect(try recalled(after: 2, through: 5).isEmpty)
    #expect(try recalled(after: 3, through: 3).isEmpty)
    #expect(try recalled(after: 3, through: 2).isEmpty)
  }
}
