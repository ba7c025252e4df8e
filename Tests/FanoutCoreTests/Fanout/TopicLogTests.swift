import TestSupport
import Testing

@testable import FanoutCore

/// Frames 1… of the topic, whose texts grow with their number.
func notices(_ range: ClosedRange<UInt64>, size: Int? = nil) -> [Notice] {
  range.map { seq in
    Notice(
      seq: seq, text: [UInt8](repeating: UInt8(ascii: "a") + UInt8(seq % 26), count: size ?? Int(seq % 40)))
  }
}

func frames(_ range: ClosedRange<UInt64>, size: Int? = nil) -> EncodedFrames {
  EncodedFrames(notices(range, size: size), as: .webSocket)
}

@Suite struct TopicLogTests {
  private func room(frames: Int = 8, bytes: Int = 64 * 1024) -> LogRoom {
    LogRoom(frames: frames, bytes: bytes)
  }

  @Test("a new log stands at its grant and has nothing")
  func empty() {
    let log = TopicLog(head: 41)
    #expect(log.head == 41)
    #expect(log.count == 0)
    #expect(log.first == 42)
    #expect(log.range(after: 41) == 0..<0)
    #expect(log.range(after: 40) == nil)
    #expect(log.range(after: 42) == nil)
  }

  @Test("everything after a cursor is one range of bytes")
  func ranges() throws {
    var log = TopicLog(head: 10)
    let room = room()
    log.append(frames(11...13), first: 11, room: room)
    log.append(frames(14...14), first: 14, room: room)
    for cursor in UInt64(10)...13 {
      let range = try #require(log.range(after: cursor))
      #expect(Array(log.bytes[range]) == frames(cursor + 1...14).bytes)
    }
    #expect(log.range(after: 14)?.isEmpty == true)
    #expect(log.range(after: 15) == nil)
    #expect(log.range(after: .max) == nil)
    #expect(log.range(after: 9) == nil)
  }

  @Test("the oldest frames fall out when there are too many")
  func fallsOutByFrames() throws {
    var log = TopicLog(head: 0)
    let room = room(frames: 4)
    for seq in UInt64(1)...50 {
      log.append(frames(seq...seq), first: seq, room: room)
      #expect(log.count == min(Int(seq), 4))
      #expect(log.first == seq - UInt64(log.count) + 1)
      let range = try #require(log.range(after: log.first - 1))
      #expect(Array(log.bytes[range]) == frames(log.first...seq).bytes)
      if log.first > 1 { #expect(log.range(after: log.first - 2) == nil) }
    }
  }

  @Test("the oldest frames fall out when they are too large together")
  func fallsOutByBytes() throws {
    var log = TopicLog(head: 0)
    let room = room(frames: 1000, bytes: 500)
    for seq in UInt64(1)...200 {
      log.append(frames(seq...seq), first: seq, room: room)
      let kept = try #require(log.range(after: log.first - 1))
      #expect(kept.count <= 500)
      #expect(Array(log.bytes[kept]) == frames(log.first...seq).bytes)
    }
    #expect(log.count > 5)
  }

  @Test("a frame larger than the log is kept alone, so that the head can be sent")
  func oneTooLarge() throws {
    var log = TopicLog(head: 0)
    let room = room(bytes: 100)
    log.append(frames(1...3), first: 1, room: room)
    log.append(frames(4...4, size: 300), first: 4, room: room)
    #expect(log.count == 1)
    let range = try #require(log.range(after: 3))
    #expect(Array(log.bytes[range]) == frames(4...4, size: 300).bytes)
  }

  @Test("what has fallen out takes no more memory than what is kept")
  func compaction() {
    var log = TopicLog(head: 0)
    let room = room(frames: 16)
    for seq in UInt64(1)...1000 {
      log.append(frames(seq...seq, size: 50), first: seq, room: room)
      #expect(log.bytes.count <= 2 * 17 * 52)
    }
  }

  @Test("a reader that took any number of bytes stands at the frame that it finished or began")
  func positions() throws {
    var log = TopicLog(head: 0)
    let room = room(frames: 6)
    for seq in UInt64(1)...9 { log.append(frames(seq...seq), first: seq, room: room) }
    for cursor in (log.first - 1)..<log.head {
      let bytes = frames(cursor + 1...9)
      for taken in 0...bytes.bytes.count {
        let (reached, rest) = log.position(after: cursor, taken: taken)
        // The first frame whose end is not before what was taken; none when nothing was.
        let whole = bytes.ends.firstIndex { $0 >= taken } ?? bytes.ends.count
        let expected = taken == 0 ? cursor : cursor + UInt64(whole) + 1
        #expect(reached == expected, "cursor \(cursor), taken \(taken)")
        let end = taken == 0 ? 0 : bytes.ends[whole]
        #expect(Array(log.bytes[rest]) == Array(bytes.bytes[taken..<end]))
      }
    }
  }

  @Test("behind a hole the log starts anew, and every older cursor must be conflated")
  func hole() throws {
    var log = TopicLog(head: 0)
    let room = room()
    log.append(frames(1...3), first: 1, room: room)
    log.append(frames(6...7), first: 6, room: room)
    #expect(log.head == 7)
    #expect(log.first == 6)
    for cursor in UInt64(0)...4 { #expect(log.range(after: cursor) == nil) }
    let range = try #require(log.range(after: 5))
    #expect(Array(log.bytes[range]) == frames(6...7).bytes)
  }

  @Test("random batches leave exactly the newest frames", arguments: 1...20)
  func random(seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    let start = UInt64.random(in: 0...1_000_000, using: &random)
    var log = TopicLog(head: start)
    let room = room(frames: 12, bytes: 400)
    var head = start
    for _ in 0..<100 {
      let count = UInt64.random(in: 1...20, using: &random)
      log.append(frames(head + 1...head + count), first: head + 1, room: room)
      head += count
      #expect(log.head == head)
      #expect(log.count >= 1 && log.count <= 12)
      let range = try #require(log.range(after: log.first - 1))
      #expect(Array(log.bytes[range]) == frames(log.first...head).bytes)
    }
  }

  @Test("when the loop's logs are too large together, the one that is written to shrinks to its share")
  func share() {
    var limits = Limits()
    limits.logBytes = 1000
    limits.logBytesPerLoop = 10_000
    #expect(LogRoom(limits, held: 9_999, topics: 500) == LogRoom(frames: limits.logFrames, bytes: 1000))
    #expect(LogRoom(limits, held: 10_000, topics: 500) == LogRoom(frames: limits.logFrames, bytes: 10))
    #expect(LogRoom(limits, held: 10_000, topics: 2).bytes == 1000, "never more than a log may keep anyhow")
  }

  @Test("all logs together stay below twice the loop's bound, whatever their order")
  func bounded() {
    var random = SeededRandom(seed: 7)
    var limits = Limits()
    limits.logBytesPerLoop = 64 * 1024
    var logs: [TopicLog] = []
    var held = 0
    for turn in 0..<4000 {
      if turn % 40 == 0 { logs.append(TopicLog(head: 0)) }
      let index = Int.random(in: logs.indices, using: &random)
      let (head, before) = (logs[index].head, logs[index].bytes.count)
      logs[index].append(
        frames(head + 1...head + 1, size: 190), first: head + 1,
        room: LogRoom(limits, held: held, topics: logs.count))
      held += logs[index].bytes.count - before
      #expect(held < 2 * limits.logBytesPerLoop)
    }
    #expect(held > limits.logBytesPerLoop / 2)
  }

  @Test("a log that nobody reads moves on without its frames")
  func skip() {
    var log = TopicLog(head: 3)
    log.append(frames(4...6), first: 4, room: room())
    log.skip(to: 9)
    #expect(log.head == 9)
    #expect(log.bytes.isEmpty)
    #expect(log.range(after: 8) == nil)
    #expect(log.range(after: 9) == 0..<0)
  }

  @Test("older frames are put in front, within the room")
  func prepend() throws {
    var log = TopicLog(head: 13)
    log.append(frames(14...15), first: 14, room: room())
    log.prepend(frames(11...13), room: room())
    #expect(log.first == 11)
    #expect(log.head == 15)
    let range = try #require(log.range(after: 10))
    #expect(Array(log.bytes[range]) == frames(11...15).bytes)
    log.prepend(frames(1...10), room: room(frames: 4))
    #expect(log.first == 12)
    let kept = try #require(log.range(after: 12))
    #expect(Array(log.bytes[kept]) == frames(13...15).bytes)
  }
}
