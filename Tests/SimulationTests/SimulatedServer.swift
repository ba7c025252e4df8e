// The whole server on one thread: the real control plane inline over a real database, the real adapters, and loops
// on scripted transports. Nothing runs unless it is told to, so one seed decides everything.
import Synchronization
import TestSupport

@testable import ControlPlane
@testable import FanoutCore
@testable import FanoutTestSupport
@testable import seatcast

/// Two clocks that are moved by hand: time passes for both, and the wall clock alone is set.
final class SimulatedClock: ControlPlane.Clock {
  static let start: Int64 = 1_700_000_000_000
  private let passed = Atomic<Int64>(0)
  private let booted = Atomic<Int64>(0)
  private let error = Atomic<Int64>(0)
  var now: Instant {
    Instant(milliseconds: Self.start + total + error.load(ordering: .relaxed))
  }
  /// Since the machine was started.
  var uptime: Int64 { total - booted.load(ordering: .relaxed) }
  /// Since the simulation began.
  var total: Int64 { passed.load(ordering: .relaxed) }
  func advance(by step: UInt64) { passed.add(Int64(step), ordering: .relaxed) }
  static let greatestError: Int64 = 3 * 24 * 3_600_000
  /// The wall clock is wrong by so much from now on.
  func err(by milliseconds: Int64) { error.store(milliseconds, ordering: .relaxed) }
  /// The machine starts anew.
  func boot() { booted.store(total, ordering: .relaxed) }
}

/// Random bytes that a seed fixes.
final class SimulatedRandom: IdentifierSource {
  private let random: Mutex<SeededRandom>
  init(seed: UInt64) { random = Mutex(SeededRandom(seed: seed)) }
  func randomBytes(_ count: Int) -> [UInt8] { random.withLock { $0.bytes(count) } }
}

/// What the control plane complains of, without what the disk is to blame for.
final class SimulatedObserver: ControlObserver, LoopObserver {
  private let told = Mutex<[ControlIncident]>([])
  var incidents: [ControlIncident] { told.withLock { $0 } }
  func observe(_ incident: ControlIncident) {
    switch incident {
    case .clockStepped, .commitFailed, .storageFailed, .commitRecovered: return
    case .internalFailure(let sentence) where sentence.hasPrefix("tidying"): return
    default: told.withLock { $0.append(incident) }
    }
  }
  func observe(_ incident: LoopIncident) {}
}

/// The data plane's door for answers, without a plane.
struct SimulatedWaker: ReplyPort, AudiencePort {
  let proxies: [LoopProxy]
  var counters: [LoopCounters] = []

  func takeSubscribers() -> [[TopicID: SubscriberCount]] { counters.map { $0.takeSubscribers() } }
  func tell(_ texts: [TopicText], on loop: Int) { proxies[loop].post(.tellTopics(texts)) }

  func reply(_ replies: [(ticket: Ticket, response: HTTPResponse)]) {
    for proxy in proxies {
      let own = replies.filter { $0.ticket.loop == proxy.id }
      if !own.isEmpty { proxy.post(.replies(own)) }
    }
  }

  func deliver(_ history: History, to ticket: Ticket) {
    proxies[Int(ticket.loop.rawValue)].post(.history(history, ticket))
  }

  func tell(client id: UInt64, _ text: [UInt8]) {
    for proxy in proxies { proxy.post(.tellClient(id, text)) }
  }

  func end(_ credential: Credential, at moment: Int64) {
    for proxy in proxies { proxy.post(.endCredential(credential, at: moment)) }
  }

  func withdraw(client id: UInt64, code: CloseCode, reason: String) {
    for proxy in proxies { proxy.post(.withdrawClient(id, code, reason: reason)) }
  }
}

/// What ends when the process does.
struct SimulatedProcess {
  let backend: Backend
  let loops: [LoopDriver]
  let proxies: [LoopProxy]
  let viewers: ViewerNews
}

/// A machine with a disk, and the server on it, which can be killed and started again.
final class SimulatedServer {
  let clock = SimulatedClock()
  let observer = SimulatedObserver()
  let limits: Limits
  let adminToken: String
  private(set) var disk: FaultyDisk
  private var folder: MemoryFolder
  /// Nil only between an end and a start.
  private var process: SimulatedProcess?
  private let seed: UInt64
  private let loopCount: Int
  /// Whether the disk only says that it syncs: a planted fault.
  private let liesAboutSyncs: Bool
  private let planted: Planted?
  /// A copy of the database, for a restore.
  private var copy: MemoryFolder?
  /// How often the server was started.
  private(set) var starts = 1
  /// Milliseconds that each sync takes.
  var syncTime: UInt64 = 0
  /// Milliseconds since the last round of viewer counts.
  private var sinceRound: UInt64 = 0
  private static let files = StaticFiles.embedded()

  var backend: Backend { running.backend }
  var loops: [LoopDriver] { running.loops }
  var proxies: [LoopProxy] { running.proxies }

  private var running: SimulatedProcess {
    guard let process else { preconditionFailure("The server must run.") }
    return process
  }

  init(seed: UInt64, limits: Limits, loops count: Int, liesAboutSyncs: Bool = false, planted: Planted? = nil)
    throws
  {
    (self.limits, self.seed, loopCount, self.liesAboutSyncs) = (limits, seed, count, liesAboutSyncs)
    self.planted = planted
    folder = try MemoryFolder()
    disk = try FaultyDisk(seed: seed)
    let process = try Self.start(
      folder.path, disk, clock, observer, limits, loops: count, identifiers: SimulatedRandom(seed: seed),
      link: planted.map { FaultLink($0, seed: seed, isRestart: false) })
    self.process = process
    let admin = try process.backend.ensureAdmin(email: "admin@example.org", password: "admin password")
    // Tokens outlive every error of the clock.
    clock.err(by: SimulatedClock.greatestError * 2)
    adminToken = process.backend.tokens.issue(to: Self.user(admin.subject, .admin)).text
    clock.err(by: 0)
    watchDisk()
  }

  /// The parts of a server in the order of their making.
  private static func start(
    _ folder: String, _ disk: FaultyDisk, _ clock: SimulatedClock, _ observer: SimulatedObserver,
    _ limits: Limits, loops count: Int, identifiers: SimulatedRandom, link: FaultLink?
  ) throws -> SimulatedProcess {
    let proxies = (0..<count).map {
      LoopProxy(id: LoopID(UInt16($0)), capacity: limits.mailboxParcels, waker: SilentWaker())
    }
    let counters = proxies.map { _ in LoopCounters(countsSubscribers: true) }
    let replies = SimulatedWaker(proxies: proxies, counters: counters)
    let notices = NoticeAdapter(publisher: Publisher(loops: proxies), plane: replies)
    link?.sink = link.map { FaultySink(notices, $0) }
    var settings = configuration(folder, disk, limits)
    if let link { settings.wrapsStore = { FaultyStore($0, link) } }
    let backend = try Backend.open(
      settings, notices: link?.sink ?? notices,
      replies: ReplyAdapter(plane: replies), observer: observer, clock: clock, identifiers: identifiers,
      threads: .inline)
    link?.ledger = backend.threads.ledger.ledger
    let messages = SessionMessages(epoch: backend.epoch, clock: clock, identifiers: identifiers)
    let viewers = ViewerNews(plane: replies, loops: count) { messages.viewers($1, of: $0) }
    let pages = Pages(files: files, isReady: { true }, metrics: { _ in "" })
    let loops = proxies.map { proxy in
      LoopDriver(
        Loop(
          id: proxy.id, limits: limits, io: ScriptedTransport(), proxy: proxy,
          counters: counters[Int(proxy.id.rawValue)],
          inbound: InboundAdapter(backend: backend, pages: pages, origins: OriginPolicy(listed: [])),
          sessions: WebSocketHandler(
            backend: backend, messages: messages, origins: OriginPolicy(listed: []),
            watch: .public),
          source: TopicAdapter(backend: backend), observer: observer,
          table: DescriptorTable(limit: 1 << 20, limits),
          eventIDPrefix: Array("\(backend.epoch).".utf8)))
    }
    for loop in loops { loop.judgesFirst = link?.has(.deadlineFirst) == true }
    return SimulatedProcess(backend: backend, loops: loops, proxies: proxies, viewers: viewers)
  }

  private static func configuration(
    _ folder: String, _ disk: FaultyDisk, _ limits: Limits
  ) -> Backend.Configuration {
    var configuration = Backend.Configuration(dataFolder: folder)
    configuration.secret = Array("a secret of more than thirty-two bytes".utf8)
    configuration.passwordCost = .insecureTest
    configuration.workers = 1
    configuration.watchIsPublic = true
    configuration.historyLimit = limits.historyNotices
    configuration.vfs = disk.vfs
    return configuration
  }

  private static func user(_ subject: Subject, _ role: Role) -> User {
    User(
      id: UserID(0), subject: subject, email: "u\(subject)@example.org", name: "U", role: role,
      createdAt: Instant(milliseconds: 0))
  }

  /// A token of a user whom another service made.
  func token(user: Int64) -> String {
    clock.err(by: SimulatedClock.greatestError * 2)
    defer { clock.err(by: 0) }
    return backend.tokens.issue(to: Self.user(Subject(UInt64(user)), .user)).text
  }

  func advance(by milliseconds: UInt64) {
    clock.advance(by: milliseconds)
    for loop in loops { loop.io.advance(by: milliseconds) }
    sinceRound += milliseconds
    guard sinceRound >= ViewerNews.interval else { return }
    sinceRound = 0
    running.viewers.round()
  }

  /// Subscriptions of an event now, on all loops and of both audiences.
  func viewers(of event: Int64) -> Int {
    loops.reduce(0) { sum, loop in
      [event, -event].reduce(sum) { sum, topic in
        sum + (loop.loop.subscribers.report(TopicID(topic))?.subscribers ?? 0)
      }
    }
  }

  /// Everything that waits in the control plane.
  func finishWork() { while backend.pump() {} }

  func faults() -> [String] { loops.flatMap { $0.faults() } + observer.incidents.map { "\($0)" } }

  /// Bytes that wait for one connection at most: the answers of one turn, with the greetings of its subscriptions.
  func excess() -> [String] {
    let bound = 2 * limits.outboxBytes
    return loops.flatMap { loop in
      loop.loop.connections.indices.compactMap { slot in
        let count = loop.loop.connections[slot].waiting
        return count > bound ? "slot \(slot): \(count) bytes wait" : nil
      }
    }
  }
}

// MARK: Ends and starts

extension SimulatedServer {
  /// The power fails: the next start finds what the disk has, after the machine was off for a while.
  func crash(seed: UInt64, off milliseconds: UInt64) throws {
    disk.cut()
    let left = try MemoryFolder()
    try disk.crash(into: left.path, seed: seed)
    let epoch = try end()
    (folder, disk) = (left, try FaultyDisk(seed: seed))
    clock.advance(by: milliseconds)
    clock.boot()
    try start(epoch)
  }

  /// The process is killed, which leaves the kernel's cache alone, and started again.
  func kill() throws {
    disk.cut()
    let epoch = try end()
    disk.heal()
    disk.powerOn()
    try start(epoch)
  }

  /// The server is stopped as it should be, and started again.
  func stop() throws {
    disk.heal()
    try start(end())
  }

  /// Gives up everything that a process has. What it still tries on a disk that is off is lost.
  /// - Returns: its epoch.
  private func end() throws -> String {
    let epoch = backend.epoch
    // What is synced while a process goes takes no time of the next one.
    syncTime = 0
    backend.close()
    weak let old = backend
    process = nil
    guard old == nil else { throw TestFailure("the process that ended is still there") }
    return epoch
  }

  // MARK: Copies

  func backUp() throws {
    let copy = try MemoryFolder()
    let path = copy.path + "/copy.db"
    try put("", at: path)
    guard backend.threads.ledger.copy(to: path) == nil else { return }
    self.copy = copy
  }

  /// Puts the copy in the place of the database, and starts the server on it.
  /// - Returns: the epoch that operators are told; nil: there is no copy.
  func restore() throws -> String? {
    guard let copy else { return nil }
    disk.heal()
    let old = try end()
    let target = try MemoryFolder()
    let random = SimulatedRandom(seed: seed &+ 0xe90c)
    let report = try Restore.restore(copy.path + "/copy.db", into: target.path, identifiers: random)
    var epoch = report.newEpoch ?? ""
    if planted?.has(.keptEpoch) == true {
      let connection = try Connection(target.path + "/" + DataFolder.databaseName, .single)
      try Statement(connection, "UPDATE meta SET value = ? WHERE name = 'epoch'").run([.text(old)])
      epoch = old
    }
    (folder, disk) = (target, try FaultyDisk(seed: seed))
    try start(epoch)
    return epoch
  }

  private func start(_ epoch: String) throws {
    starts += 1
    syncTime = 0
    let random = SimulatedRandom(seed: seed &+ UInt64(starts) &* 1_000)
    process = try Self.start(
      folder.path, disk, clock, observer, limits, loops: loopCount, identifiers: random,
      link: planted.map { FaultLink($0, seed: seed &+ UInt64(starts), isRestart: true) })
    guard backend.epoch == epoch else { throw TestFailure("the epoch is another one after a start") }
    watchDisk()
  }

  /// A slow disk takes the time of the simulation.
  private func watchDisk() {
    if liesAboutSyncs { disk.ignoreSyncs() }
    disk.observer = { [weak self] operation in
      guard let self, operation == .sync, syncTime > 0 else { return }
      advance(by: syncTime)
    }
  }
}
