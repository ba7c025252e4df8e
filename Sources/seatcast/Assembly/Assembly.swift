// The composition root: creates both planes and the adapters between them, and starts and stops them in order.
// Main thread.
import ControlPlane
import FanoutCore
import Synchronization

struct Assembly {
  let plane: DataPlane
  let backend: Backend
  let readiness: Readiness
  private let admin: AdminService
  private let configuration: ServeConfiguration
  private let origins: OriginPolicy
  private let log: Log
  /// Nil: there is none.
  private let bus: BusLine?
  /// Nil: nobody is told how many watch.
  private let viewers: ViewerNews?
  /// Compressed before anything is taken over, because nobody is served then.
  private let files: StaticFiles
  private let startedAt = SystemClock().now
  /// What a running server has handed over; nil: this one begins by itself.
  private let takeOver: TakeOver?
  /// Milliseconds in which nobody was served, from one process to the next.
  private let silence = Silence()

  private final class Silence: Sendable {
    let milliseconds = Atomic(0)
  }

  /// Opens the database and starts the control plane's threads. The listeners are opened by `start()`, or taken over from
  /// the server that runs.
  init(_ configuration: ServeConfiguration, secrets: TokenSecrets, log: Log) throws(StartError) {
    (self.configuration, self.log) = (configuration, log)
    origins = OriginPolicy(listed: configuration.origins, refused: { log.refused(origin: $0) })
    files = .described(isSecure: configuration.address.tls != nil, watch: configuration.watch)
    let plane = try Self.makePlane(configuration)
    self.plane = plane
    do {
      takeOver = try configuration.takeOver.map { try TakeOver(from: $0, configuration, to: plane) }
      if let takeOver, !takeOver.memory.isEmpty, !Backend.useSeed(of: takeOver.memory) {
        throw StartError("The running server has told nothing by which its clients are known.")
      }
      bus = try configuration.cluster.flatMap { try BusLine($0, node: configuration.nodeName, log: log) }
      backend = try Backend.open(
        try Self.backendConfiguration(configuration, secrets, bus),
        notices: NoticeAdapter(publisher: plane.publisher, plane: plane), replies: ReplyAdapter(plane: plane),
        observer: log, insight: PlaneInsight(plane: plane, startedAt: startedAt))
      readiness = Readiness(backend)
      admin = AdminService(backend, backups: configuration.backups, log: log)
      viewers = configuration.viewerCounts == .on ? ViewerNews(plane, of: backend) : nil
      if let takeOver { backend.adopt(takeOver.memory) }
      try bus?.start(backend)
    } catch {
      plane.abandon()
      throw StartError(telling: error)
    }
  }

  private static func makePlane(_ configuration: ServeConfiguration) throws(StartError) -> DataPlane {
    do {
      return try DataPlane(planeConfiguration(configuration))
    } catch {
      throw StartError(telling: error)
    }
  }

  /// Opens the listeners and starts the loops.
  /// - Returns: the port that is listened on.
  func start() throws(StartError) -> Int {
    let messages = backend.messages
    let isSecure = configuration.address.tls != nil
    let (metrics, openMetrics) = (metrics(as: .prometheus), metrics(as: .openMetrics))
    let pages = Pages(
      files: files,
      isReady: { [readiness] in readiness.isReady },
      unreadiness: { [readiness] in readiness.reason },
      remark: { [bus] in bus?.remark },
      metrics: { $0 == .openMetrics ? openMetrics.text : metrics.text })
    let inbound = InboundAdapter(
      backend: backend, pages: pages, origins: origins, isSecure: isSecure,
      accessLog: accessLog)
    var open = inbound
    open.hidesAdministration = configuration.adminListen != nil
    do {
      let port = try plane.start(
        inbound: open,
        sessions: WebSocketHandler(
          backend: backend, messages: messages, origins: origins, watch: configuration.watch,
          stats: numbersForSockets,
          answer: { [plane] ticket, response in plane.reply([(ticket: ticket, response: response)]) }),
        topics: TopicAdapter(backend: backend), observer: log,
        eventIDPrefix: Array("\(backend.epoch).".utf8), apart: inbound)
      if let takeOver {
        takeOver.finish(plane, backend.keyEnds)
        plane.awaitAdoption()
        takeOver.tellServing()
        let silent = SystemClock().nanoseconds - takeOver.since
        if takeOver.since > 0 { silence.milliseconds.store(Int(silent / 1_000_000), ordering: .relaxed) }
      }
      backend.serves(at: configuration.address.url(port: port))
      try admin.start()
      try viewers?.start()
      return port
    } catch {
      throw StartError(telling: error)
    }
  }

  /// What there is to tell of a take-over; nil: there was none.
  var takenOver: LogEntry? {
    takeOver.map {
      LogEntry(
        .info, "took over from a running server",
        [
          "connections": String($0.connections), "left": String($0.kept), "version": $0.program,
          "milliseconds": String(silence.milliseconds.load(ordering: .relaxed)),
        ])
    }
  }

  /// Offers everything to a process that asks for it.
  /// - Parameter done: called on another thread once everything was handed over.
  func offerTakeOver(port: Int, done: @escaping @Sendable (_ heir: Int32) -> Void) -> TakeOverHost {
    let host = TakeOverHost(
      TakeOverHost.Server(
        plane: plane, backend: backend, admin: admin,
        setup: configuration.setup(port: port, apart: plane.apartPort)),
      log: log, done: done)
    host.start()
    return host
  }

  /// The end after everything was handed over: connections that could not be passed on are closed as at any stop.
  func stopHandedOver() { plane.closeAll() }

  /// Where administration has a listener of its own, its numbers are there and nowhere else.
  private var numbersForSockets: (@Sendable () -> [UInt8]?)? {
    guard configuration.adminListen == nil else { return nil }
    return { [backend] in backend.stats() }
  }

  private var accessLog: AccessLog? {
    configuration.accessLog == .off ? nil : AccessLog(extent: configuration.accessLog, log: log)
  }

  /// The metrics page. It is rendered on a loop's thread, and a client may request it in a burst.
  private func metrics(as format: MetricsFormat) -> CachedText {
    CachedText(lifetime: Limits().tick) { [plane, backend, bus, startedAt] in
      MetricsText.render(
        MetricFamily.process(
          ProcessMemory.now, descriptorLimit: plane.descriptorLimit, startedAt: startedAt)
          + MetricFamily.plane(plane.counts(), sender: plane.senderName)
          + MetricFamily.delivery(plane.deliveryTimes())
          + [MetricFamily.requests(plane.requestTimes(), .ofServer)]
          + MetricFamily.backend(backend.counters()) + MetricFamily.bus(bus?.report),
        as: format)
    }
  }

  // MARK: Reload

  /// What takes changes over on SIGHUP, in this order.
  var reloaders: [Reloader] {
    [
      Reloader("the keys of tokens", otherwise: "those before them still count", reloadKeys),
      Reloader("the TLS certificate", otherwise: "the one before stays in use", reloadCertificate),
      Reloader("the limits", otherwise: "those before them still hold", reloadLimits),
      Reloader("the log", otherwise: "it goes on as before") { [log] in
        log.use($0.logFormat, from: $0.logLevel)
      },
    ]
  }

  /// Settings that this server cannot take over: without any limit at the start the data plane counts nothing.
  var fixed: Set<Setting> {
    let isLimited = Self.planeConfiguration(configuration).admission != FanoutCore.AdmissionLimits()
    return isLimited ? [] : [.limits, .trustedProxies]
  }

  /// Reads the token secrets and the other system's public keys again. What cannot be read leaves the keys as they are.
  private func reloadKeys(_ configuration: ServeConfiguration) throws {
    let secrets = try SecretFiles.secrets(configuration)
    try backend.reloadKeys(secret: secrets.current, previous: secrets.previous)
    log.write(LogEntry(.info, "the keys of tokens were read again"))
  }

  /// Limits, trusted proxies, registration and origins. Origins come first, because the data plane asks for the field lines
  /// that follow from them.
  private func reloadLimits(_ configuration: ServeConfiguration) {
    origins.allow(configuration.origins)
    plane.use(Self.planeConfiguration(configuration).admission)
    backend.use(Self.controlLimits(configuration), registration: configuration.accounts.registration)
  }

  /// Reads the files of the TLS certificate and its key again, whose names need a restart. What cannot be used leaves the
  /// pair before in use.
  private func reloadCertificate(_ configuration: ServeConfiguration) throws {
    guard configuration.address.tls != nil else { return }
    try plane.reloadCertificate()
    log.write(
      LogEntry(
        .info, "the TLS certificate was read again",
        ["until": LogEntry.timestamp((plane.certificateExpiry ?? 0) * 1_000)]))
  }

  /// The threads without which nothing is sold or sent.
  var hearts: [Watchdog.Heart] {
    let loops = plane.counts().indices.map { index in
      Watchdog.Heart(name: "loop-\(index)") { [plane] in UInt64(plane.counts()[index].ticks) }
    }
    return [Watchdog.Heart(name: "ledger") { [backend] in backend.ledgerTurns }] + loops
  }

  /// Stops accepting, finishes and answers every request that was accepted, closes all connections, and returns when
  /// all threads have ended. The data plane closes last, so that the answers and notices of the last commit are sent.
  func stop() {
    viewers?.stop()
    plane.stopAccepting()
    backend.stopIntake()
    admin.stop()
    bus?.stop()
    backend.close()
    plane.closeAll()
  }

  static func planeConfiguration(_ configuration: ServeConfiguration) -> DataPlane.Configuration {
    var plane = DataPlane.Configuration()
    plane.host = configuration.address.host
    plane.port = configuration.address.port
    plane.loops = configuration.address.loopsHere
    plane.tls = configuration.address.tls
    plane.inheritedListeners = configuration.address.inherited
    plane.requestKinds = RequestRoutes.ofServer.labels.count
    plane.countsSubscribers = configuration.viewerCounts == .on
    plane.apart = configuration.adminListen.map { DataPlane.Apart(host: $0.host, port: $0.port) }
    plane.sender =
      switch configuration.sender {
      case .auto: .automatic
      case .send: .send
      case .ioUring: .ioUring
      }
    plane.limits.compresses = configuration.compression == .on
    plane.descriptorTables = configuration.descriptorTables == .perLoop ? .perLoop : .shared
    if configuration.rateLimits == .on { plane.admission = configuration.limits.data }
    plane.admission.trustedProxies = configuration.trustedProxies
    return plane
  }

  /// The descriptors that this process may open, which bound its connections.
  var descriptors: DescriptorBudget {
    DescriptorBudget(
      limit: plane.descriptorLimit,
      tables: configuration.descriptorTables == .perLoop ? configuration.address.loopsHere : 1)
  }

  private static func backendConfiguration(
    _ configuration: ServeConfiguration, _ secrets: TokenSecrets, _ bus: BusLine?
  ) throws(StartError) -> Backend.Configuration {
    var backend = Backend.Configuration(dataFolder: configuration.dataFolder)
    (backend.secret, backend.previousSecret) = (secrets.current, secrets.previous)
    (backend.node, backend.version) = (configuration.nodeName, Version.number)
    if let cluster = configuration.cluster { backend.store = try ClusterAccess(cluster).store }
    backend.bus = bus?.bus
    backend.keySetFile = configuration.accounts.keySetFile
    backend.accounts = configuration.accounts.kind
    backend.registration = configuration.accounts.registration
    backend.audience = configuration.accounts.audience
    backend.identity = configuration.identity == .full ? .full : .none
    backend.watchIsPublic = configuration.watch == .public
    backend.passwordCost = configuration.passwordCost == .interactive ? .interactive : .insecureTest
    (backend.feedKept, backend.addressesKept) = (configuration.feedKept, configuration.addressesKept)
    backend.historyLimit = Limits().historyNotices
    backend.limits = controlLimits(configuration)
    return backend
  }

  private static func controlLimits(_ configuration: ServeConfiguration) -> ControlPlane.AdmissionLimits {
    configuration.rateLimits == .on ? configuration.limits.control : ControlPlane.AdmissionLimits()
  }
}

extension Backend: BackendPort {}
extension DataPlane: ReplyPort {}
extension DataPlane: AudiencePort {}

extension Backend {
  /// What is said on WebSockets besides notices.
  fileprivate var messages: SessionMessages {
    SessionMessages(epoch: epoch, clock: SystemClock(), identifiers: SystemRandom())
  }
}

extension ViewerNews {
  fileprivate convenience init(_ plane: DataPlane, of backend: Backend) {
    let messages = backend.messages
    self.init(plane: plane, loops: plane.counts().count, others: backend.remoteAudiences) {
      messages.viewers($1, of: $0)
    }
  }
}

extension StartError {
  /// The text of `error` as a sentence: with a capital letter and a full stop.
  init(telling error: any Error) {
    let text = "\(error)"
    let sentence = text.prefix(1).uppercased() + text.dropFirst()
    self.init(sentence.hasSuffix(".") ? sentence : sentence + ".")
  }
}
