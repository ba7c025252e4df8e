// The whole server on one thread: the real control plane inline over a real database, the real adapters, and loops
// on scripted transports. Nothing runs unless it is told to, so one seed decides everything.
import Glibc
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
  private let error = Atomic<Int64>(0)
  var now: Instant {
    Instant(milliseconds: Self.start + uptime + error.load(ordering: .relaxed))
  }
  var uptime: Int64 { passed.load(ordering: .relaxed) }
  func advance(by step: UInt64) { passed.add(Int64(step), ordering: .relaxed) }
  static let greatestError: Int64 = 3 * 24 * 3_600_000
  /// The wall clock is wrong by so much from now on.
  func err(by milliseconds: Int64) { error.store(milliseconds, ordering: .relaxed) }
}

/// Random bytes that a seed fixes.
final class SimulatedRandom: IdentifierSource {
  private let random: Mutex<SeededRandom>
  init(seed: UInt64) { random = Mutex(SeededRandom(seed: seed)) }
  func randomBytes(_ count: Int) -> [UInt8] { random.withLock { $0.bytes(count) } }
}

/// What the control plane complains of.
final class SimulatedObserver: ControlObserver, LoopObserver {
  private let told = Mutex<[ControlIncident]>([])
  var incidents: [ControlIncident] { told.withLock { $0 } }
  func observe(_ incident: ControlIncident) {
    if case .clockStepped = incident { return }
    told.withLock { $0.append(incident) }
  }
  func observe(_ incident: LoopIncident) {}
}

/// The data plane's door for answers, without a plane.
struct SimulatedWaker: ReplyPort {
  let proxies: [LoopProxy]

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

final class SimulatedServer {
  let clock = SimulatedClock()
  let observer = SimulatedObserver()
  let backend: Backend
  let loops: [LoopDriver]
  let proxies: [LoopProxy]
  let limits: Limits
  let adminToken: String
  private let folder: SimulatedFolder
  private static let files = StaticFiles.embedded()

  init(seed: UInt64, limits: Limits, loops count: Int) throws {
    self.limits = limits
    folder = try SimulatedFolder()
    proxies = (0..<count).map {
      LoopProxy(id: LoopID(UInt16($0)), capacity: limits.mailboxParcels, waker: SilentWaker())
    }
    let door = SimulatedWaker(proxies: proxies)
    var configuration = Backend.Configuration(dataFolder: folder.path)
    configuration.secret = Array("a secret of more than thirty-two bytes".utf8)
    configuration.passwordCost = .insecureTest
    configuration.workers = 1
    configuration.watchIsPublic = true
    configuration.historyLimit = limits.historyNotices
    backend = try Backend.open(
      configuration, notices: NoticeAdapter(publisher: Publisher(loops: proxies), plane: door),
      replies: ReplyAdapter(plane: door), observer: observer, clock: clock,
      identifiers: SimulatedRandom(seed: seed), threads: .inline)
    let admin = try backend.ensureAdmin(email: "admin@example.org", password: "admin password")
    // Tokens outlive every error of the clock.
    clock.err(by: SimulatedClock.greatestError * 2)
    adminToken = backend.tokens.issue(to: Self.user(admin.subject, .admin)).text
    clock.err(by: 0)
    let messages = SessionMessages(
      epoch: backend.epoch, clock: clock, identifiers: SimulatedRandom(seed: seed + 1))
    let pages = Pages(files: Self.files, isReady: { true }, metrics: { _ in "" })
    loops = proxies.map { [backend, observer] proxy in
      LoopDriver(
        Loop(
          id: proxy.id, limits: limits, io: ScriptedTransport(), proxy: proxy,
          counters: LoopCounters(),
          inbound: InboundAdapter(backend: backend, pages: pages, origins: OriginPolicy(listed: [])),
          sessions: WebSocketHandler(
            backend: backend, messages: messages, origins: OriginPolicy(listed: []),
            watch: .public),
          source: TopicAdapter(backend: backend), observer: observer,
          table: DescriptorTable(limit: 1 << 20, limits),
          eventIDPrefix: Array("\(backend.epoch).".utf8)))
    }
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

/// A folder in memory where there is one: a simulation asks for thousands of commits, and a disk that keeps them
/// is tested elsewhere.
final class SimulatedFolder {
  let path: String
  private let temporary: TemporaryFolder?
  private static let count = Atomic(0)

  init() throws {
    let number = Self.count.add(1, ordering: .relaxed).newValue
    let memory = "/dev/shm/seatcast-simulation-\(getpid())-\(number)"
    if unsafe mkdir(memory, 0o700) == 0 {
      path = memory
      temporary = nil
    } else {
      let folder = try TemporaryFolder()
      path = folder.path
      temporary = folder
    }
  }

  deinit { if temporary == nil { removeTree(path) } }
}
