// Puts the control plane together: folder, database, ledger, pools, and the endpoints on top.

extension Backend {
  public struct Configuration: Sendable {
    /// Made when it is missing.
    public var dataFolder: String
    /// Signs tokens; nil: made once and kept in the data folder.
    public var secret: [UInt8]?
    /// Signed tokens before `secret` did.
    public var previousSecret: PreviousSecret?
    /// File with the public keys of another system (RFC 7517), which then signs its tokens with those and not with a
    /// secret. Read again when it changes.
    public var keySetFile: String?
    public var accounts = Accounts.local
    /// Whether anybody may make a local account.
    public var registration = true
    /// What `aud` must name; nil: `seatcast`. Tokens without `aud` are refused only where another system issues them
    /// and an audience is configured.
    public var audience: String?
    public var identity = BroadcastIdentity.full
    /// Whether event streams are open to whoever shows no token.
    public var watchIsPublic = false
    public var passwordCost = PasswordCost.interactive
    /// Nothing is limited unless it is said.
    public var limits = AdmissionLimits()
    /// Threads that route requests and read.
    public var workers = 2
    /// Threads that hash passwords for log-ins; each needs 16 MiB while it does. One more does for registrations.
    public var hashers = 1
    /// Requests and commands that may wait, each.
    public var queueDepth = 4096
    /// Notices that `history` gives at most.
    public var historyLimit = 1000
    /// Milliseconds for which entries of the feed are kept.
    public var feedKept: Int64 = Retention().feed
    /// Milliseconds for which the audit log has addresses and failed log-ins.
    public var addressesKept: Int64 = Retention().addresses
    /// Of a PostgreSQL database that several nodes share; nil: SQLite in the data folder.
    public var store: String?
    /// This server's name among the nodes.
    public var node = "server"
    /// Of the program, for other nodes.
    public var version = ""
    /// The fast way between nodes; nil: they learn of each other by the database alone.
    public var bus: (any ClusterBus)?
    /// Whether a missing database is made, and one of an older version is brought up to date.
    var upgradesDatabase = true
    /// How SQLite reaches files; nil: as it does by default. Tests have others.
    var vfs: String?
    /// What stands between the ledger and the database; nil: nothing. Tests have doubles.
    var wrapsStore: (@Sendable (SQLiteBookingStore) -> any BookingStore)?

    public init(dataFolder: String) { self.dataFolder = dataFolder }
  }

  /// Takes the data folder for this process alone, opens or creates the database and starts the threads.
  /// Blocks.
  public static func open(
    _ configuration: Configuration, notices: any NoticeSink, replies: any ReplySink,
    observer: any ControlObserver, clock: any Clock = SystemClock(),
    identifiers: any IdentifierSource = SystemRandom(), insight: (any ServerInsight)? = nil,
    threads: Threads = .own
  ) throws(StartFailure) -> Backend {
    let folder = try DataFolder(configuration.dataFolder)
    let keys = try KeyReader(configuration, folder, observer: observer)
    let watch = configuration.keySetFile.map { _ in KeySetWatch { keys.readChangedFile() } }
    let opened = try OpenStore(configuration, folder, identifiers, clock)
    let (database, writer) = (opened.database, opened.writer)
    let clock = opened.nodes?.clock ?? clock
    let ports = ControlPorts(
      notices: notices, replies: replies, observer: observer, clock: clock, identifiers: identifiers)
    let revocations = try migrateAccounts(
      writer, configuration.accounts, folder, adopts: configuration.upgradesDatabase)
    keys.whenReplaced { ends, trusted in
      revocations.replaceKeys(removed: ends.filter { $0.at == nil }.map(\.key), trusted: trusted)
      for end in ends { notices.end(key: end.key, at: end.at ?? Timestamps.earliest) }
    }
    let services = ServiceTokenAuthority(keys.keys, try serviceTokens(writer, clock), clock: clock)
    let texts = NoticeEncoder(identity: configuration.identity, epoch: database.epoch)
    let builder = ControlThreadsBuilder(
      configuration: configuration, database: database, ports: ports, texts: texts,
      encoder: OutcomeReplies(observer: observer), waiters: FeedWaiters(replies: replies, clock: clock),
      mode: threads)
    let registry = opened.nodes.map {
      NodeRegistry($0.report(configuration), clock: $0.clock, observer: observer)
    }
    let peers = try opened.nodes.map { access throws(StartFailure) in
      try PeerParts(access, registry, revocations, services.tokens, database.epoch, builder)
    }
    let ledger = try builder.ledger(opened.wrapped(by: configuration.wrapsStore), peers?.ports)
    let record = try builder.record(
      ledger, folder, makesKey: configuration.upgradesDatabase, leads: peers.map { $0.lead })
    let (hashers, registrars) = (try builder.hashers(), try builder.registrars())
    let accounts = AccountService(
      ledger: ledger, replies: replies, hashing: hashers, registering: registrars,
      hasher: ScryptHasher(cost: configuration.passwordCost), revocations: revocations, notices: notices)
    let nodes = ClusterStatus(
      opened, registry: registry, configuration, keys, insight, builder.metrics, peers, ports.clock)
    let endpoints = Endpoints(
      configuration,
      TokenParts(keys, watch, revocations, services, configuration, ports, opened.nodes?.tokens),
      accounts, builder.events, ports, builder.waiters,
      ServerEndpoints(status: ServerStatus(insight: insight, clock: clock), nodes: nodes),
      RecordEndpoints { record?.recorder.current }, epoch: database.epoch)
    let workers = try builder.workers(endpoints.handler, ledger)
    let backend = Backend(
      database,
      ControlThreads(
        ledger: ledger, workers: workers, recalls: try builder.recalls(), hashers: hashers,
        registrars: registrars, keys: try builder.keyWatch(watch),
        redeemers: try builder.redeemers(opened.nodes?.tokens),
        nodes: try builder.nodes(registry, opened.nodes?.board),
        peers: try builder.peers(peers, ledger), feed: try builder.feed(), record: record,
        metrics: builder.metrics),
      endpoints, keys, ports, nodes)
    endpoints.status.count { [weak backend] in backend?.counters() ?? .none }
    return backend
  }

  private static func serviceTokens(
    _ writer: any StartStore, _ clock: any Clock
  ) throws(StartFailure) -> ServiceTokens {
    do throws(StoreFailure) {
      return ServiceTokens(try writer.records.serviceTokens(at: clock.now))
    } catch {
      throw StartFailure("cannot read the service tokens: \(error)")
    }
  }

  private static func migrateAccounts(
    _ writer: any StartStore, _ accounts: Accounts, _ folder: DataFolder, adopts: Bool
  ) throws(StartFailure) -> Revocations {
    do throws(StoreFailure) {
      // A restore brings the schema up to date, and leaves the accounts to the server.
      let isOld = try writer.hasAccountsToAdopt
      if adopts || !isOld {
        try writer.adopt(issuer: accounts.issuer)
        return Revocations(try writer.logouts(), disabled: try writer.disabled())
      }
    } catch {
      throw StartFailure("cannot bring the accounts up to date: \(error)")
    }
    throw Database.sentence(.older, folder)
  }
}

/// What the executable supplies.
struct ControlPorts: Sendable {
  let notices: any NoticeSink
  let replies: any ReplySink
  let observer: any ControlObserver
  let clock: any Clock
  let identifiers: any IdentifierSource
}

/// The threads of the plane and their queues.
struct ControlThreads: Sendable {
  let ledger: LedgerQueue
  let workers: Pool<Request, any ReadStore>
  /// Reads old notices for those who resume, apart from requests, so that neither waits for the other.
  let recalls: Pool<Recall, any ReadStore>
  /// Hash passwords for log-ins.
  let hashers: Pool<@Sendable () -> Void, Void>
  /// Hashes passwords for registrations: one thread, whatever waits.
  let registrars: Pool<@Sendable () -> Void, Void>
  /// Reads another system's keys when their file changes; nil: there is no such file.
  let keys: KeySetThread?
  /// Ask the store for tokens of connections; nil: no other node has any.
  let redeemers: Pool<@Sendable () -> Void, Void>?
  /// Tells the other nodes how this one is; nil: there are none.
  let nodes: NodeThread?
  /// Follows what the other nodes commit; nil: there are none.
  let peers: PeerThread?
  /// Answers those who wait for the feed.
  let feed: FeedThread
  /// Seals the record; nil: there is no key for it, and none was to be made.
  let record: RecordThread?
  let metrics: ControlMetrics

  /// In the order in which work goes from one to the next.
  func close() {
    keys?.close()
    peers?.close()
    workers.close()
    redeemers?.close()
    feed.close()
    recalls.close()
    hashers.close()
    registrars.close()
    record?.close()
    ledger.close()
    nodes?.close()
  }
}

/// Makes the threads, the ledger's first, since the others hand their work to it.
struct ControlThreadsBuilder {
  let configuration: Backend.Configuration
  let database: any Storage
  let ports: ControlPorts
  let texts: any NoticeTexts
  let encoder: any OutcomeEncoder
  let metrics = ControlMetrics()
  let events = CommittedEvents()
  let waiters: FeedWaiters
  let mode: Backend.Threads

  /// Passwords that may wait per hasher: about two seconds of work.
  private static let passwordsPerHasher = 10

  private var depth: Int { max(1, configuration.queueDepth) }

  /// Reads every event before it returns.
  func ledger(_ writer: any BookingStore, _ nodes: NodePorts?) throws(StartFailure) -> LedgerQueue {
    let dependencies = Ledger.Dependencies(
      notices: ports.notices, replies: ports.replies, texts: texts, encoder: encoder, events: events,
      observer: ports.observer, clock: ports.clock, metrics: metrics, feed: waiters,
      retention: Retention(feed: configuration.feedKept, addresses: configuration.addressesKept),
      nodes: nodes,
      backupPace: mode == .own ? Ledger.usualBackupPace : 0)
    let ledger: Ledger
    do throws(StoreFailure) {
      ledger = try Ledger(writer, dependencies)
    } catch {
      throw StartFailure("cannot read the events from the database: \(error)")
    }
    return try LedgerQueue(Handover(ledger), depth: depth, metrics: metrics, threads: mode)
  }

  func record(
    _ ledger: LedgerQueue, _ folder: DataFolder, makesKey: Bool, leads lead: Lead?
  ) throws(StartFailure) -> RecordThread? {
    let reads = try database.openRecord()
    // The first node makes a key, and the others get it from there.
    let makesKey = lead == nil ? makesKey : try isNew(reads)
    let sealer = try Sealer(reads, folder, makesKey: makesKey) {
      seal throws(DomainError) in
      _ = try ledger.ask { .seal(seal, $0) }
    }
    guard var sealer else {
      if lead != nil { ports.observer.observe(.recordKeyMissing) }
      return nil
    }
    sealer.isShared = lead != nil
    let (waiters, metrics) = (self.waiters, self.metrics)
    let recorder = Recorder(
      Handover(sealer), commits: { waiters.commits }, canWrite: { metrics.storeFailure == nil },
      leads: { lead?.isHeld ?? true }, clock: ports.clock, observer: ports.observer)
    return try RecordThread(recorder, threads: mode)
  }

  private func isNew(_ record: any RecordSource) throws(StartFailure) -> Bool {
    do throws(StoreFailure) {
      return try record.last() == nil
    } catch {
      throw StartFailure("cannot read the record: \(error)")
    }
  }

  func hashers() throws(StartFailure) -> Pool<@Sendable () -> Void, Void> {
    let count = max(1, configuration.hashers)
    return try Pool("hasher", threads: count, depth: count * Self.passwordsPerHasher, mode: mode)
  }

  func registrars() throws(StartFailure) -> Pool<@Sendable () -> Void, Void> {
    try Pool("registrar", threads: 1, depth: Self.passwordsPerHasher, mode: mode)
  }

  func workers(
    _ handler: any RequestHandler, _ ledger: LedgerQueue
  ) throws(StartFailure) -> Pool<Request, any ReadStore> {
    var readers: [any ReadStore] = []
    for _ in 0..<max(1, configuration.workers) { readers.append(try database.openReader()) }
    let worker = RequestWorker(
      handler: handler, ledger: ledger, encoder: encoder, replies: ports.replies,
      refusals: EarlyRefusals(events: events, clock: ports.clock, metrics: metrics),
      patience: mode == .own ? RequestWorker.patience : nil)
    return try Pool("worker", contexts: readers, depth: depth, most: RequestWorker.most, threads: mode) {
      worker.work($0, $1)
    }
  }

  func peers(_ peers: PeerParts?, _ ledger: LedgerQueue) throws(StartFailure) -> PeerThread? {
    guard let peers else { return nil }
    return PeerThread(
      codec: peers.ports.codec, thread: try ClusterThread(peers.follower, ledger, threads: mode))
  }

  func nodes(_ registry: NodeRegistry?, _ board: (any NodeBoard)?) throws(StartFailure) -> NodeThread? {
    guard let registry, let board else { return nil }
    return try NodeThread(registry, board)
  }

  /// One, because the store is asked for one at a time. As many may wait as a loop may have connections in their first second.
  func redeemers(_ shared: (any SharedTokens)?) throws(StartFailure) -> Pool<@Sendable () -> Void, Void>? {
    guard shared != nil else { return nil }
    return try Pool("redeemer", threads: 1, depth: depth, mode: mode)
  }

  func keyWatch(_ watch: KeySetWatch?) throws(StartFailure) -> KeySetThread? {
    guard let watch else { return nil }
    return try KeySetThread(watch, threads: mode)
  }

  func feed() throws(StartFailure) -> FeedThread {
    try FeedThread(waiters, try database.openReader(), threads: mode)
  }

  func recalls() throws(StartFailure) -> Pool<Recall, any ReadStore> {
    let recaller = Recaller(
      notices: ports.notices, texts: texts, limit: max(0, configuration.historyLimit))
    return try Pool("recall", contexts: [try database.openReader()], depth: depth, most: 1, threads: mode) {
      recaller.work($0, $1)
    }
  }
}

/// What judges and makes tokens.
struct TokenParts: Sendable {
  let verifier: TokenVerifier
  let issuer: TokenIssuer
  let connections = ConnectionTokens()
  let services: ServiceTokenAuthority
  /// nil: tokens for connections are this server's alone.
  let shared: (any SharedTokens)?

  init(
    _ keys: KeyReader, _ watch: KeySetWatch?, _ revocations: Revocations,
    _ services: ServiceTokenAuthority, _ configuration: Backend.Configuration, _ ports: ControlPorts,
    _ shared: (any SharedTokens)?
  ) {
    (self.services, self.shared) = (services, shared)
    verifier = TokenVerifier(
      keys.keys, revocations, connections: connections, shared: shared, watch: watch, clock: ports.clock)
    issuer = TokenIssuer(keys.keys, audience: configuration.audience, revocations, clock: ports.clock)
  }
}

/// What answers requests, and judges and makes tokens.
struct Endpoints: Sendable {
  let accounts: AccountService
  let handler: any RequestHandler
  let verifier: TokenVerifier
  let tokens: any TokenIssuing
  let policy: AccountPolicy
  let admission: AdmissionControl
  let audit: AuditLog
  let status: ServerStatus
  let connectionTokens: ConnectionTokens

  init(
    _ configuration: Backend.Configuration, _ tokens: TokenParts, _ accounts: AccountService,
    _ events: CommittedEvents, _ ports: ControlPorts, _ waiters: FeedWaiters, _ server: ServerEndpoints,
    _ record: RecordEndpoints, epoch: String
  ) {
    status = server.status
    self.accounts = accounts
    (verifier, self.tokens) = (tokens.verifier, tokens.issuer)
    connectionTokens = tokens.connections
    policy = AccountPolicy(
      accounts: configuration.accounts, registration: configuration.registration)
    admission = AdmissionControl(configuration.limits, observer: ports.observer, clock: ports.clock)
    audit = AuditLog(ledger: accounts.ledger, clock: ports.clock)
    handler = Router(
      routes: Routes.all(
        accounts: accounts, tokens: tokens.issuer, policy: policy, admission: admission,
        connections: ConnectionTokenEndpoints(
          tokens: tokens.connections, shared: tokens.shared, clock: ports.clock),
        feed: FeedEndpoints(
          waiters: waiters, epoch: epoch, clock: ports.clock, revocations: accounts.revocations,
          services: tokens.services.tokens),
        serviceTokens: ServiceTokenEndpoints(
          authority: tokens.services, ledger: accounts.ledger, replies: ports.replies, clock: ports.clock,
          identifiers: ports.identifiers),
        audit: audit, server: server, record: record, epoch: epoch),
      tokens: verifier, events: events, admission: admission, observer: ports.observer,
      watchIsPublic: configuration.watchIsPublic, services: tokens.services)
  }
}
