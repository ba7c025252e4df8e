// The last frames of a topic in one dialect: contiguous bytes, so that everything between a cursor and the head
// is one range. Bounded by frames and bytes; what falls out of it can only be conflated. One loop's thread.

/// A bounded log of encoded frames, the newest at `head`.
struct TopicLog {
  /// The `seq` of the newest frame; that of the grant when none came since.
  private(set) var head: UInt64
  /// The kept frames, preceded by those that fell out since the last compaction.
  private(set) var bytes: [UInt8] = []
  /// The end of each frame in `bytes`, fallen ones included.
  private var ends: [Int] = []
  /// How many frames at the front have fallen out.
  private var fallen = 0

  init(head: UInt64) { self.head = head }

  /// Frames that are kept.
  var count: Int { ends.count - fallen }
  /// The `seq` of the oldest kept frame; `head + 1` when there is none.
  var first: UInt64 { head - UInt64(count) + 1 }

  /// Appends frames that follow on `head`. After a hole the log starts anew behind it, so that every cursor
  /// before it is conflated, which declares the hole.
  mutating func append(_ frames: EncodedFrames, first: UInt64, room: LogRoom) {
    if first != head + 1 { restart(before: first) }
    let base = bytes.count
    bytes.append(contentsOf: frames.bytes)
    for end in frames.ends { ends.append(base + end) }
    head += UInt64(frames.ends.count)
    trim(to: room)
  }

  /// Puts older frames in front: those just before the first that is kept.
  mutating func prepend(_ frames: EncodedFrames, room: LogRoom) {
    let start = self.start(at: fallen)
    let kept = ends[fallen...].map { $0 - start + frames.bytes.count }
    bytes = frames.bytes + bytes[start...]
    ends = frames.ends + kept
    fallen = 0
    trim(to: room)
  }

  /// Moves on to `head` without the frames before it: for a log without readers.
  mutating func skip(to head: UInt64) { restart(before: head + 1) }

  /// The bytes of all frames after `cursor`; nil when some of them have fallen out.
  func range(after cursor: UInt64) -> Range<Int>? {
    guard cursor <= head, cursor + 1 >= first else { return nil }
    return start(of: cursor + 1)..<bytes.count
  }

  /// For a reader that stood at `cursor` and took `taken` bytes: the last frame that it took whole or began,
  /// and what is left of that frame.
  func position(after cursor: UInt64, taken: Int) -> (cursor: UInt64, rest: Range<Int>) {
    let stop = start(of: cursor + 1) + taken
    var index = self.index(of: cursor + 1)
    var reached = cursor
    while index < ends.count && start(at: index) < stop {
      reached += 1
      index += 1
    }
    return (reached, stop..<start(at: index))
  }

  private func index(of seq: UInt64) -> Int { ends.count - Int(head + 1 - seq) }
  private func start(of seq: UInt64) -> Int { start(at: index(of: seq)) }
  private func start(at index: Int) -> Int { index == 0 ? 0 : ends[index - 1] }

  private mutating func restart(before first: UInt64) {
    bytes.removeAll()
    ends.removeAll()
    fallen = 0
    head = first - 1
  }

  /// Lets the oldest frames fall out; moves bytes only once half of them have, so each moves once on average.
  private mutating func trim(to room: LogRoom) {
    while count > 1 && (count > room.frames || bytes.count - start(at: fallen) > room.bytes) {
      fallen += 1
    }
    let dead = start(at: fallen)
    guard dead > 0 && dead >= bytes.count - dead else { return }
    bytes.removeFirst(dead)
    ends.removeFirst(fallen)
    for index in ends.indices { ends[index] -= dead }
    fallen = 0
  }
}

/// How much a log may keep; one frame in any case.
struct LogRoom: Equatable {
  var frames: Int
  var bytes: Int
}

extension LogRoom {
  /// - Parameters:
  ///   - held: bytes that all logs of the loop hold.
  ///   - topics: how many topics the loop holds. When the logs together are too large, the one that is written to
  ///     shrinks to its even share: then all of them hold at most twice the loop's bound.
  init(_ limits: Limits, held: Int, topics: Int) {
    frames = limits.logFrames
    bytes =
      held < limits.logBytesPerLoop
      ? limits.logBytes : min(limits.logBytes, limits.logBytesPerLoop / max(topics, 1) / 2)
  }
}
