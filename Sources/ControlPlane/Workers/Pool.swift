// Several threads that do jobs from one bounded queue, each with a context that is its own alone (a database
// connection, say). Jobs are values, and a thread takes several at a time. Inline, there are no threads: `pump` does
// one job on the caller's.
import Synchronization

final class Pool<Job: Sendable, Context>: @unchecked Sendable {
  /// Does jobs, at least one, from the front.
  /// - Returns: how many it did; the others are given to whichever thread is free.
  typealias Work = @Sendable (_ jobs: [Job], _ context: Context) -> Int

  private let queue: BoundedQueue<Job>
  private let work: Work
  private let load = Load()

  /// How much there is to do, for whoever waits until there is nothing.
  private final class Load: Sendable {
    /// Jobs that were taken and are not done.
    let unfinished = Atomic(0)
    let isPaused = Atomic(false)
  }

  /// Written by `init` and `close` only, which one thread calls.
  private var threads: [NamedThread] = []
  /// Inline only: the context of `pump`.
  private var inlineContext: Context?

  /// - Parameters:
  ///   - name: of the threads, with a number after it.
  ///   - contexts: one per thread; only the first is used inline.
  ///   - depth: jobs that may wait.
  ///   - most: jobs that a thread takes at once.
  init(
    _ name: String, contexts: [Context], depth: Int, most: Int, threads mode: Backend.Threads,
    work: @escaping Work
  ) throws(StartFailure) {
    queue = BoundedQueue(capacity: depth)
    self.work = work
    guard mode == .own else {
      inlineContext = contexts.first
      return
    }
    for (number, context) in contexts.enumerated() {
      let (queue, own, load) = (queue, Handover(context), load)
      do throws(StartFailure) {
        threads.append(
          try NamedThread("\(name)-\(number)") { Self.run(queue, own.value, most: most, load, work) })
      } catch {
        close()
        throw error
      }
    }
  }

  /// False: full, paused or closed.
  func offer(_ job: Job) -> Bool { offer(contentsOf: [job]) == 1 }

  /// - Returns: how many were taken, from the front.
  func offer(contentsOf jobs: [Job]) -> Int {
    if load.isPaused.load(ordering: .relaxed) { return 0 }
    // Counted first, so that none is done before it is counted.
    load.unfinished.add(jobs.count, ordering: .relaxed)
    let taken = queue.offer(contentsOf: jobs)
    load.unfinished.subtract(jobs.count - taken, ordering: .releasing)
    return taken
  }

  /// While it is paused no job is taken; those that were are done.
  func pause(_ isPaused: Bool) { load.isPaused.store(isPaused, ordering: .relaxed) }

  /// Whether every job that was taken is done.
  var isIdle: Bool { load.unfinished.load(ordering: .acquiring) == 0 }

  /// Jobs that wait.
  var depth: Int { queue.count }

  /// Inline only: does one job; false: there is none.
  func pump() -> Bool {
    var jobs: [Job] = []
    guard let inlineContext, queue.poll(into: &jobs, most: 1) == .elements else { return false }
    _ = work(jobs, inlineContext)
    load.unfinished.subtract(1, ordering: .releasing)
    return true
  }

  /// Does what waits, lets the threads end and gives the contexts up.
  func close() {
    queue.close()
    while pump() {}
    inlineContext = nil
    for thread in threads { thread.join() }
    threads = []
  }

  private static func run(
    _ queue: BoundedQueue<Job>, _ context: Context, most: Int, _ load: Load, _ work: Work
  ) {
    var jobs: [Job] = []
    while queue.take(into: &jobs, most: most) == .elements {
      let done = work(jobs, context)
      load.unfinished.subtract(done, ordering: .releasing)
      queue.giveBack(jobs[done...])
      jobs.removeAll(keepingCapacity: true)
    }
  }
}

/// A pool whose jobs are closures; for work that is rare and long.
extension Pool: JobQueue where Job == @Sendable () -> Void, Context == Void {
  convenience init(
    _ name: String, threads count: Int, depth: Int, mode: Backend.Threads
  ) throws(StartFailure) {
    try self.init(name, contexts: Array(repeating: (), count: count), depth: depth, most: 1, threads: mode) {
      jobs, _ in
      for job in jobs { job() }
      return jobs.count
    }
  }
}
