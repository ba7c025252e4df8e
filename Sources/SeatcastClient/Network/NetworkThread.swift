// The one thread of a network: it waits for sockets (epoll) and runs the jobs of the actor `Network`, whose executor it
// is, so that the compiler checks what may be touched there. Only `enqueue` and `stop` are called by other threads.
// It ends when its network is gone and its last job has run.
import CClient
import Glibc
import Synchronization

final class NetworkThread: SerialExecutor {
  private struct Queue {
    var jobs: [UnownedJob] = []
    var isStopped = false
  }

  /// A reference that does not keep the network alive; set once, before the thread starts.
  private struct Owner {
    weak var network: Network?
  }

  private let queue = Mutex(Queue())
  private let owner = Mutex(Owner())
  /// The thread's own identifier, 0 before it runs.
  private let identifier = Atomic<UInt>(0)
  /// The descriptors that are watched; belongs to the network.
  let set: Int32
  private let alarm: Int32
  /// Of the alarm among the keys of sockets.
  private static let alarmKey = UInt64.max
  private static let eventsPerTurn = 256

  init() throws(ClientError) {
    set = cc_poll_new()
    alarm = cc_wake_new()
    guard set >= 0, alarm >= 0, cc_poll_add(set, alarm, Self.alarmKey, Int32(CC_READABLE)) == 0 else {
      throw .connection("This process has no descriptor left for a network.")
    }
  }

  deinit {
    close(alarm)
    close(set)
  }

  func start(_ network: Network) {
    owner.withLock { $0.network = network }
    let body = unsafe Unmanaged.passRetained(self).toOpaque()
    var thread = pthread_t()
    let failure = unsafe pthread_create(
      &thread, nil,
      { argument in
        guard let argument = unsafe argument else { return nil }
        unsafe Unmanaged<NetworkThread>.fromOpaque(argument).takeRetainedValue().run()
        return nil
      }, body)
    precondition(failure == 0, "The system gives no thread for a network.")
    pthread_detach(thread)
  }

  /// Lets the thread end.
  func stop() {
    queue.withLock { $0.isStopped = true }
    cc_wake(alarm)
  }

  // MARK: SerialExecutor

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    queue.withLock { $0.jobs.append(job) }
    if !isIsolating { cc_wake(alarm) }
  }

  func asUnownedSerialExecutor() -> UnownedSerialExecutor { unsafe UnownedSerialExecutor(ordinary: self) }

  func checkIsolated() {
    precondition(isIsolating, "A network's state was touched on a thread other than its own.")
  }

  func isIsolatingCurrentContext() -> Bool? { isIsolating }

  private var isIsolating: Bool { identifier.load(ordering: .relaxed) == UInt(pthread_self()) }

  // MARK: The thread

  private func run() {
    identifier.store(UInt(pthread_self()), ordering: .relaxed)
    var events = [cc_event](repeating: cc_event(), count: Self.eventsPerTurn)
    while runJobs() {
      let wait = owner.withLock { $0.network }?.assumeIsolated { $0.millisecondsToDeadline } ?? -1
      let isIdle = queue.withLock { $0.jobs.isEmpty && !$0.isStopped }
      let count = unsafe cc_poll_wait(set, &events, Int32(Self.eventsPerTurn), isIdle ? wait : 0)
      if events[..<Int(count)].contains(where: { $0.key == Self.alarmKey }) { cc_wake_clear(alarm) }
      let ready = events[..<Int(count)].filter { $0.key != Self.alarmKey }
        .map { Readiness(link: $0.key, isReadable: $0.ready & 1 != 0, isWritable: $0.ready & 2 != 0) }
      owner.withLock { $0.network }?.assumeIsolated { $0.turn(ready) }
    }
  }

  /// Runs what waits; false when nothing will ever wait again.
  private func runJobs() -> Bool {
    let (jobs, isStopped) = queue.withLock { queue in
      defer { queue.jobs = [] }
      return (queue.jobs, queue.isStopped)
    }
    let own = unsafe asUnownedSerialExecutor()
    for job in jobs { unsafe job.runSynchronously(on: own) }
    return !isStopped || !(jobs.isEmpty)
  }
}

/// What the kernel says of a socket.
struct Readiness: Sendable {
  let link: UInt64
  let isReadable: Bool
  let isWritable: Bool
}
