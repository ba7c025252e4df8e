// Several threads that do jobs from one bounded queue, each with a context that is its own alone (a database
// connection, say). Inline, there are no threads: `pump` does one job on the caller's.

final class Pool<Context>: @unchecked Sendable {
  typealias Job = @Sendable (Context) -> Void

  private let queue: BoundedQueue<Job>
  /// Written by `open` and `close` only, which one thread calls.
  private var threads: [NamedThread] = []
  /// Inline only: the context of `pump`.
  private var inlineContext: Context?

  /// - Parameters:
  ///   - name: of the threads, with a number after it.
  ///   - contexts: one per thread; only the first is used inline.
  init(
    _ name: String, contexts: [Context], depth: Int, threads mode: Backend.Threads
  ) throws(StartFailure) {
    queue = BoundedQueue(capacity: depth)
    guard mode == .own else {
      inlineContext = contexts.first
      return
    }
    for (number, context) in contexts.enumerated() {
      let queue = self.queue
      let own = Handover(context)
      do throws(StartFailure) {
        threads.append(try NamedThread("\(name)-\(number)") { Self.work(queue, own.value) })
      } catch {
        close()
        throw error
      }
    }
  }

  /// False: full or closed.
  func offer(_ job: @escaping Job) -> Bool { queue.offer(job) }

  /// Jobs that wait.
  var depth: Int { queue.count }

  /// Inline only: does one job; false: there is none.
  func pump() -> Bool {
    guard let inlineContext, case .elements(let jobs) = queue.poll(most: 1) else { return false }
    for job in jobs { job(inlineContext) }
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

  private static func work(_ queue: BoundedQueue<Job>, _ context: Context) {
    while case .elements(let jobs) = queue.take(most: 1) {
      for job in jobs { job(context) }
    }
  }
}

extension Pool: JobQueue where Context == Void {
  func offer(_ job: @escaping @Sendable () -> Void) -> Bool { queue.offer { _ in job() } }
}
