// Requests that wait for the next entry of the feed (long polling), without a thread for each. The ledger counts its
// commits here; one thread reads for all who wait and answers them. Waiters are bounded, per client and in all, and each
// waits for a minute at most.
//
// Invariant: whoever waits has read the feed after the commit that it names (`seen`) or after a later one, so no commit is
// missed between the reading and the waiting.

final class FeedWaiters: Sendable {
  /// Requests that wait at most.
  static let capacity = 1_024
  static let perClient = 8
  static let longestSeconds = 60

  struct Waiter: Sendable {
    let ticket: ReplyTicket
    /// Who waits, as limits count.
    let client: UInt64
    let after: Int64
    let limit: Int
    /// `commits` from before the feed was read last.
    var seen: UInt64
    /// By `Clock.uptime`.
    var deadline: Int64
    /// False once the client's token was revoked.
    let isStillValid: @Sendable () -> Bool
    let answer: Answer<FeedAnswer>
  }

  /// Why somebody cannot wait.
  enum Refusal: Error, Equatable {
    /// The server is stopping, or everybody waits.
    case full
    case tooManyOfClient
  }

  private struct State {
    var waiters: [Waiter] = []
    /// Those that the thread has taken out to read for them.
    var taken = 0
    var commits: UInt64 = 0
    /// Whether somebody came since the thread looked at the deadlines.
    var hasNew = false
    var isClosed = false
    /// Nobody waits just now: everybody is answered with what there is.
    var isPaused = false
  }

  private let state = Monitor(State())
  private let replies: any ReplySink
  private let clock: any Clock

  init(replies: any ReplySink, clock: any Clock) { (self.replies, self.clock) = (replies, clock) }

  /// Commits so far. To be asked before the feed is read.
  var commits: UInt64 { state.withLock(\.commits) }

  /// How many wait.
  var count: Int { state.withLock { $0.waiters.count + $0.taken } }

  /// Something was committed, and readers see it. The ledger's thread, once per batch.
  func committed() {
    let wakes = state.withLock { state in
      state.commits += 1
      return !state.waiters.isEmpty
    }
    if wakes { state.notifyAll() }
  }

  /// Takes over the waiter's ticket, unless it throws.
  func add(_ waiter: Waiter) throws(Refusal) {
    let refusal = state.withLock { state -> Refusal? in
      guard !state.isClosed, state.waiters.count + state.taken < Self.capacity else { return .full }
      guard state.waiters.count(where: { $0.client == waiter.client }) < Self.perClient else {
        return .tooManyOfClient
      }
      state.waiters.append(waiter)
      state.hasNew = true
      return nil
    }
    if let refusal { throw refusal }
    state.notifyAll()
  }

  /// The client of this request may be gone, so its time is up. A request that has not come to wait yet is not known
  /// here, and waits as long as it asked for.
  func abandon(_ ticket: ReplyTicket) {
    let now = clock.uptime
    let wakes = state.withLock { state in
      guard let index = state.waiters.firstIndex(where: { $0.ticket == ticket }) else { return false }
      state.waiters[index].deadline = now
      return true
    }
    if wakes { state.notifyAll() }
  }

  // MARK: The thread

  /// Until `close`.
  func run(_ reads: any ReadStore) {
    while let due = next() {
      serve(due, reads)
    }
  }

  /// Inline: answers those for whom there may be something; false: there are none.
  func pump(_ reads: any ReadStore) -> Bool {
    let due = state.withLock { takeDue(&$0) }
    guard !due.isEmpty else { return false }
    serve(due, reads)
    return true
  }

  /// While it is paused everybody who waits, or comes to wait, is answered with what there is.
  func pause(_ isPaused: Bool) {
    state.withLock { $0.isPaused = isPaused }
    state.notifyAll()
  }

  /// Everybody who waits is answered, and nobody waits from now on.
  func close() {
    state.withLock { $0.isClosed = true }
    state.notifyAll()
  }

  /// Waits until there is somebody to read for; nil: closed, and nobody waits.
  private func next() -> [Waiter]? {
    while true {
      let pause = state.withLock { state -> Int? in
        state.hasNew = false
        let first = state.waiters.lazy.map(\.deadline).min()
        return first.map { Int(min(max(0, $0 - clock.uptime), Int64(Self.longestSeconds) * 1_000)) }
      }
      let due = state.wait(milliseconds: pause) { state -> [Waiter]? in
        let due = takeDue(&state)
        return !due.isEmpty || state.hasNew || state.isClosed ? due : nil
      }
      if let due, !due.isEmpty { return due }
      if state.withLock({ $0.isClosed && $0.waiters.isEmpty }) { return nil }
    }
  }

  private func takeDue(_ state: inout State) -> [Waiter] {
    let (now, commits, isClosed) = (clock.uptime, state.commits, state.isClosed || state.isPaused)
    let isDue = { (waiter: Waiter) in isClosed || waiter.seen != commits || waiter.deadline <= now }
    guard state.waiters.contains(where: isDue) else { return [] }
    var due = state.waiters.filter(isDue)
    state.waiters.removeAll(where: isDue)
    for index in due.indices { due[index].seen = commits }
    state.taken += due.count
    return due
  }

  /// Answers each, or lets it wait on when there is nothing for it yet.
  private func serve(_ due: [Waiter], _ reads: any ReadStore) {
    var (answered, waiting): ([TicketedReply], [Waiter]) = ([], [])
    // Most of them follow the end of the feed, and read the same.
    var last: (after: Int64, limit: Int, found: Result<FeedAnswer, DomainError>)?
    let isClosed = state.withLock { $0.isClosed || $0.isPaused }
    for waiter in due {
      let found: Result<FeedAnswer, DomainError>
      if let last, last.after == waiter.after, last.limit == waiter.limit {
        found = last.found
      } else {
        found = Self.read(waiter, reads)
        last = (waiter.after, waiter.limit, found)
      }
      let isOver = isClosed || waiter.deadline <= clock.uptime || !waiter.isStillValid()
      if case .success(.items(let items)) = found, items.isEmpty, !isOver {
        waiting.append(waiter)
      } else {
        answered.append((waiter.ticket, waiter.answer(found)))
      }
    }
    state.withLock { state in
      state.taken -= due.count
      state.waiters += waiting
    }
    if !answered.isEmpty { replies.deliver(answered) }
  }

  private static func read(_ waiter: Waiter, _ reads: any ReadStore) -> Result<FeedAnswer, DomainError> {
    do throws(DomainError) {
      return .success(try reads.feed(after: waiter.after, limit: waiter.limit))
    } catch {
      return .failure(error)
    }
  }
}

/// The thread that reads for those who wait.
final class FeedThread: Sendable {
  let waiters: FeedWaiters
  /// Nil inline.
  private let thread: NamedThread?
  /// Inline only, until `close`: an open reader would keep the writer from leaving the database tidy.
  private let inlineReads: Monitor<Handover<any ReadStore>?>

  init(
    _ waiters: FeedWaiters, _ reads: any ReadStore, threads mode: Backend.Threads
  ) throws(StartFailure) {
    self.waiters = waiters
    let own = Handover(reads)
    inlineReads = Monitor(mode == .inline ? own : nil)
    thread = mode == .own ? try NamedThread("feed") { waiters.run(own.value) } : nil
  }

  func pump() -> Bool { inlineReads.withLock { $0 }.map { waiters.pump($0.value) } ?? false }

  /// Answers those who wait, and gives the connection up.
  func close() {
    waiters.close()
    while pump() {}
    inlineReads.withLock { $0 = nil }
    thread?.join()
  }
}
