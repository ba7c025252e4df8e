import Testing

@testable import SeatcastClient
@testable import seatcast

@Suite("RehearsalRecorder")
struct RehearsalRecorderTests {
  @Test("Viewers are counted when they are greeted and when they reached a change")
  func viewers() throws {
    let recorder = try RehearsalRecorder(viewers: 3)
    #expect(recorder.greeted == 0 && recorder.reached(0) == 0)
    recorder.record(.live(seq: 4, epoch: "e", recovered: nil, count: nil, state: nil, at: 0), of: 0)
    recorder.record(.live(seq: 2, epoch: "e", recovered: nil, count: nil, state: nil, at: 0), of: 1)
    recorder.record(.lost(.connection("x"), retryIn: .zero), of: 1)
    #expect(recorder.greeted == 2 && recorder.reached(3) == 1)
    #expect(recorder.result.viewers == 2 && recorder.result.lost == 1)
  }

  @Test(
    "What viewers are told is judged: a lost connection goes on where it was, or the checker says where not")
  func judged() throws {
    for resumed in [UInt64(4), 3] {
      let recorder = try RehearsalRecorder(viewers: 1)
      let count = SeatCount(availableSeats: 2, seatCapacity: 3, types: [])
      recorder.record(.live(seq: 4, epoch: "e", recovered: nil, count: count, state: nil, at: 0), of: 0)
      recorder.record(.lost(.connection("x"), retryIn: .zero), of: 0)
      recorder.record(.live(seq: resumed, epoch: "e", recovered: true, count: nil, state: nil, at: 0), of: 0)
      let broken = try recorder.history.judge().verdict.broken.map(\.rule)
      #expect(broken == (resumed == 4 ? [] : [.resumable]))
    }
    let types: [any Sendable.Type] = [Rehearsal.self, RehearsalCrowd.self]
    #expect(types.count == 2)
  }
}
