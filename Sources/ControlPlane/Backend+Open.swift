// Puts the control plane together: folder, database, ledger, pools, and the endpoints on top.

extension Backend {
  public struct Configuration: Sendable {
    /// Made when it is missing.
    public var dataFolder: String
    /// Signs tokens; nil: made once and kept in the data folder.
    public var secret: [UInt8]?
    public var accounts = Accounts.local
    /// Whether anybody may make a local account.
    public var registration = true
    /// What `aud` must name; nil: `seatcast`. Tokens without `aud` are refused only where another system issues them
    /// and an audience is configured.
    public var audience: String?
    public var identity = BroadcastIdentity.full
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

    public init(dataFolder: String) { self.dataFolder = dataFolder }
  }

  /// Takes the data folder for this process alone, opens or creates the database and starts the threads.
  /// Blocks.
  public static func open(
    _ configuration: Configuration, notices: any NoticeSink, replies: any ReplySink,
    observer: any ControlObserver, clock: any Clock = SystemClock(),
    identifiers: any IdentifierSource = SystemRandom(), threads: Threads = .own
  ) throws(StartFailure) -> Backend {
    let ports = ControlPorts(
      notices: notices, replies: replies, observer: observer, clock: clock, identifiers: identifiers)
    let folder = try DataFolder(configuration.dataFolder)
    let authorities = try Authorities(configuration)
    let (database, writer) = try Database.open(folder, identifiers)
    let revocations = try bringAccounts(writer, configuration.accounts)
    let texts = NoticeEncoder(identity: configuration.identity, epoch: database.epoch)
    let threads = try ControlThreads(configuration, database, writer, texts, ports, threads)
    let endpoints = Endpoints(configuration, authorities, revocations, threads, ports, epoch: database.epoch)
    return Backend(
      database, texts, threads, endpoints, ports, historyLimit: max(0, configuration.historyLimit))
  }

  private static func bringAccounts(
    _ writer: SQLiteBookingStore, _ accounts: Accounts
  ) throws(StartFailure) -> Revocations {
    do throws(StoreFailure) {
      try writer.adopt(issuer: accounts.issuer)
      return Revocations(try writer.logouts())
    } catch {
      throw StartFailure("cannot bring the accounts up to date: \(error)")
    }
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
  let workers: Pool<any ReadStore>
  /// Hash passwords for log-ins.
  let hashers: Pool<Void>
  /// Hashes passwords for registrations: one thread, whatever waits.
  let registrars: Pool<Void>
  let metrics = ControlMetrics()

  /// Passwords that may wait per hasher: about two seconds of work.
  private static let passwordsPerHasher = 10

  /// The ledger reads every event before this returns.
  init(
    _ configuration: Backend.Configuration, _ database: Database, _ writer: SQLiteBookingStore,
    _ texts: any NoticeTexts, _ ports: ControlPorts, _ threads: Backend.Threads
  ) throws(StartFailure) {
    var readers: [any ReadStore] = []
    for _ in 0..<max(1, configuration.workers) { readers.append(try database.openReader()) }
    let depth = max(1, configuration.queueDepth)
    let hasherCount = max(1, configuration.hashers)
    let truth = try Self.ledger(
      writer,
      Ledger.Outside(
        notices: ports.notices, replies: ports.replies, texts: texts, observer: ports.observer,
        clock: ports.clock, metrics: metrics))
    ledger = try LedgerQueue(truth, depth: depth, metrics: metrics, threads: threads)
    hashers = try Pool(
      "hasher", contexts: Array(repeating: (), count: hasherCount),
      depth: hasherCount * Self.passwordsPerHasher, threads: threads)
    registrars = try Pool(
      "registrar", contexts: [()], depth: Self.passwordsPerHasher, threads: threads)
    workers = try Pool("worker", contexts: readers, depth: depth, threads: threads)
  }

  private static func ledger(_ store: SQLiteBookingStore, _ outside: Ledger.Outside) throws(StartFailure)
    -> Handover<Ledger>
  {
    do throws(StoreFailure) {
      return Handover(try Ledger(store, outside))
    } catch {
      throw StartFailure("cannot read the events from the database: \(error)")
    }
  }

  /// In the order in which work goes from one to the next.
  func close() {
    workers.close()
    hashers.close()
    registrars.close()
    ledger.close()
  }
}

/// What answers requests, and judges and makes tokens.
struct Endpoints: Sendable {
  let services: Services
  let handler: any RequestHandler
  let verifier: any TokenVerifying
  let tokens: any TokenIssuing
  let policy: AccountPolicy
  let admission: AdmissionControl

  init(
    _ configuration: Backend.Configuration, _ authorities: Authorities, _ revocations: Revocations,
    _ threads: ControlThreads, _ ports: ControlPorts, epoch: String
  ) {
    services = Services(
      bookings: BookingService(ledger: threads.ledger, replies: ports.replies),
      catalogue: CatalogueService(ledger: threads.ledger, replies: ports.replies),
      accounts: AccountService(
        ledger: threads.ledger, replies: ports.replies, hashing: threads.hashers,
        registering: threads.registrars, hasher: ScryptHasher(cost: configuration.passwordCost),
        revocations: revocations, notices: ports.notices))
    verifier = TokenVerifier(authorities.all, revocations, clock: ports.clock)
    tokens = TokenIssuer(authorities.local, revocations, clock: ports.clock)
    policy = AccountPolicy(
      accounts: configuration.accounts, registration: configuration.registration)
    admission = AdmissionControl(configuration.limits, observer: ports.observer, clock: ports.clock)
    handler = Router(
      routes: Routes.all(
        services: services, tokens: tokens, policy: policy, admission: admission, epoch: epoch),
      tokens: verifier, admission: admission, observer: ports.observer)
  }
}
