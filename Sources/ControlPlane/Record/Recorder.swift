// Seals the record: makes the entries of what was committed since the last seal, computes their links, signs a head and
// has the ledger keep both. The chain is a function of committed rows and their order, so nothing of this is on a booking's
// way, and after a crash what was not sealed is sealed again from the rows. A head is told to others only after its
// commit. A thread of its own, which works once a second when there was a commit; commands that seal at once come from
// threads that may block.

import Glibc

final class Recorder: Sendable {
  /// Milliseconds from one look to the next.
  static let interval = 1_000
  /// Seals that are made at most when the server stops.
  private static let lastSeals = 16

  /// What others are told.
  struct Standing: Sendable {
    /// The newest signed note; nil: there is none yet.
    var head: String?
    var key: RecordPublicKey?
    /// Entries that the head covers.
    var size: UInt64 = 0
    /// Heads that this process signed.
    var heads: UInt64 = 0
    var failures: UInt64 = 0
    /// Commits (`FeedWaiters.commits`) that are looked at.
    fileprivate var seen: UInt64?
    /// By `Clock.uptime`: when there was nothing left to seal.
    fileprivate var caughtUp: Int64 = 0
    fileprivate var isClosed = false
    fileprivate var hasFailed = false
  }

  private let standing: Monitor<Standing>
  /// Nil after `close`: an open reader would keep the writer from leaving the database tidy.
  private let sealer: Monitor<Sealer?>
  private let commits: @Sendable () -> UInt64
  private let canWrite: @Sendable () -> Bool
  private let leads: @Sendable () -> Bool
  private let clock: any Clock
  private let observer: any ControlObserver

  /// - Parameters:
  ///   - sealer: belongs to the recorder from here on.
  ///   - commits: how many there were so far.
  ///   - canWrite: whether the disk takes writes, as far as is known; the thread tries nothing while it does not.
  ///   - leads: whether this process seals for all nodes of the database; others learn of its heads.
  init(
    _ sealer: Handover<Sealer>, commits: @escaping @Sendable () -> UInt64,
    canWrite: @escaping @Sendable () -> Bool = { true },
    leads: @escaping @Sendable () -> Bool = { true }, clock: any Clock, observer: any ControlObserver
  ) {
    self.sealer = Monitor(sealer.value)
    (self.commits, self.canWrite, self.leads) = (commits, canWrite, leads)
    (self.clock, self.observer) = (clock, observer)
    var standing = Standing()
    standing.head = sealer.value.last?.head
    standing.key = sealer.value.key.publicKey
    standing.size = sealer.value.last?.size ?? 0
    standing.caughtUp = clock.uptime
    self.standing = Monitor(standing)
  }

  /// Any thread.
  var current: Standing { standing.withLock { $0 } }

  /// Seconds for which something has been committed that no head covers; 0: nothing.
  var lagSeconds: Int64 {
    let (seen, since) = standing.withLock { ($0.seen, $0.caughtUp) }
    return seen == commits() ? 0 : max(0, clock.uptime - since) / 1_000
  }

  // MARK: Sealing

  /// Seals everything that is committed by now, and the rest of it when a head cannot be kept at the next occasion.
  /// - Returns: why it failed; nil: a head covers everything.
  func seal() -> String? { seal(rests: false) { true } }

  /// - Parameters:
  ///   - rests: whether to rest as long as a full seal took before the next: what an older database has may be much, and
  ///     bookings need the processor.
  ///   - goesOn: asked before each seal.
  private func seal(rests: Bool, while goesOn: () -> Bool) -> String? {
    let seen = commits()
    let failure = sealer.withLock { sealer -> String? in
      guard sealer != nil else { return Self.closed }
      do throws(RecordFailure) {
        var (begun, size) = (clock.nanoseconds, sealer?.last?.size ?? 0)
        while goesOn(), let seal = try sealer?.sealNext(at: clock.now) {
          publish(seal)
          let now = clock.nanoseconds
          if rests, seal.size - size >= Sealer.entriesPerSeal { Self.rest(now - min(begun, now)) }
          (begun, size) = (clock.nanoseconds, seal.size)
        }
        return nil
      } catch {
        return error.description
      }
    }
    note(failure, seen)
    return failure
  }

  /// Seals everything, and then what hands over to a new key, whose head is the newest from then on.
  /// - Returns: why it failed; nil: the new key signs.
  func rotate() -> String? {
    if let failure = seal() { return failure }
    return sealer.withLock { sealer -> String? in
      guard sealer != nil else { return Self.closed }
      do throws(RecordFailure) {
        if let seal = try sealer?.rotate(at: clock.now) { publish(seal) }
        return nil
      } catch {
        return error.description
      }
    }
  }

  private static func rest(_ nanoseconds: UInt64) {
    usleep(UInt32(clamping: min(nanoseconds, 1_000_000_000) / 1_000))
  }

  private static let closed = "the server is stopping"

  private func publish(_ seal: RecordSeal) {
    standing.withLock { standing in
      (standing.head, standing.key, standing.size) = (seal.head, seal.key, seal.size)
      standing.heads += 1
    }
  }

  private func note(_ failure: String?, _ seen: UInt64) {
    let isNews = standing.withLock { standing -> Bool in
      defer { standing.hasFailed = failure != nil }
      guard failure != nil else {
        (standing.seen, standing.caughtUp) = (seen, clock.uptime)
        return false
      }
      standing.failures += 1
      return !standing.hasFailed
    }
    if isNews, let failure { observer.observe(.internalFailure("sealing the record: \(failure)")) }
  }

  /// Takes over the newest head, which another node has signed.
  /// - Returns: whether it is known.
  func follow() -> Bool {
    let seen = commits()
    let head = sealer.withLock { sealer -> RecordSeal?? in
      guard sealer != nil, (try? sealer?.refresh()) != nil else { return nil }
      return .some(sealer?.last)
    }
    guard let head else { return false }
    standing.withLock { standing in
      (standing.head, standing.size) = (head?.head, head?.size ?? 0)
      if let head { standing.key = head.key }
      (standing.seen, standing.caughtUp) = (seen, clock.uptime)
    }
    return true
  }

  // MARK: The thread

  /// Until `close`. Seals once a second when something was committed; the last time when the server stops.
  func run() {
    var led = leads()
    while true {
      let leads = self.leads()
      // Whoever begins to lead knows of no commit that is sealed.
      if leads, !led { standing.withLock { $0.seen = nil } }
      led = leads
      if !leads {
        _ = follow()
      } else if canWrite(), standing.withLock(\.seen) != commits() {
        _ = seal(rests: true) { !standing.withLock(\.isClosed) }
      }
      if standing.wait(milliseconds: Self.interval, { $0.isClosed ? true : nil }) == true { break }
    }
  }

  /// Ends `run`.
  func stop() {
    standing.withLock { $0.isClosed = true }
    standing.notifyAll()
  }

  /// Seals what is left, unless that is so much that it would hold up the end, and gives the connection up. After everything
  /// that commits, and before the ledger ends.
  func close() {
    var left = Self.lastSeals
    if leads() {
      _ = seal(rests: false) {
        left -= 1
        return left >= 0
      }
    }
    sealer.withLock { $0 = nil }
  }
}

/// The recorder's thread.
struct RecordThread: Sendable {
  let recorder: Recorder
  /// Nil inline, where heads are made when somebody asks.
  private let thread: NamedThread?

  init(_ recorder: Recorder, threads mode: Backend.Threads) throws(StartFailure) {
    self.recorder = recorder
    thread = mode == .own ? try NamedThread("record") { recorder.run() } : nil
  }

  func close() {
    guard let thread else { return recorder.discard() }
    recorder.stop()
    thread.join()
    recorder.close()
  }
}

extension Recorder {
  /// Gives the connection up without another head.
  fileprivate func discard() { sealer.withLock { $0 = nil } }
}

/// Why a head could not be made or kept.
struct RecordFailure: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) { self.description = description }
}
