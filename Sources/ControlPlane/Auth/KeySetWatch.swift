// Looks at the file of another system's keys from time to time, and soon after a token came whose key is not known, on a
// thread of its own: whoever verifies tokens never reads files.

final class KeySetWatch: Sendable {
  /// How often the file is looked at when nobody asks, and at most.
  static let interval = 60_000
  static let shortestInterval = 1_000

  private struct State: Sendable {
    var isAsked = false
    var isClosed = false
  }
  private let state = Monitor(State())
  private let look: @Sendable () -> Void

  init(_ look: @escaping @Sendable () -> Void) { self.look = look }

  /// A look is due. Any thread; does not wait for it.
  func ask() {
    let isNews = state.withLock { state in
      defer { state.isAsked = true }
      return !state.isAsked
    }
    if isNews { state.notifyAll() }
  }

  /// Looks until `close`. The watch's thread.
  func run(interval: Int = interval, shortestInterval: Int = shortestInterval) {
    while !pause(interval, untilAsked: true) {
      _ = takeQuestion()
      look()
      if pause(shortestInterval, untilAsked: false) { return }
    }
  }

  /// Without a thread: looks when that is due; false: it is not.
  func pump() -> Bool {
    guard takeQuestion() else { return false }
    look()
    return true
  }

  func close() {
    state.withLock { $0.isClosed = true }
    state.notifyAll()
  }

  /// Before the look: who asks while it lasts asks for another one.
  private func takeQuestion() -> Bool {
    state.withLock { state in
      defer { state.isAsked = false }
      return state.isAsked
    }
  }

  /// - Returns: whether the watch is closed.
  private func pause(_ milliseconds: Int, untilAsked: Bool) -> Bool {
    state.wait(milliseconds: milliseconds) { state in
      state.isClosed ? true : untilAsked && state.isAsked ? false : nil
    } ?? false
  }
}

/// The watch's thread.
struct KeySetThread: Sendable {
  private let watch: KeySetWatch
  /// Nil inline.
  private let thread: NamedThread?

  init(_ watch: KeySetWatch, threads mode: Backend.Threads) throws(StartFailure) {
    self.watch = watch
    thread = mode == .own ? try NamedThread("keys") { watch.run() } : nil
  }

  func pump() -> Bool { watch.pump() }

  func close() {
    watch.close()
    thread?.join()
  }
}
