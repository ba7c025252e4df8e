// The database that a configuration names, opened: SQLite in the data folder, or PostgreSQL, which other nodes write, too.

struct OpenStore {
  let database: any Storage
  let writer: any StartStore
  /// nil: nobody else writes it.
  let nodes: NodeAccess?
  private let sqlite: SQLiteBookingStore?

  init(
    _ configuration: Backend.Configuration, _ folder: DataFolder, _ identifiers: any IdentifierSource,
    _ clock: any Clock
  ) throws(StartFailure) {
    if let url = configuration.store {
      (database, writer, nodes) = try NodeAccess.open(url, configuration, folder, identifiers, clock)
      sqlite = nil
    } else {
      let (database, writer) = try Database.open(
        folder, identifiers, upgrades: configuration.upgradesDatabase, vfs: configuration.vfs)
      (self.database, self.writer, sqlite, nodes) = (database, writer, writer, nil)
    }
  }

  /// What the ledger writes to.
  func wrapped(by wrap: (@Sendable (SQLiteBookingStore) -> any BookingStore)?) -> any BookingStore {
    guard let wrap, let sqlite else { return writer }
    return wrap(sqlite)
  }
}

/// What a node has of a database that others write, beside the store itself.
struct NodeAccess {
  /// For people, without a password.
  let address: String
  /// What all nodes have of the database, and nobody else.
  let secret: [UInt8]
  let changes: any ChangeSource
  let board: any NodeBoard
  let tokens: any SharedTokens
  let clock: SharedClock

  static let absence =
    "this seatcast is built without the cluster; build it with 'swift build --traits Cluster'"

  /// A file of the data folder that says so, for commands that find no database there.
  static let markName = "node"

  func report(_ configuration: Backend.Configuration) -> NodeReport {
    NodeReport(name: configuration.node, version: configuration.version, startedAt: clock.now)
  }
}

extension NodeAccess {
  static func open(
    _ url: String, _ configuration: Backend.Configuration, _ folder: DataFolder,
    _ identifiers: any IdentifierSource, _ clock: any Clock
  ) throws(StartFailure) -> (any Storage, any StartStore, NodeAccess?) {
    #if Cluster
      let (address, node) = (try PostgresAddress(url), configuration.node)
      let storage = try PostgresStorage.open(folder, address, node: node, identifiers)
      if try folder.read(markName) == nil {
        try folder.write(markName, Array("\(address.description)\n".utf8))
      }
      let board = PostgresNodeBoard(address, node: node)
      let shared = SharedClock(clock)
      do throws(StoreFailure) {
        shared.offset = try board.readClock(by: clock).offset
      } catch {
        throw StartFailure("cannot open the database \(address.description): \(error)")
      }
      let writer = PostgresBookingStore(
        PostgresConnection(address, .writer(node)), node: node, cipher: storage.cipher)
      let access = NodeAccess(
        address: address.description, secret: storage.record.userKey, changes: try storage.openChanges(),
        board: board, tokens: PostgresTokens(address, node: node), clock: shared)
      return (storage, writer, access)
    #else
      throw StartFailure(absence)
    #endif
  }
}

extension ClusterStatus {
  init(
    _ opened: OpenStore, registry: NodeRegistry?, _ configuration: Backend.Configuration, _ keys: KeyReader,
    _ insight: (any ServerInsight)?, _ metrics: ControlMetrics, _ peers: PeerParts?, _ clock: any Clock
  ) {
    let startedAt = clock.now
    let facts: @Sendable () -> NodeFacts = { [bus = configuration.bus] in
      let plane = insight?.numbers()
      var facts = NodeFacts()
      facts.connections = (plane?.liveConnections ?? 0) + (plane?.eventStreamsOpen ?? 0)
      facts.subscriptions = plane?.subscriptions ?? 0
      facts.bookings = metrics.snapshot.bookings
      facts.leads = peers?.lead.isHeld ?? true
      facts.lag = peers?.follower.lagMilliseconds ?? 0
      facts.busIsConnected = bus?.isConnected
      facts.clockOffset = (clock as? SharedClock)?.offset ?? 0
      facts.key = keys.keys.current.signing.keyID
      return facts
    }
    registry?.describe(by: facts)
    let place = Place()
    let node = configuration.node
    let version = configuration.version
    self.init(
      store: Store(
        kind: opened.nodes == nil ? .sqlite : .postgresql,
        address: opened.nodes?.address ?? opened.database.folder.realPath),
      epoch: opened.database.epoch,
      place: place,
      own: {
        var report =
          registry?.report
          ?? NodeReport(name: node, version: version, startedAt: startedAt, seenAt: clock.now)
        report.address = place.text.withLock { $0 }
        let rate = report.facts.bookingsPerSecond
        report.facts = facts()
        report.facts.bookingsPerSecond = rate
        if registry != nil { report.seenAt = clock.now }
        return report
      }, registry: registry, storeFailure: { metrics.storeFailure }, clock: clock)
  }
}
