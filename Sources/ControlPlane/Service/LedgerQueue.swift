// The ledger's queue and its thread: takes everything that waits as one batch, so batches grow with the load
// and shrink to one without it, and no timer is in the way. Inline, `pump` performs a batch on the caller's
// thread.

final class LedgerQueue: CommandSink, @unchecked Sendable {
  /// Commands of one transaction at most: bounds what one failure undoes, and how long an answer waits.
  static let batchLimit = 512
  /// A pause this long is a quiet moment.
  private static let quietMilliseconds = 200
  /// Without commands `Ledger.idle` is called this often.
  private static let watchMilliseconds = 1000

  private let queue: BoundedQueue<LedgerCommand>
  private let metrics: ControlMetrics
  let backups: BackupGate
  /// Written by `init` and `close` only, which one thread calls; nil inline.
  private var thread: NamedThread?
  /// Inline only; touched by whoever pumps.
  private(set) var ledger: Ledger?

  /// - Parameter ledger: belongs to the queue from here on.
  init(
    _ ledger: Handover<Ledger>, depth: Int, metrics: ControlMetrics, threads: Backend.Threads
  ) throws(StartFailure) {
    queue = BoundedQueue(capacity: depth)
    self.metrics = metrics
    backups = ledger.value.backups
    ledger.value.node?.more = { [queue] events, most in Self.bookings(of: events, most, in: queue) }
    guard threads == .own else {
      self.ledger = ledger.value
      return
    }
    let queue = self.queue
    thread = try NamedThread("ledger") { Self.run(ledger.value, queue, metrics) }
  }

  func submit(_ command: LedgerCommand) -> Bool {
    let isTaken = queue.offer(command)
    if !isTaken { metrics.addOverload(1) }
    return isTaken
  }

  func submit(contentsOf commands: [LedgerCommand]) -> Int {
    let taken = queue.offer(contentsOf: commands)
    if taken < commands.count { metrics.addOverload(commands.count - taken) }
    return taken
  }

  /// Commands that wait.
  var depth: Int { queue.count }

  /// Inline only: performs one batch; false: nothing waits, and nothing is due.
  func pump() -> Bool {
    var commands: [LedgerCommand] = []
    guard let ledger else { return false }
    guard queue.poll(into: &commands, most: Self.batchLimit) == .elements || ledger.isDue else {
      guard ledger.backup != nil else { return false }
      ledger.idle()
      return true
    }
    ledger.perform(commands)
    return true
  }

  /// Inline only: what the thread does in a quiet moment.
  func rest() { ledger?.idle() }

  /// Performs what waits, tidies the database and closes it.
  func close() {
    queue.close()
    while pump() {}
    ledger?.finish()
    ledger = nil
    thread?.join()
    thread = nil
  }

  /// Takes the bookings of these events from the front, up to the first command that is something else.
  private static func bookings(
    of events: Set<EventID>, _ most: Int, in queue: BoundedQueue<LedgerCommand>
  ) -> [LedgerCommand] {
    var taken: [LedgerCommand] = []
    guard most > 0, queue.poll(into: &taken, most: most) == .elements else { return [] }
    let end = taken.firstIndex { !$0.isBooking(of: events) } ?? taken.endIndex
    queue.giveBack(taken[end...])
    taken.removeSubrange(end...)
    return taken
  }

  private static func run(_ ledger: Ledger, _ queue: BoundedQueue<LedgerCommand>, _ metrics: ControlMetrics) {
    var commands: [LedgerCommand] = []
    while true {
      metrics.countLedgerTurn()
      let pause = ledger.pause(atMost: ledger.hasIdleWork ? quietMilliseconds : watchMilliseconds)
      switch queue.take(into: &commands, most: batchLimit, idleAfter: pause) {
      case .elements:
        ledger.perform(commands)
        commands.removeAll(keepingCapacity: true)
      case .idle: ledger.idle()
      case .closed: return ledger.finish()
      }
    }
  }
}

extension LedgerQueue {
  /// Submits a command of the server's own and waits for its outcome. Not from the ledger's thread.
  /// - Parameter effect: of a success; on the ledger's thread, before this returns.
  func ask<Outcome: Sendable>(
    _ effect: (@Sendable (Outcome) -> Void)? = nil, _ command: (Answering<Outcome>) -> LedgerCommand
  ) throws(DomainError) -> Outcome {
    let outcome = Monitor<Result<Outcome, DomainError>?>(nil)
    let isTaken = submit(
      command(
        .call { result in
          if case .success(let success) = result { effect?(success) }
          outcome.withLock { $0 = result }
          outcome.notifyAll()
        }))
    guard isTaken else { throw .overloaded }
    if ledger != nil { while outcome.withLock({ $0 == nil }), pump() {} }
    guard let result = outcome.wait({ $0 }) else { throw .storageUnavailable }
    return try result.get()
  }

  /// Copies the open database into a file that exists and is empty, and waits for the end of it.
  /// - Parameter meanwhile: called several times a second until then.
  /// - Returns: why it failed; nil: the copy is complete.
  func copy(to path: String, meanwhile: () -> Void = {}) -> StoreFailure? {
    let outcome = Monitor<StoreFailure??>(nil)
    let order = BackupOrder(path: path) { failure in
      outcome.withLock { $0 = .some(failure) }
      outcome.notifyAll()
    }
    guard submit(.backUp(order)) else {
      return StoreFailure(code: StoreFailure.busy, message: "too much is waiting")
    }
    if ledger != nil { while outcome.withLock({ $0 == nil }), pump() {} }
    while true {
      if let ended = outcome.wait(milliseconds: Self.meanwhileMilliseconds, { $0 }) { return ended }
      meanwhile()
    }
  }

  private static let meanwhileMilliseconds = 100
}
