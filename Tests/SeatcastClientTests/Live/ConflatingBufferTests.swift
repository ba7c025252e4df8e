import Testing

@testable import SeatcastClient

@Suite("ConflatingBuffer")
struct ConflatingBufferTests {
  @Test("A slow reader gets one element for those that did not fit")
  func conflates() async throws {
    let buffer = ConflatingBuffer<[Int]>(capacity: 3) { $0.flatMap(\.self) }
    for number in 1...6 { buffer.write([number]) }
    #expect(try await buffer.read() == [1, 2, 3, 4])
    #expect(try await buffer.read() == [5])
    buffer.finish(.success(()))
    #expect(try await buffer.read() == [6])
    #expect(try await buffer.read() == nil)
  }

  @Test("A reader that waits is woken by an element, an error and its cancellation")
  func wakes() async throws {
    let buffer = ConflatingBuffer<Int>(capacity: 1) { $0[0] }
    async let first = buffer.read()
    buffer.write(1)
    #expect(try await first == 1)
    let task = Task { try await buffer.read() }
    task.cancel()
    #expect(try await task.value == nil)
    buffer.finish(.failure(ClientError.eventNotFound(1)))
    await #expect(throws: ClientError.eventNotFound(1)) { try await buffer.read() }
  }
}
