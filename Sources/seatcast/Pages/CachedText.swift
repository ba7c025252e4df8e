// A text that is expensive to render and may be slightly out of date: rendered at most once per lifetime. Any thread;
// while one thread renders, others get the previous text instead of waiting.
import Glibc
import Synchronization

final class CachedText: Sendable {
  private struct State {
    var text = ""
    /// When the text must be rendered again, in the clock's milliseconds.
    var staleAt: UInt64 = 0
  }

  private let lifetime: UInt64
  private let now: @Sendable () -> UInt64
  private let make: @Sendable () -> String
  private let state = Mutex(State())

  /// - Parameters:
  ///   - lifetime: milliseconds for which a text is reused.
  ///   - now: monotonic milliseconds.
  init(
    lifetime: UInt64, now: @escaping @Sendable () -> UInt64 = CachedText.monotonic,
    make: @escaping @Sendable () -> String
  ) {
    (self.lifetime, self.now, self.make) = (lifetime, now, make)
  }

  var text: String {
    let moment = now()
    let kept = state.withLock { state -> String? in
      guard moment >= state.staleAt else { return state.text }
      // Other threads keep getting the previous text while this one renders. Before the first text there is none, so
      // every thread that asks renders its own.
      if !state.text.isEmpty { state.staleAt = moment + lifetime }
      return nil
    }
    if let kept { return kept }
    let made = make()
    state.withLock { $0 = State(text: made, staleAt: moment + lifetime) }
    return made
  }

  static let monotonic: @Sendable () -> UInt64 = {
    var time = timespec()
    _ = unsafe clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt64(time.tv_sec) * 1_000 + UInt64(time.tv_nsec) / 1_000_000
  }
}
