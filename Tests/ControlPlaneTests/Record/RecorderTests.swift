import TestSupport
import Testing

@testable import ControlPlane

@Suite("Recorder")
struct RecorderTests {
  private let fixture: BackendFixture

  init() throws { fixture = try BackendFixture() }

  private func book(_ backend: Backend, _ event: EventID) throws {
    _ =
      try backend.ledger.ask {
        .createBooking(CreateBooking(event: event, user: .local(1), quantity: 1), $0)
      } as BookingOutcome
  }

  @Test("The thread seals what was committed within a second or two, and the rest when the server stops")
  func thread() throws {
    let backend = try fixture.open(.own)
    let event = try #require(try backend.seedDemo().events.first).id
    let recorder = try #require(backend.threads.record?.recorder)
    try eventually("a head covers the demo") { recorder.lagSeconds == 0 && recorder.current.size > 2 }
    let size = recorder.current.size
    try book(backend, event)
    try eventually("a head covers the booking") { recorder.current.size == size + 1 }
    #expect(backend.counters().recordEntries == size + 1)
    #expect(backend.counters().recordHeads >= 2)
    #expect(backend.counters().recordFailures == 0)
    try book(backend, event)
    backend.close()
    #expect(recorder.current.size == size + 2)
    #expect(recorder.seal() == "the server is stopping")
    #expect(RecordVerifier.refusal(of: try RecordFixture.export(fixture.folder.path)) == nil)
  }

  @Test("Without threads a head is made when somebody asks, and the key changes when somebody says so")
  func inline() throws {
    let backend = try fixture.open()
    let event = try #require(try backend.seedDemo().events.first).id
    let recorder = try #require(backend.threads.record?.recorder)
    #expect(recorder.current.head == nil)
    #expect(recorder.seal() == nil)
    let (size, key) = (recorder.current.size, recorder.current.key)
    try book(backend, event)
    #expect(recorder.rotate() == nil)
    #expect(recorder.current.size == size + 2)
    #expect(recorder.current.key != key)
    backend.close()
    let lines = try RecordFixture.export(fixture.folder.path)
    #expect(RecordVerifier.refusal(of: lines, trusted: key) == nil)
  }

  @Test("While the disk takes no writes sealing fails, is counted and told once")
  func failing() throws {
    let ledger = try LedgerFixture()
    let handover = Handover(ledger)
    let sealer = try #require(
      try Sealer(try ledger.database.openRecord(), ledger.database.folder, makesKey: true) {
        _ throws(DomainError) in throw .storageUnavailable
      })
    let recorder = Recorder(
      Handover(sealer), commits: { 1 }, clock: ledger.clock, observer: ledger.incidents)
    ledger.clock.advance(by: 5_000)
    #expect(recorder.seal() != nil)
    #expect(recorder.seal() != nil)
    #expect(recorder.current.failures == 2 && recorder.current.head == nil)
    #expect(recorder.lagSeconds == 5)
    #expect(handover.value.incidents.all.count == 1)
    recorder.close()
  }

  @Test("Who does not seal learns of the heads of who does, and seals behind them when it begins to lead")
  func following() throws {
    let fixture = try RecordFixture()
    let ledger = fixture.ledger
    let follower = try Sealer(try ledger.database.openRecord(), ledger.database.folder, makesKey: false) {
      [sealing = Handover(ledger)] seal throws(DomainError) in
      sealing.value.ledger.perform([.seal(seal, Question<Int64>().answering)])
    }
    let other = try #require(follower)
    let recorder = Recorder(
      Handover(other), commits: { 1 }, leads: { false }, clock: ledger.clock, observer: ledger.incidents)
    try ledger.book(try ledger.makeEvent(capacity: 5))
    let seals = try fixture.seal()
    #expect(recorder.current.head == nil)
    #expect(recorder.follow())
    #expect(recorder.current.head == seals.last?.head && recorder.current.size == 3)
    #expect(recorder.current.heads == 0)
    try ledger.book(try ledger.makeEvent(capacity: 5))
    #expect(recorder.seal() == nil)
    #expect(recorder.current.size == 5)
    // The first one knows nothing of that seal, and goes on behind it all the same.
    try ledger.book(try ledger.makeEvent(capacity: 5))
    #expect(try fixture.seal().map(\.size) == [7])
    recorder.close()
    #expect(RecordVerifier.refusal(of: try fixture.lines()) == nil)
  }
}
