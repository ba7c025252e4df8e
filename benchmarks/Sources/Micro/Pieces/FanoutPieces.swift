// Topics and subscribers on a loop: the log, a delivery, cohorts, the pass without its sends, the topic table.
// Slab is generic and private to its plane's optimizer; it is timed inside of these, where its elements are known.
@testable import FanoutCore

enum FanoutPieces {
  static var all: [Piece] {
    [logAppend, deliver, conflate, leaveAndJoin, visit, openAndClose, arm, handOut]
  }

  // MARK: The log

  private static let frames = EncodedFrames([Notice(seq: 1, text: Samples.noticeText)], as: .webSocket)

  /// A log at its bounds, so that each operation also lets a frame fall out.
  private static func fullLog() -> TopicLog {
    var log = TopicLog(head: 0)
    for _ in 1...512 { write(to: &log) }
    return log
  }

  private static let room = LogRoom(Limits(), held: 0, topics: 1)

  private static func write(to log: inout TopicLog) { log.append(frames, first: log.head + 1, room: room) }
  private static func write(to feed: inout Feed) { feed.append(frames, first: feed.log.head + 1, room: room) }

  private static var logAppend: Piece {
    Piece("log_append", "a notice into a full log", bytes: frames.bytes.count, checksum: 1) { count in
      var log = fullLog()
      let before = log.head
      for _ in 0..<count {
        write(to: &log)
        touch(&log)
      }
      return log.head - before
    }
  }

  /// What a pass asks once per cohort.
  private static var deliver: Piece {
    Piece("delivery_last_frame", "the newest frame of a full log", checksum: UInt64(frames.bytes.count)) {
      count in
      var log = fullLog()
      var sum: UInt64 = 0
      for _ in 0..<count {
        touch(&log)
        sum &+= UInt64(Delivery(framesOf: log, after: log.head - 1)?.range.count ?? 0)
      }
      return sum
    }
  }

  /// What a slow reader gets instead of what it missed.
  private static var conflate: Piece {
    let size = Delivery(conflating: Samples.summary, after: 17, as: .webSocket).range.count
    let summary = Samples.summary
    return Piece("delivery_conflated", "one message for all missed", checksum: UInt64(size)) {
      UInt64(Delivery(conflating: summary, after: 17, as: .webSocket).range.count)
    }
  }

  // MARK: Cohorts

  private static let subscribers = 10_000

  private struct Audience: ~Copyable {
    var feed = Feed(dialect: .webSocket, head: 0, limits: Limits())
    var subscriptions = Subscriptions()

    init() {
      feed.beginReading()
      for number in 0..<subscribers {
        let index = subscriptions.insert(
          Subscription(
            place: .lagging(cursor: 0), dialect: .webSocket, slot: UInt32(number), topic: 0, next: .none))
        feed.join(SubscriptionIndex(index), descriptor: Int32(number), in: &subscriptions)
      }
    }
  }

  /// A random one leaves its cohort and joins one again, as a reader does that blocked and caught up.
  private static var leaveAndJoin: Piece {
    let place = Place(Audience())
    var random = RandomNumbers(seed: 1)
    return Piece("cohort_leave_join", "one of 10,000 leaves and joins", checksum: 1) { count in
      place.lend { audience in
        for _ in 0..<count {
          var cohort = random.next(below: audience.feed.cohorts.count)
          while audience.feed.cohorts[cohort].count == 0 {
            cohort = (cohort + 1) % audience.feed.cohorts.count
          }
          let position = random.next(below: audience.feed.cohorts[cohort].count)
          let member = audience.feed.cohorts[cohort].members[position]
          let descriptor = audience.feed.cohorts[cohort].descriptors[position]
          _ = audience.feed.leave(UInt32(cohort), position: UInt32(position), in: &audience.subscriptions)
          audience.feed.join(member, descriptor: descriptor, in: &audience.subscriptions)
        }
        return audience.feed.count == subscribers ? UInt64(count) : 0
      }
    }
  }

  /// A visit of the rolling pass to one cohort, all but the call into the kernel.
  private static var visit: Piece {
    let place = Place(Audience())
    return Piece("pass_visit", "a cohort of 250 to the head, unsent", checksum: 1) { count in
      place.lend { audience in
        var sum: UInt64 = 0
        for _ in 0..<count {
          if !audience.feed.isBehind { write(to: &audience.feed) }
          guard let cohort = audience.feed.nextBehind() else { continue }
          let members = audience.feed.cohorts[cohort]
          guard var delivery = Delivery(framesOf: audience.feed.log, after: members.cursor) else { continue }
          touch(&delivery)
          if delivery.range.count == frames.bytes.count && members.count > 0 { sum &+= 1 }
          audience.feed.settle(cohort, at: 0)
          audience.feed.merge(cohort, in: &audience.subscriptions)
        }
        return sum
      }
    }
  }

  // MARK: The table

  /// One topic is opened and found, and the oldest closed.
  private static var openAndClose: Piece {
    let place = Place(Directory())
    return Piece("topic_open_close", "one of 100,000 topics opened, one closed", checksum: 1) { count in
      place.lend { state in
        while state.opened < 100_000 { open(&state) }
        var sum: UInt64 = 0
        for _ in 0..<count {
          let index = open(&state)
          if state.table.index(of: TopicID(Int64(state.opened))) == index { sum &+= 1 }
          guard let oldest = state.table.index(of: TopicID(Int64(state.opened - 100_000))) else { return 0 }
          state.table.close(oldest)
        }
        return sum
      }
    }
  }

  private struct Directory: ~Copyable {
    var table = TopicTable()
    var opened = 0
  }

  @discardableResult
  private static func open(_ state: inout Directory) -> UInt32 {
    state.opened += 1
    return state.table.open(TopicID(Int64(state.opened)), limits: limits)
  }

  private static let limits = Limits()

  // MARK: The timer wheel

  private static let slots = 100_000
  private static let tick: UInt64 = 100

  /// A connection was heard from: its deadline moves.
  private static var arm: Piece {
    Piece("timer_arm", "a new deadline for one of 100,000", checksum: 1) { count in
      var wheel = TimerWheel(tick: tick, now: 0)
      for slot in 0..<slots { wheel.arm(UInt32(slot), at: scattered(UInt32(slot), within: 45_000)) }
      var random = RandomNumbers(seed: 3)
      for _ in 0..<count {
        let slot = UInt32(random.next(below: slots))
        wheel.arm(slot, at: 45_000 + scattered(slot, within: 11_250))
      }
      // Everybody is handed out once, and nobody twice.
      guard wheel.advance(to: 60_000).count == slots else { fail("The timer wheel has lost a deadline.") }
      return UInt64(count)
    }
  }

  /// Armed, and handed out when its time has come.
  private static var handOut: Piece {
    Piece("timer_arm_advance", "a deadline armed and handed out", checksum: 1) { count in
      var wheel = TimerWheel(tick: tick, now: 0)
      var (now, done) = (UInt64(0), UInt64(0))
      var rest = count
      while rest > 0 {
        let armed = min(rest, 256)
        for slot in 0..<armed { wheel.arm(UInt32(slot), at: now + UInt64(1 + slot % 16) * tick) }
        for _ in 0..<16 {
          now += tick
          done &+= UInt64(wheel.advance(to: now).count)
        }
        rest -= armed
      }
      return done
    }
  }
}

/// Where a state that is dear to make waits between batches. Lent to one batch at a time, as its only owner.
private final class Place<State: ~Copyable> {
  private var state: State
  init(_ state: consuming State) { self.state = state }

  func lend(_ body: (inout State) -> UInt64) -> UInt64 { body(&state) }
}

/// Numbers that look random and are the same in every run (the linear congruential generator of D. Knuth's MMIX).
private struct RandomNumbers {
  private var state: UInt64
  init(seed: UInt64) { state = seed }

  mutating func next(below bound: Int) -> Int {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return Int((state >> 32).multipliedFullWidth(by: UInt64(bound) << 32).high)
  }
}
