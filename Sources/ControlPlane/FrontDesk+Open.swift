// Puts the control hall together: folder, database, ledger, pools, and the endpoints on top.

extension FrontDesk {
  public struct Configuration: Sendable {
    /// Made when it is missing.
    public var dataFolder: String
    /// Signs tokens; nil: made once and kept in the data folder.
    public var secret: [UInt8]?
    /// The `iss` that tokens must have; nil: any.
    public var issuer: String?
    /// What `aud` must name, when a token has one.
    public var audience = "seatcast"
    public var identity = BroadcastIdentity.full
    public var passwordCost = PasswordCost.interactive
    /// Threads that route requests and read.
    public var workers = 2
    /// Threads that hash passwords; each needs 16 MiB while it does.
    public var hashers = 1
    /// Requests and commands that may wait, each.
    public var queueDepth = 4096
    /// Notices that `history` gives at most.
    public var historyLimit = 1000

    public init(dataFolder: String) { self.dataFolder = dataFolder }
  }

  /// What a front desk consists of.
  struct Parts {
    let database: Database
    let services: Services
    let ledger: LedgerLine
    let workers: Pool<any ReadStore>
    let hashers: Pool<Void>
    let verifier: any TokenVerifying
    let tokens: any TokenIssuing
    let handler: any RequestHandler
    let texts: any NoticeTexts
    let notices: any NoticeSink
    let replies: any ReplySink
    let tally: Tally
    let clock: any Clock
    let identifiers: any IdentifierSource
    let historyLimit: Int
  }

  /// Passwords that may wait per hasher: about two seconds of work.
  private static let passwordsPerHasher = 10

  /// Takes the data folder for this process alone, opens or creates the database and starts the threads.
  /// Blocks.
  public static func open(
    _ configuration: Configuration, notices: any NoticeSink, replies: any ReplySink,
    observer: any ControlObserver, clock: any Clock = SystemClock(),
    identifiers: any IdentifierSource = SystemRandom(), threads: Threads = .own
  ) throws(StartFailure) -> FrontDesk {
    let folder = try DataFolder(configuration.dataFolder)
    let secret = try secret(configuration)
    let (database, writer) = try Database.open(folder, identifiers)
    let texts = NoticeEncoder(identity: configuration.identity, epoch: database.epoch)
    let tally = Tally()
    let outside = Ledger.Outside(
      notices: notices, replies: replies, texts: texts, observer: observer, clock: clock, tally: tally)

    // Readers before the ledger's thread, so that nothing runs yet when one of them fails.
    var readers: [any ReadStore] = []
    for _ in 0..<max(1, configuration.workers) { readers.append(try database.openReader()) }
    let ledger = try LedgerLine(
      startLedger(writer, outside, folder), depth: configuration.queueDepth, tally: tally, threads: threads)
    let hasherCount = max(1, configuration.hashers)
    let hashers = try Pool<Void>(
      "hasher", contexts: Array(repeating: (), count: hasherCount),
      depth: hasherCount * passwordsPerHasher, threads: threads)
    let workers = try Pool("worker", contexts: readers, depth: configuration.queueDepth, threads: threads)

    let services = Services(
      bookings: BookingService(ledger: ledger, replies: replies),
      catalogue: CatalogueService(ledger: ledger, replies: replies),
      accounts: AccountService(
        ledger: ledger, replies: replies, hashing: hashers,
        hasher: ScryptHasher(cost: configuration.passwordCost)))
    let verifier = TokenVerifier(
      secret: secret, issuer: configuration.issuer, audience: configuration.audience, clock: clock)
    let tokens = TokenIssuer(
      secret: secret, issuer: configuration.issuer, audience: configuration.audience, clock: clock)
    let routes = Routes.all(services: services, tokens: tokens, epoch: database.epoch)
    return FrontDesk(
      Parts(
        database: database, services: services, ledger: ledger, workers: workers, hashers: hashers,
        verifier: verifier, tokens: tokens,
        handler: Router(routes: routes, tokens: verifier, observer: observer), texts: texts,
        notices: notices, replies: replies, tally: tally, clock: clock, identifiers: identifiers,
        historyLimit: configuration.historyLimit))
  }

  private static func secret(_ configuration: Configuration) throws(StartFailure) -> SigningSecret {
    do throws(SecretFailure) {
      guard let bytes = configuration.secret else { return try .kept(in: configuration.dataFolder) }
      return try SigningSecret(bytes)
    } catch {
      throw StartFailure(error.description)
    }
  }

  private static func startLedger(
    _ store: SQLiteBookingStore, _ outside: Ledger.Outside, _ folder: DataFolder
  ) throws(StartFailure) -> Handover<Ledger> {
    do throws(StoreFailure) {
      return Handover(try Ledger(store, outside))
    } catch {
      throw StartFailure("cannot read the database \(folder.database): \(error)")
    }
  }
}
