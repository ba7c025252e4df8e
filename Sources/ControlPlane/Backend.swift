// The control plane's one public entry: requests, watches and tokens come in here; answers and notices leave
// through the two sinks. Every function may be called from any thread and never blocks on disk, unless it
// says so. Backend+Open.swift puts the plane together.

import Synchronization

public final class Backend: Sendable {
  let database: any Storage
  let threads: ControlThreads
  let endpoints: Endpoints
  let keys: KeyReader
  let ports: ControlPorts
  let nodes: ClusterStatus
  private let takesIn = Atomic(true)

  public enum Threads: Sendable {
    /// Workers, hashers and the ledger run on threads of the plane.
    case own
    /// Simulation: nothing runs until `pump()`, which runs on the caller's thread.
    case inline
  }

  /// What `open` has put together.
  init(
    _ database: any Storage, _ threads: ControlThreads, _ endpoints: Endpoints, _ keys: KeyReader,
    _ ports: ControlPorts, _ nodes: ClusterStatus
  ) {
    (self.database, self.threads, self.nodes) = (database, threads, nodes)
    (self.endpoints, self.keys, self.ports) = (endpoints, keys, ports)
  }

  // MARK: What comes in

  /// The answers go to the `ReplySink`, one for each request that was taken.
  /// - Returns: how many were taken, from the front; fewer when the queue is full, none when the intake is stopped.
  public func offer(_ requests: [Request]) -> Int {
    guard takesIn.load(ordering: .relaxed) else { return 0 }
    let taken = threads.workers.offer(contentsOf: requests)
    threads.metrics.addRequests(taken: taken, turnedAway: requests.count - taken)
    return taken
  }

  /// The asker of a request may be gone. What waits for the feed is answered at once and gives its place to others.
  public func abandon(_ ticket: ReplyTicket) { threads.feed.waiters.abandon(ticket) }

  /// Answered by `NoticeSink.grant`, in order with the announcements.
  /// - Returns: false when the queue is full; ask again later.
  public func watch(_ event: EventID, by watcher: Watcher) -> Bool {
    ledger.submit(.watch(event, watcher))
  }

  /// Answered by `NoticeSink.released`, in order with the announcements.
  /// - Returns: false when the queue is full; ask again later.
  public func unwatch(_ event: EventID, by watcher: Watcher) -> Bool {
    ledger.submit(.unwatch(event, watcher))
  }

  /// The notices with `after < seq <= through`: all of them go to `NoticeSink.history`, or none when they are
  /// more than the limit or cannot be read.
  /// - Returns: false when the queue is full; nothing will come.
  public func history(
    of event: EventID, for audience: Audience = .authenticated, after: UInt64, through: UInt64,
    ticket: ReplyTicket
  ) -> Bool {
    threads.recalls.offer(
      Recall(event: event, audience: audience, after: after, through: through, ticket: ticket))
  }

  /// Any thread; no I/O.
  public func verify(_ token: [UInt8]) -> TokenVerdict { endpoints.verifier.verify(token) }

  /// What a one-use token for a connection stands for; nil: it is not good. For a server by itself; with other nodes none is
  /// (`redeemsLater`). Any thread; no I/O.
  public func redeem(_ connectionToken: [UInt8]) -> ConnectionGrant? {
    redeemsLater ? nil : endpoints.verifier.redeemHere(connectionToken)
  }

  /// Whether tokens for connections are in the store, which has to be asked.
  public var redeemsLater: Bool { threads.redeemers != nil }

  /// Asks the store what a one-use token for a connection stands for. Any thread; no I/O.
  /// - Parameter then: called once, on a thread of the plane's; must not block for long.
  /// - Returns: false: too many wait, and `then` is not called.
  public func redeem(
    _ connectionToken: [UInt8], then: @escaping @Sendable (Redemption) -> Void
  ) -> Bool {
    guard let redeemers = threads.redeemers else { return false }
    return redeemers.offer { [verifier = endpoints.verifier] in
      do throws(DomainError) {
        guard let grant = try verifier.redeem(connectionToken) else { return then(.bad) }
        then(.good(grant) { verifier.trusts(grant.principal) })
      } catch {
        then(.unknown)
      }
    }
  }

  /// Takes these secrets, the ones kept in the data folder and the file of public keys from now on. What was signed by a
  /// key that is none of them is refused at once. When this fails, the keys stay as they are. Blocks.
  /// - Parameter secret: nil: the one that is kept in the data folder.
  public func reloadKeys(secret: [UInt8]?, previous: PreviousSecret?) throws(StartFailure) {
    try keys.reload(secret: secret, previous: previous)
  }

  /// Other limits hold from now on, and anybody may make a local account or not. Any thread; no I/O.
  public func use(_ limits: AdmissionLimits, registration: Bool) {
    endpoints.admission.use(limits)
    endpoints.policy.registration = registration
  }

  // MARK: Other nodes

  /// A message of another node came by the bus. Any thread; no I/O. What finds no room is told by the database.
  public func hear(_ message: [UInt8]) {
    guard let heard = threads.peers?.codec.read(message) else { return }
    _ = ledger.submit(.heard(heard))
  }

  /// Messages of the bus may have been missed: the database is asked at once. Any thread.
  public func lookAround() { threads.peers?.thread.follower.look() }

  /// Where the database is, for people.
  public var storeDescription: String { nodes.store.address }

  /// Who watches through other nodes; nil: there are none.
  public var remoteAudiences: (any RemoteAudiences)? { nodes.registry }

  /// Where this server can be reached, for `GET /api/cluster`.
  public func serves(at address: String) { nodes.serves(at: address) }

  // MARK: What can be seen

  /// Names this database: changes only when it is made anew or restored.
  public var epoch: String { database.epoch }

  /// False while the disk takes no writes, and after `stopIntake`.
  public var isReady: Bool { unreadiness == nil }

  /// Why requests should go to another server, for anybody; nil: they need not.
  public var unreadiness: String? {
    takesIn.load(ordering: .relaxed) ? threads.metrics.storeFailure : "the server is stopping"
  }

  /// Grows by one each second at least while the ledger's thread makes progress.
  public var ledgerTurns: UInt64 { threads.metrics.ledgerTurns }

  /// The object of `GET /api/server/stats`; nil: there is no data plane. Any thread; no I/O but the process' own numbers.
  public func stats() -> [UInt8]? { endpoints.status.stats() }

  public func counters() -> ControlCounters {
    var counters = threads.metrics.snapshot
    counters.requestsWaiting = threads.workers.depth
    counters.commandsWaiting = ledger.depth
    counters.passwordsWaiting = threads.hashers.depth + threads.registrars.depth
    counters.backupAgeSeconds = counters.lastBackup.map {
      max(0, ports.clock.now.milliseconds - $0.milliseconds) / 1_000
    }
    counters.rateLimited = endpoints.admission.refusals
    counters.auditOmitted = endpoints.audit.omittedCount
    counters.feedWaiting = threads.feed.waiters.count
    counters.clockOffsetMilliseconds = (ports.clock as? SharedClock)?.offset
    counters.nodes = nodes.counts
    if let recorder = threads.record?.recorder {
      let standing = recorder.current
      (counters.recordHeads, counters.recordFailures) = (standing.heads, standing.failures)
      (counters.recordEntries, counters.recordLagSeconds) = (standing.size, recorder.lagSeconds)
    }
    return counters
  }

  var ledger: LedgerQueue { threads.ledger }
  var tokens: any TokenIssuing { endpoints.tokens }

  /// A read-only view for the starting thread. Touches the disk.
  func openReader() throws(StartFailure) -> any ReadStore { try database.openReader() }

  // MARK: The end

  /// `offer` takes nothing more; what was taken is still done. A backup that is being copied fails.
  public func stopIntake() {
    takesIn.store(false, ordering: .relaxed)
    ledger.backups.shut()
  }

  /// Does and answers everything that was taken, commits it, checkpoints and closes the database, ends the
  /// threads and lets the data folder go. Blocks; once, by one thread, and not by one of the plane's.
  public func close() {
    stopIntake()
    threads.close()
    database.folder.release()
  }

  /// Inline only: does one unit of work; false when there is none.
  public func pump() -> Bool {
    threads.workers.pump() || threads.recalls.pump() || threads.feed.pump() || threads.hashers.pump()
      || threads.registrars.pump()
      || ledger.pump() || (threads.keys?.pump() ?? false)
  }
}
