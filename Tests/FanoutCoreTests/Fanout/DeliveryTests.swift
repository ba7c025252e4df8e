import Testing

@testable import FanoutCore
@testable import FanoutTestSupport

@Suite struct DeliveryTests {
  private let summary = FakeTopics.summary(TopicID(5), 9)

  private func log() -> TopicLog {
    var log = TopicLog(head: 0)
    log.append(frames(1...9), first: 1, room: LogRoom(frames: 4, bytes: 64 * 1024))
    return log
  }

  @Test("what the log has is delivered as it is, without a copy of it")
  func asItIs() throws {
    let delivery = try #require(Delivery(framesOf: log(), after: 6))
    #expect(!delivery.isConflated)
    #expect(delivery.head == 9)
    #expect(Array(delivery.bytes) == frames(7...9).bytes)
    #expect(delivery.bytes.count == delivery.range.count)
  }

  @Test("what the log has not any more is no delivery of frames")
  func tooOld() {
    #expect(Delivery(framesOf: log(), after: 4) == nil)
    #expect(Delivery(framesOf: log(), after: 10) == nil)
  }

  @Test("one message stands for all missed ones and names the first of them")
  func conflated() {
    let delivery = Delivery(conflating: summary, after: 3, as: .webSocket)
    #expect(delivery.isConflated)
    #expect(delivery.head == 9)
    #expect(Array(delivery.bytes) == [0x81, 7] + Array("c 5 4 9".utf8))
    let stream = Delivery(conflating: summary, after: 3, as: .eventStream)
    #expect(Array(stream.bytes) == Array("id: 9\ndata: c 5 4 9\n\n".utf8))
  }

  @Test("a conflated message that was begun must be finished, at every byte of it")
  func conflatedPosition() {
    let delivery = Delivery(conflating: summary, after: 3, as: .webSocket)
    for taken in 0...delivery.range.count {
      let (cursor, rest) = delivery.position(taken: taken)
      #expect(cursor == (taken == 0 ? 3 : 9))
      #expect(Array(delivery.storage[rest]) == (taken == 0 ? [] : Array(delivery.bytes.dropFirst(taken))))
    }
  }

  @Test("a frame of the log that was begun must be finished, and only that one")
  func framePosition() throws {
    let delivery = try #require(Delivery(framesOf: log(), after: 6))
    let (cursor, rest) = delivery.position(taken: 1)
    #expect(cursor == 7)
    #expect(Array(delivery.storage[rest]) == Array(frames(7...7).bytes.dropFirst()))
    let (boundary, nothing) = delivery.position(taken: frames(7...7).bytes.count)
    #expect(boundary == 7)
    #expect(nothing.isEmpty)
  }
}
