// Follows what other nodes commit, on a thread of its own: waits, reads, and gives it to the ledger, which announces it. On the
// leading node it also gives the feed its positions; on each it wakes those who wait for the feed.
//
// Invariant: what was read is given to the ledger, however long that takes, because nobody reads it again. Until then nothing more
// is read, so no more waits here than one read brings.

import Synchronization

final class ClusterFollower: @unchecked Sendable {
  /// Without a wake-up it is read this often, in milliseconds.
  static let poll = 1_000
  /// From one read to the next at least. A busy bus tells what is watched, so the store need not be asked each time.
  static let pauseWithBus: Int64 = 250
  static let pauseAlone: Int64 = 2
  /// After failures, in milliseconds.
  static let firstRest = 50
  static let longestRest = 1_000
  /// Steps of giving positions to the feed until it is read again.
  static let stepsPerTurn = 64

  /// What metrics and the readiness tell.
  struct Standing: Sendable, Equatable {
    /// By `Clock.uptime`: when it was read last.
    var lastRead: Int64
    var reads: UInt64 = 0
    var failures: UInt64 = 0
    /// Why the last attempt failed; nil: it did not.
    var failure: String?
  }

  private struct State {
    var standing: Standing
    var isClosed = false
    var isLeading = false
    /// This node has committed something since the feed was given positions.
    var hasCommitted = false
    /// Something may have been missed.
    var isAsked = false
  }

  private let source: any ChangeSource
  private let waiters: FeedWaiters?
  private let bus: (any ClusterBus)?
  private let clock: any Clock
  private let observer: any ControlObserver
  private let state: Monitor<State>

  // MARK: The thread's own

  /// Something was committed elsewhere and is not read.
  private var isWoken = false
  private var lastRead: Int64
  private var rest = firstRest
  /// What was read and the ledger's queue did not take.
  private var pending: ForeignNews

  /// Reads for the first time, so that nothing is missed that is committed after the ledger has read its events: to be made before
  /// the ledger is.
  /// - Parameters:
  ///   - source: belongs to the follower from here on.
  ///   - bus: while it is connected, the store is read more rarely.
  init(
    _ source: Handover<any ChangeSource>, waiters: FeedWaiters?, bus: (any ClusterBus)? = nil,
    clock: any Clock, observer: any ControlObserver
  ) throws(StoreFailure) {
    (self.source, self.waiters) = (source.value, waiters)
    (self.bus, self.clock, self.observer) = (bus, clock, observer)
    lastRead = clock.uptime
    state = Monitor(State(standing: Standing(lastRead: lastRead)))
    pending = try source.value.read()
  }

  /// Any thread.
  var standing: Standing { state.withLock(\.standing) }

  /// Milliseconds since the last successful read: what happens elsewhere is known here at most so much later, as far as the bus does
  /// not tell it. Any thread.
  var lagMilliseconds: Int64 { max(0, clock.uptime - standing.lastRead) }

  /// This node has committed something. Any thread; `NodePorts.committed`.
  func committed() {
    let wakes = state.withLock { state in
      defer { state.hasCommitted = true }
      return state.isLeading && !state.hasCommitted
    }
    if wakes { source.interrupt() }
  }

  /// Reads soon, because messages of the bus may have been missed. Any thread.
  func look() {
    state.withLock { $0.isAsked = true }
    source.interrupt()
  }

  /// Any thread; `NodePorts.leads`.
  func lead(_ leads: Bool) {
    state.withLock { state in
      state.isLeading = leads
      // What the last leader has left.
      state.hasCommitted = state.hasCommitted || leads
    }
    if leads { source.interrupt() }
  }

  // MARK: The thread

  /// Until `close`.
  func run(_ ledger: any CommandSink) {
    while !state.withLock(\.isClosed) {
      do throws(StoreFailure) {
        _ = try turn(ledger, mayWait: true)
        recover()
      } catch {
        fail(error)
        sleep(rest)
        rest = min(2 * rest, Self.longestRest)
      }
    }
  }

  /// Inline: reads what there is, and gives positions; false: there was nothing.
  func pump(_ ledger: any CommandSink) -> Bool {
    do throws(StoreFailure) {
      isWoken = true
      let hasWorked = try turn(ledger, mayWait: false)
      recover()
      return hasWorked
    } catch {
      fail(error)
      return false
    }
  }

  /// Ends `run`. Any thread.
  func close() {
    state.withLock { $0.isClosed = true }
    state.notifyAll()
    source.interrupt()
  }

  /// - Returns: whether there was anything to do.
  private func turn(_ ledger: any CommandSink, mayWait: Bool) throws(StoreFailure) -> Bool {
    var hasWorked = deliver(to: ledger)
    if mayWait { try wait() }
    if clock.uptime - lastRead >= Int64(Self.poll) || takeAsked() { isWoken = true }
    var hasGrown = try sequence()
    if isWoken, pending.isEmpty, !mayWait || clock.uptime - lastRead >= pause {
      pending = try source.read()
      (isWoken, lastRead) = (false, clock.uptime)
      hasGrown = hasGrown || pending.feedHasGrown
      hasWorked = deliver(to: ledger) || hasWorked
    }
    if hasGrown { waiters?.committed() }
    return hasWorked || hasGrown
  }

  private func takeAsked() -> Bool {
    state.withLock { state in
      defer { state.isAsked = false }
      return state.isAsked
    }
  }

  private var pause: Int64 { bus?.isConnected ?? false ? Self.pauseWithBus : Self.pauseAlone }

  private func wait() throws(StoreFailure) {
    guard pending.isEmpty else { return sleep(Int(Self.pauseAlone)) }
    let since = clock.uptime - lastRead
    guard isWoken else {
      isWoken = try source.wait(milliseconds: max(1, Int(Int64(Self.poll) - since)))
      // Many commits in one moment are read at once.
      if isWoken { sleep(Int(Self.pauseAlone - (clock.uptime - lastRead))) }
      return
    }
    let left = pause - since
    if left > 0 { _ = try source.wait(milliseconds: Int(left)) }
    // Wake-ups that come meanwhile must not make it spin.
    if left > Self.pauseAlone { sleep(Int(Self.pauseAlone)) }
  }

  /// - Returns: whether the feed has grown.
  private func sequence() throws(StoreFailure) -> Bool {
    let isNeeded = state.withLock { state in
      defer { state.hasCommitted = false }
      return state.isLeading && (state.hasCommitted || isWoken)
    }
    guard isNeeded else { return false }
    var steps = 0
    do throws(StoreFailure) {
      while steps < Self.stepsPerTurn, try source.sequenceFeed() { steps += 1 }
    } catch {
      state.withLock { $0.hasCommitted = true }
      throw error
    }
    if steps == Self.stepsPerTurn { state.withLock { $0.hasCommitted = true } }
    return steps > 0
  }

  /// Gives the ledger what was read, if its queue takes it.
  private func deliver(to ledger: any CommandSink) -> Bool {
    guard !pending.isEmpty, ledger.submit(.followed(pending)) else { return false }
    pending = ForeignNews()
    return true
  }

  private func recover() {
    rest = Self.firstRest
    let now = lastRead
    let isNews = state.withLock { state in
      defer { state.standing.failure = nil }
      if state.standing.lastRead != now { state.standing.reads += 1 }
      state.standing.lastRead = now
      return state.standing.failure != nil
    }
    if isNews { observer.observe(.followingRecovered) }
  }

  private func fail(_ failure: StoreFailure) {
    isWoken = true
    let isNews = state.withLock { state in
      defer { state.standing.failure = failure.message }
      state.standing.failures += 1
      return state.standing.failure == nil
    }
    if isNews { observer.observe(.followingFailed(failure.message)) }
  }

  /// Until the time is over, or `close`.
  private func sleep(_ milliseconds: Int) {
    guard milliseconds > 0 else { return }
    _ = state.wait(milliseconds: milliseconds) { $0.isClosed ? true : nil }
  }
}

/// The follower's thread.
struct ClusterThread: Sendable {
  let follower: ClusterFollower
  private let ledger: any CommandSink
  /// Nil inline.
  private let thread: NamedThread?

  init(
    _ follower: ClusterFollower, _ ledger: any CommandSink, threads mode: Backend.Threads
  ) throws(StartFailure) {
    (self.follower, self.ledger) = (follower, ledger)
    thread = mode == .own ? try NamedThread("cluster") { follower.run(ledger) } : nil
  }

  func pump() -> Bool { thread == nil && follower.pump(ledger) }

  func close() {
    follower.close()
    thread?.join()
  }
}

extension ForeignNews {
  /// Whether there is nothing for the ledger in it.
  var isEmpty: Bool { events.isEmpty && news.isEmpty }
}
