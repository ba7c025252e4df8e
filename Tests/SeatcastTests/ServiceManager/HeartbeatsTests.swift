import Testing

@testable import seatcast

@Suite("Heartbeats")
struct HeartbeatsTests {
  @Test("a number that stands still for longer than the patience is told, until it moves")
  func stuck() {
    var heartbeats = Heartbeats(patience: 1_000)
    #expect(heartbeats.judge([1, 1], at: 0).isEmpty)
    #expect(heartbeats.judge([1, 2], at: 900).isEmpty)
    #expect(heartbeats.judge([1, 3], at: 1_000).isEmpty)
    #expect(heartbeats.judge([1, 4], at: 1_001) == [0])
    #expect(heartbeats.judge([1, 4], at: 1_900) == [0])
    #expect(heartbeats.judge([1, 4], at: 2_100) == [0, 1])
    #expect(heartbeats.judge([2, 4], at: 2_200) == [1])
    #expect(heartbeats.judge([2, 5], at: 2_300).isEmpty)
  }

  @Test("a process that was frozen as a whole is not judged by that time")
  func frozen() {
    var heartbeats = Heartbeats(patience: 1_000)
    #expect(heartbeats.judge([1, 1], at: 0).isEmpty)
    #expect(heartbeats.judge([1, 1], at: 60_000).isEmpty)
    #expect(heartbeats.judge([1, 2], at: 60_900).isEmpty)
    #expect(heartbeats.judge([1, 3], at: 61_100) == [0])
  }
}
