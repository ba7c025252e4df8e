// What a rehearsal sees while it runs: attempts, viewers' logs, latencies and progress, gathered from all tasks behind one
// lock. Its size is bounded by the plan.
import Glibc
import SeatcastClient
import Synchronization

final class RehearsalRecorder: Sendable {
  struct Progress: Sendable, Equatable {
    var finished = 0
    var bookings = 0
    var refused: [String: Int] = [:]
    var retries = 0
    /// Of the retries, those after a 429.
    var limited = 0
    var unknown = 0
    var cancelled = 0
  }

  private struct State {
    var attempts: [BookingAttempt] = []
    var progress = Progress()
    var booking = LatencyHistogram()
    /// When bookings were answered, in microseconds of `now`.
    var bookedAt: [Int64] = []
    var viewers: [ViewerLog]
    var screen = LatencyHistogram()
    var lost = 0
    var resumed = 0
    var conflated = 0
    /// Whether the rush is on: notices before and after it are no part of the latency.
    var isMeasuring = false
  }

  private let state: Mutex<State>

  init(viewers: Int) {
    state = Mutex(State(viewers: (0..<viewers).map { ViewerLog(name: "viewer \($0 + 1)") }))
  }

  /// Microseconds of a clock that nobody sets.
  static var now: Int64 {
    var time = timespec()
    unsafe clock_gettime(CLOCK_MONOTONIC, &time)
    return Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1_000
  }

  var progress: Progress { state.withLock { $0.progress } }

  func begin() { state.withLock { $0.isMeasuring = true } }

  // MARK: Users

  /// - Parameter latency: of the request that was answered, in microseconds.
  func record(_ attempt: BookingAttempt, latency: Int64) {
    state.withLock { state in
      state.attempts.append(attempt)
      state.progress.finished += 1
      switch attempt.outcome {
      case .acknowledged:
        state.progress.bookings += 1
        state.booking.record(microseconds: latency)
        state.bookedAt.append(attempt.answeredAt)
      case .refused(let kind): state.progress.refused[kind, default: 0] += 1
      case .unknown: state.progress.unknown += 1
      }
    }
  }

  /// - Parameter isLimited: a rate limit was the reason.
  func recordRetry(isLimited: Bool) {
    state.withLock { state in
      state.progress.retries += 1
      if isLimited { state.progress.limited += 1 }
    }
  }

  func recordCancellation() { state.withLock { $0.progress.cancelled += 1 } }

  // MARK: Viewers

  func record(_ event: FeedEvent, of viewer: Int) {
    state.withLock { state in
      switch event {
      case .live(let seq, let epoch, let recovered, let count, _, _):
        if recovered == true { state.resumed += 1 }
        state.viewers[viewer].entries.append(
          .greeting(
            seq: seq, epoch: epoch, isResumed: recovered == true && count == nil, count: count.map(Self.count)
          ))
      case .notice(let notice, let at):
        state.viewers[viewer].entries.append(
          .notice(from: notice.fromSeq, seq: notice.seq, count: Self.count(notice.count)))
        if notice.standsForMany { state.conflated += 1 }
        if state.isMeasuring { state.screen.record(microseconds: (at - notice.committedAt) * 1_000) }
      case .offer: break
      case .lost: state.lost += 1
      }
    }
  }

  private static func count(_ count: SeatCount) -> ViewerLog.Count {
    ViewerLog.Count(availableSeats: count.availableSeats, seatCapacity: count.seatCapacity)
  }

  /// How many viewers have been greeted.
  var greeted: Int { state.withLock { $0.viewers.count { !$0.entries.isEmpty } } }

  /// How many of those who were greeted have been told of `seq` or a later change.
  func reached(_ seq: UInt64) -> Int {
    state.withLock { state in
      state.viewers.count { viewer in
        switch viewer.entries.last {
        case .greeting(let last, _, _, _)?, .notice(_, let last, _)?: last >= seq
        case nil: false
        }
      }
    }
  }

  // MARK: Result

  struct Result: Sendable {
    var progress = Progress()
    var attempts: [BookingAttempt] = []
    var viewers: [ViewerLog] = []
    var booking = LatencyHistogram()
    var screen = LatencyHistogram()
    var bookedAt: [Int64] = []
    var lost = 0
    var resumed = 0
    var conflated = 0
  }

  /// Viewers who never got a connection are not among those that are checked.
  var result: Result {
    state.withLock { state in
      Result(
        progress: state.progress, attempts: state.attempts,
        viewers: state.viewers.filter { !$0.entries.isEmpty }, booking: state.booking, screen: state.screen,
        bookedAt: state.bookedAt, lost: state.lost, resumed: state.resumed, conflated: state.conflated)
    }
  }
}
