// Gives the service manager a sign of life as long as the ledger's thread and every loop make progress, and none when one of
// them is stuck: the manager then ends the process and starts it anew. A thread of its own.
import ControlPlane
import Glibc
import Synchronization

final class Watchdog: Sendable {
  /// One thread that is watched.
  struct Heart: Sendable {
    let name: String
    /// A number that grows while the thread makes progress, idle or not. Any thread; never blocks.
    let beats: @Sendable () -> UInt64
  }

  /// Idle loops count ten times a second and the ledger once, so a shorter patience would judge by chance.
  private static let leastPatience: Int64 = 2_500

  private let hearts: [Heart]
  private let notifier: ServiceNotifier
  private let log: Log
  private let patience: Int64
  /// Milliseconds between two looks.
  private let interval: Int64
  private let isOver = Atomic(false)

  /// - Parameter microseconds: the manager's own patience; ours is half of it, and a sign is given four times as often.
  init(_ hearts: [Heart], every microseconds: Int64, notifier: ServiceNotifier, log: Log) {
    (self.hearts, self.notifier, self.log) = (hearts, notifier, log)
    patience = max(Self.leastPatience, microseconds / 2_000)
    interval = max(20, microseconds / 4_000)
  }

  func start() throws(StartFailure) {
    _ = try NamedThread("watchdog") { self.run() }
  }

  /// No sign is given and nothing is reported from now on; the manager's time limit for stopping takes over.
  func stop() { isOver.store(true, ordering: .relaxed) }

  private func run() {
    var (heartbeats, stuck) = (Heartbeats(patience: patience), [Int]())
    while !isOver.load(ordering: .relaxed) {
      let now = heartbeats.judge(hearts.map { $0.beats() }, at: Self.milliseconds)
      if now.isEmpty { notifier.feedWatchdog() }
      if now != stuck { report(now) }
      stuck = now
      usleep(UInt32(clamping: interval * 1_000))
    }
  }

  private func report(_ stuck: [Int]) {
    guard !isOver.load(ordering: .relaxed) else { return }
    let names = stuck.map { hearts[$0].name }.joined(separator: " ")
    if stuck.isEmpty {
      log.write(LogEntry(.info, "all threads make progress again"))
      notifier.tell("All threads make progress again")
    } else {
      log.write(LogEntry(.error, "threads make no progress", ["threads": names]))
      notifier.tell("No progress: \(names)")
    }
  }

  private static var milliseconds: Int64 {
    var time = timespec()
    unsafe clock_gettime(CLOCK_MONOTONIC, &time)
    return Int64(time.tv_sec) * 1_000 + Int64(time.tv_nsec) / 1_000_000
  }
}
