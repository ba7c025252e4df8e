// The data plane's public interface: loops on threads of their own, each with its listener, behind one port.
// Start, drain and stop are for the main thread; `reply` and `deliver` for any; the publisher for one.
internal import CUVShim
import Synchronization

#if canImport(Glibc)
  internal import Glibc
#endif

/// Serves HTTP, WebSocket and event streams, and brings notices to subscribers.
public final class DataPlane: Sendable {
  public struct Configuration: Sendable {
    /// A numeric address or `localhost`.
    public var host = "127.0.0.1"
    /// 0: any free one.
    public var port = 3000
    /// Loops, each a thread with a listener of its own.
    public var loops = 1
    public var limits = Limits()
    public var sender = SenderKind.automatic
    public var descriptorTables = DescriptorTables.shared
    /// Nothing is limited unless it is said.
    public var admission = AdmissionLimits()
    /// Nil: connections are plain.
    public var tls: TLSSettings?
    /// TCP sockets that listen already and are used instead of `host` and `port`. They are dealt out to the loops, which share
    /// them when they are fewer. They belong to the caller, who may close them once `start` has returned.
    public var inheritedListeners: [Int32] = []
    /// One more loop with a listener of its own, without TLS, for what is not for everybody; nil: there is none.
    public var apart: Apart?
    /// How many kinds of requests `InboundSink.kind(of:)` tells apart.
    public var requestKinds = 1
    /// Whether `takeSubscribers` is called.
    public var countsSubscribers = false
    public init() {}
  }

  /// Where the loop apart listens.
  public struct Apart: Sendable, Equatable {
    /// A numeric address or `localhost`.
    public var host: String
    /// 0: any free one.
    public var port: Int
    public init(host: String, port: Int) { (self.host, self.port) = (host, port) }
  }

  public struct TLSSettings: Sendable, Equatable {
    /// A PEM file: the certificate with the chain behind it. Read at start and by `reloadCertificate`.
    public var certificate: String
    /// A PEM file: the certificate's key, not encrypted. Read together with the certificate.
    public var key: String
    public var records: TLSRecords
    public init(certificate: String, key: String, records: TLSRecords = .openSSL) {
      (self.certificate, self.key, self.records) = (certificate, key, records)
    }
  }

  /// Which loops share a table of descriptors, whose size the system limits.
  public enum DescriptorTables: Sendable, CaseIterable {
    /// The whole process.
    case shared
    /// Each loop has its own, with its own limit.
    case perLoop
  }

  /// Where notices are published. One thread only.
  public let publisher: Publisher
  let configuration: Configuration
  let proxies: [LoopProxy]
  let transports: [CUVTransport]
  private let counted: [LoopCounters]
  private let admission: AdmissionControl
  private let threads = Mutex<[LoopThread]>([])
  private let boundApart = Mutex<Int?>(nil)
  /// Where the loops' threads wait for what they need to serve.
  private let gate = LoopGate()
  /// What comes from another process; nil: nothing does.
  let intake = Mutex<Intake?>(nil)
  let sharesListeners = Mutex(false)
  /// Descriptors that one table may hold: the limit of this process, raised as far as it may.
  public let descriptorLimit: Int
  private let tls: TLSContext?

  /// Makes loops and mailboxes; no port is bound yet.
  /// - Throws: a sentence when limits contradict each other or the system refuses.
  public init(_ configuration: Configuration) throws(DataPlaneFailure) {
    do {
      _ = try configuration.limits.checked()
    } catch {
      throw DataPlaneFailure(description: error.description)
    }
    guard (0...65_535).contains(configuration.port) else {
      throw DataPlaneFailure(description: "the port must be 0 to 65535")
    }
    guard (1...1024).contains(configuration.loops) else {
      throw DataPlaneFailure(description: "the number of loops must be 1 to 1024")
    }
    descriptorLimit = Int(max(cuv_raise_descriptor_limit(), 0))
    if configuration.descriptorTables == .perLoop { try Self.tryOwnTable() }
    let tls: TLSContext? = if let tls = configuration.tls { try TLSContext(tls) } else { nil }
    self.tls = tls
    var transports: [CUVTransport] = []
    for _ in 0..<configuration.loops {
      transports.append(
        try CUVTransport(
          tick: configuration.limits.tick, sender: configuration.sender, tls: tls,
          handshakes: configuration.limits.handshakesPerLoop))
    }
    if configuration.apart != nil {
      transports.append(
        try CUVTransport(tick: configuration.limits.tick, sender: .send, handshakes: 1))
    }
    self.configuration = configuration
    admission = AdmissionControl(configuration.admission)
    self.transports = transports
    counted = transports.map { _ in
      LoopCounters(
        requestKinds: configuration.requestKinds, countsSubscribers: configuration.countsSubscribers)
    }
    proxies = transports.enumerated().map { index, transport in
      LoopProxy(
        id: LoopID(UInt16(index)), capacity: configuration.limits.mailboxParcels, waker: transport)
    }
    publisher = Publisher(loops: proxies)
  }

  /// Binds and starts the loops.
  /// - Parameters:
  ///   - eventIDPrefix: stands before `seq` in the ids of event streams, without line breaks.
  ///   - apart: serves the loop apart; nil: the others' do.
  /// - Returns: the port that is listened on.
  /// - Throws: a sentence when the address cannot be had.
  public func start(
    inbound: any InboundSink, sessions: any SessionHandler, topics: any TopicSource,
    observer: any LoopObserver, eventIDPrefix: [UInt8] = [], apart: (any InboundSink)? = nil
  ) throws(DataPlaneFailure) -> Int {
    publisher.use(idPrefix: eventIDPrefix)
    // With an intake the loops' threads run already.
    let port =
      if let intake = intake.withLock({ $0 }) { intake.port } else { try startThreads(listening: listen()) }
    gate.open(
      LoopParts(
        inbound: inbound, apart: apart ?? inbound, sessions: sessions, topics: topics, observer: observer,
        eventIDPrefix: eventIDPrefix))
    return port
  }

  /// Starts the threads of the loops, which wait at the gate.
  func startThreads(listening port: Int, _ intake: Intake? = nil) throws(DataPlaneFailure) -> Int {
    let shared = descriptorTable()
    for index in transports.indices {
      let ownsTable = configuration.descriptorTables == .perLoop
      let table = ownsTable ? descriptorTable() : shared
      let thread = try LoopThread(name: "loop-\(index)") { [self] in
        // Before it accepts anybody. It was tried out, and without it the loop shares what the others have.
        if ownsTable { _ = cuv_own_descriptor_table() }
        let staged = intake?.receive(index, on: transports[index])
        if let parts = gate.wait() { run(index, parts, table, staged) }
      }
      threads.withLock { $0.append(thread) }
    }
    return port
  }

  private func run(_ index: Int, _ parts: LoopParts, _ table: DescriptorTable, _ staged: StagedConnections?) {
    let loop = Loop(
      id: proxies[index].id, limits: configuration.limits, io: transports[index], proxy: proxies[index],
      counters: counted[index], inbound: index < configuration.loops ? parts.inbound : parts.apart,
      sessions: parts.sessions, source: parts.topics, observer: parts.observer, table: table,
      admission: admission, eventIDPrefix: parts.eventIDPrefix)
    let intake = intake.withLock { $0 }
    if let staged, intake?.isCancelled == false {
      loop.adopt(staged)
    } else {
      staged?.drop()
    }
    intake?.adopted(index)
    transports[index].run(loop)
  }

  /// Ends the threads of loops that are not to serve, after a failure between `take` and `start`.
  public func abandon() {
    gate.close()
    intake.withLock { $0 }?.cancel()
    let running = threads.withLock { threads in
      defer { threads = [] }
      return threads
    }
    running.forEach { $0.join() }
  }

  /// Every table also holds what each loop needs for itself: its poll, its wake-up, its listener, its ring.
  func descriptorTable() -> DescriptorTable {
    DescriptorTable(limit: descriptorLimit - 4 * transports.count, configuration.limits)
  }

  /// On a thread that ends at once: a table cannot be given back.
  private static func tryOwnTable() throws(DataPlaneFailure) {
    let result = Atomic<Int32>(0)
    let thread = try LoopThread(name: "table-probe") {
      result.store(cuv_own_descriptor_table(), ordering: .relaxed)  // join() orders it before the load
    }
    thread.join()
    try DataPlaneFailure.check(
      result.load(ordering: .relaxed), "loops cannot have descriptor tables of their own here")
  }

  /// The first listener finds the port, the others share it. The kernel lets anybody of the same user share it
  /// too, so the first listener checks that no other process has it.
  private func listen() throws(DataPlaneFailure) -> Int {
    if !configuration.inheritedListeners.isEmpty { return try listenOnInherited() }
    try Self.probe(configuration.host, configuration.port)
    var port = configuration.port
    for transport in transports.prefix(configuration.loops) {
      port = try transport.listen(host: configuration.host, port: port, limits: configuration.limits)
    }
    try listenApart()
    return port
  }

  private func listenOnInherited() throws(DataPlaneFailure) -> Int {
    let port = try listen(on: configuration.inheritedListeners, areShared: true)
    try listenApart()
    return port
  }

  /// Deals out sockets that listen already to the loops; returns the port of the first.
  func listen(on sockets: [Int32], areShared: Bool) throws(DataPlaneFailure) -> Int {
    var port = 0
    for index in 0..<max(sockets.count, configuration.loops) {
      let bound = try transports[index % configuration.loops].listen(
        onCopyOf: sockets[index % sockets.count], isShared: areShared, limits: configuration.limits)
      if index == 0 { port = bound }
    }
    return port
  }

  /// When the TLS certificate ends, in seconds since 1970; nil: without TLS. Any thread.
  public var certificateExpiry: Int64? { tls?.expiry }

  /// Reads the certificate and its key again, for handshakes that begin from now on. Without TLS it does nothing. Touches
  /// the disk; any thread but a loop's.
  /// - Throws: a sentence; then the certificate before stays in use.
  public func reloadCertificate() throws(DataPlaneFailure) { try tls?.reload() }

  /// The loop apart listens on a socket that listens already.
  func listenApart(on socket: Int32, isShared: Bool) throws(DataPlaneFailure) {
    guard let transport = transports.last else { return }
    let port = try transport.listen(onCopyOf: socket, isShared: isShared, limits: configuration.limits)
    boundApart.withLock { $0 = port }
  }

  private func listenApart() throws(DataPlaneFailure) {
    guard let apart = configuration.apart, let transport = transports.last else { return }
    try Self.probe(apart.host, apart.port)
    let port = try transport.listen(host: apart.host, port: apart.port, limits: configuration.limits)
    boundApart.withLock { $0 = port }
  }

  private static func probe(_ host: String, _ port: Int) throws(DataPlaneFailure) {
    guard port != 0 else { return }
    let probe = unsafe cuv_port_probe(host, Int32(port))
    try DataPlaneFailure.check(probe, "cannot listen on \(host) port \(port)")
  }

  /// The port of the loop apart, once it listens; nil: there is no such loop.
  public var apartPort: Int? { boundApart.withLock { $0 } }

  /// Answers requests that the inbound sink left for later: one parcel per loop. Any thread.
  public func reply(_ replies: [(ticket: Ticket, response: HTTPResponse)]) {
    if proxies.count == 1 { return proxies[0].post(.replies(replies)) }
    var parcels = [[(ticket: Ticket, response: HTTPResponse)]](repeating: [], count: proxies.count)
    for reply in replies where Int(reply.ticket.loop.rawValue) < proxies.count {
      parcels[Int(reply.ticket.loop.rawValue)].append(reply)
    }
    for (proxy, own) in zip(proxies, parcels) where !own.isEmpty { proxy.post(.replies(own)) }
  }

  /// Answers `TopicSource.history`. Any thread.
  public func deliver(_ history: History, to ticket: Ticket) {
    guard Int(ticket.loop.rawValue) < proxies.count else { return }
    proxies[Int(ticket.loop.rawValue)].post(.history(history, ticket))
  }

  /// Closes all connections of a client: WebSockets with this code and reason, event streams with an `end` event. Any
  /// thread.
  public func withdraw(client id: UInt64, code: CloseCode, reason: String) {
    proxies.forEach { $0.post(.withdrawClient(id, code, reason: reason)) }
  }

  /// Ends what was admitted by this credential at this wall-clock time (milliseconds since 1970), or at its own if that is
  /// earlier, as any admission ends: with 4001. Looks at every connection. Any thread.
  public func end(_ credential: Credential, at moment: Int64) {
    proxies.forEach { $0.post(.endCredential(credential, at: moment)) }
  }

  /// Sends a text message to all WebSockets of a client, and to nobody else. One that takes nothing just now misses it. Any
  /// thread.
  public func tell(client id: UInt64, _ text: [UInt8]) {
    proxies.forEach { $0.post(.tellClient(id, text)) }
  }

  /// For each loop the topics whose number of subscribers has changed since the last call, and that number. Subscriptions of
  /// every place count, on WebSockets and event streams. Any thread, one at a time.
  public func takeSubscribers() -> [[TopicID: SubscriberCount]] { counted.map { $0.takeSubscribers() } }

  /// Sends texts to all subscribers of their topics on one loop, each in place of the one before it. A subscriber that takes
  /// nothing just now is sent the newest when it does, and a new one when it has been greeted. Any thread.
  public func tell(_ texts: [TopicText], on loop: Int) { proxies[loop].post(.tellTopics(texts)) }

  /// Takes other limits and trusted proxies over, and asks the inbound sink anew for the field lines of every answer. Connections
  /// stay counted for whom they are counted. Limits have no effect when nothing was limited at first. Any thread.
  public func use(_ limits: AdmissionLimits) {
    admission.use(limits)
    proxies.forEach { $0.post(.settings(limits)) }
  }

  /// Closes the listeners; answers from now on end their connections.
  public func stopAccepting() { proxies.forEach { $0.post(.stopAccepting) } }

  /// Tells every client to come back, closes all connections (1012) within the close timeout, and returns when
  /// the loops have ended.
  public func closeAll() {
    gate.close()
    let running = threads.withLock { threads in
      defer { threads = [] }
      return threads
    }
    if !running.isEmpty { proxies.forEach { $0.post(.closeAll) } }
    running.forEach { $0.join() }
  }

  /// Asks all loops about some topics, and waits for their answers this long at most. Any thread but a loop's; blocks.
  public func inspect(_ topics: [TopicID], within milliseconds: Int) -> [LoopReport] {
    let inspection = Inspection(topics, loops: proxies.count)
    proxies.forEach { _ = $0.offer(.inspect(inspection)) }
    for _ in 0..<max(1, milliseconds) where !inspection.isAnswered { usleep(1_000) }
    return inspection.reports
  }

  /// What each loop counted, as of its last tick. Any thread.
  public func counts() -> [LoopCounts] { counted.map(\.counts) }

  /// How long notices took on each loop. Any thread.
  public func deliveryTimes() -> [DeliveryTimes] {
    counted.map { DeliveryTimes(toWire: $0.toWire.read(), toLast: $0.toLast.read()) }
  }

  /// How long requests took, all loops together, by kind and class of status, without those that there were none of. Any
  /// thread.
  public func requestTimes() -> [RequestTimes] {
    (0..<5 * max(1, configuration.requestKinds)).compactMap { row in
      let loops = counted.map { $0.requestTimes.read(row: row) }
      let times = loops.dropFirst().reduce(loops[0], +)
      return times.count == 0 ? nil : RequestTimes(kind: row / 5, statusClass: row % 5 + 1, times: times)
    }
  }

  /// The topics with the most subscribers on each loop, largest first, as of a short while ago. Any thread.
  public func busiestTopics() -> [[TopicCount]] { counted.map(\.topics) }

  /// How batches are sent: "io_uring" or "send".
  public var senderName: String { transports[0].senderName }
}

/// Why the plane cannot start, in one sentence.
public struct DataPlaneFailure: Error, CustomStringConvertible, Equatable {
  public let description: String

  init(description: String) { self.description = description }

  /// Turns a negative errno of CUVShim into a sentence.
  static func check(_ result: Int32, _ sentence: String) throws(DataPlaneFailure) {
    guard result < 0 else { return }
    throw DataPlaneFailure(description: "\(sentence): \(unsafe String(cString: strerror(-result)))")
  }

  /// The sentence that CUVShim has written, up to the zero behind it.
  init(told why: [CChar]) {
    self.init(
      description: String(decoding: why.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self))
  }
}
