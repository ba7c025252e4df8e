import Testing

@testable import SeatcastClient

@Suite("LiveSequence")
struct LiveSequenceTests {
  @Test("Each iterator has a feed of its own, which ends with it")
  func lifetimes() async throws {
    let sequence = LiveSequence<Int> {
      let buffer = ConflatingBuffer<Int>(capacity: 1) { $0[$0.count - 1] }
      return Subscription(buffer) {
        buffer.write(1)
        try await Task.sleep(for: .seconds(600))
      }
    }
    for try await number in sequence {
      #expect(number == 1)
      break
    }
    var (one, other) = (sequence.makeAsyncIterator(), sequence.makeAsyncIterator())
    #expect(try await one.next() == 1)
    #expect(try await other.next() == 1)
  }

  @Test("An error of the feed is thrown to its reader")
  func errors() async {
    let sequence = LiveSequence<Int> {
      Subscription(ConflatingBuffer(capacity: 1) { $0[0] }) { throw ClientError.eventNotFound(3) }
    }
    await #expect(throws: ClientError.eventNotFound(3)) { for try await _ in sequence {} }
  }
}
