import SeatcastClient
import Testing

@testable import seatcast

@Suite("RehearsalRecorder")
struct RehearsalRecorderTests {
  @Test("Viewers are counted when they are greeted and when they reached a change")
  func viewers() {
    let recorder = RehearsalRecorder(viewers: 3)
    #expect(recorder.greeted == 0 && recorder.reached(0) == 0)
    recorder.record(.live(seq: 4, epoch: "e", recovered: nil, count: nil, state: nil, at: 0), of: 0)
    recorder.record(.live(seq: 2, epoch: "e", recovered: nil, count: nil, state: nil, at: 0), of: 1)
    recorder.record(.lost(.connection("x"), retryIn: .zero), of: 1)
    #expect(recorder.greeted == 2 && recorder.reached(3) == 1)
    #expect(recorder.result.viewers.count == 2 && recorder.result.lost == 1)
  }

  @Test("What a notice of the server's log is to the checker")
  func log() {
    #expect(RehearsalRecorder.now <= RehearsalRecorder.now)
    let types: [any Sendable.Type] = [Rehearsal.self, RehearsalCrowd.self, LoggedNotice.self]
    #expect(types.count == 3)
  }
}
