#if Cluster
  // The bus between nodes over NATS: one subject per event, `<prefix>.evt.<id>`, to which the nodes subscribe that have watchers of
  // it. Nothing depends on a message: what cannot be sent at once is dropped and counted, and the database's wake-up does its work.
  //
  // A thread of its own calls libnats, because its calls can wait for a full socket; the ledger's thread only puts messages and
  // wishes down under a lock.

  import ControlPlane
  import Glibc
  import Synchronization

  final class NATSBus: ClusterBus, BusCarrier {
    private let options: NATSOptions
    private let prefix: String
    private let hear: @Sendable ([UInt8]) -> Void
    private let tell: @Sendable (BusNews) -> Void
    private let state = Monitor(State())
    private let thread = Mutex<NamedThread?>(nil)

    /// What may wait to be sent, in bytes. Messages are a few hundred bytes per booking.
    static let waitingBytes = 8 * 1_024 * 1_024
    /// Seconds between two attempts after libnats has given up, and after which a first connection is missed.
    private static let pause = 2
    private static let patience = 3

    fileprivate struct State {
      var report = BusReport()
      var waiting: [(event: EventID, message: [UInt8])] = []
      var waitingBytes = 0
      /// Events whose messages are wanted.
      var wanted: Set<EventID> = []
      /// Those of which that has changed.
      var changed: Set<EventID> = []
      var isClosed = false
      var isOver = false
    }

    /// - Parameters:
    ///   - hear: takes what another node has published, on libnats' thread; must not block.
    ///   - tell: told of changes; any thread.
    init(
      _ options: NATSOptions, prefix: String, hear: @escaping @Sendable ([UInt8]) -> Void,
      tell: @escaping @Sendable (BusNews) -> Void
    ) {
      (self.options, self.prefix, self.hear, self.tell) = (options, prefix, hear, tell)
    }

    /// Begins to connect; does not wait for it.
    func start() throws(StartFailure) {
      let started = try NamedThread("bus") { self.run() }
      thread.withLock { $0 = started }
    }

    /// Returns when nothing is heard any more.
    func stop() {
      change { $0.isOver = true }
      let running = thread.withLock { thread in
        defer { thread = nil }
        return thread
      }
      running?.join()
    }

    private func change<Result>(_ body: (inout State) -> Result) -> Result {
      defer { state.notifyOne() }
      return state.withLock(body)
    }

    var report: BusReport { state.withLock { $0.report } }
    var isConnected: Bool { report.state == .connected }

    // MARK: The ledger's thread

    func publish(_ event: EventID, _ message: [UInt8]) {
      change { state in
        guard state.report.state == .connected, !state.isOver,
          state.waitingBytes + message.count <= Self.waitingBytes
        else {
          state.report.unsent += 1
          return
        }
        state.waiting.append((event, message))
        state.waitingBytes += message.count
      }
    }

    func follow(_ event: EventID) { want(event, true) }
    func unfollow(_ event: EventID) { want(event, false) }

    private func want(_ event: EventID, _ isWanted: Bool) {
      change { state in
        if isWanted { state.wanted.insert(event) } else { state.wanted.remove(event) }
        state.changed.insert(event)
        state.report.followed = state.wanted.count
      }
    }

    // MARK: The bus' thread

    private func run() {
      let context = NATSContext(Listener(self))
      while !state.withLock({ $0.isOver }) {
        do throws(StartError) {
          serve(try NATSConnection(options, context))
        } catch {
          tell(.trouble(error.description))
        }
        _ = state.wait(milliseconds: Self.pause * 1_000) { $0.isOver ? () : nil }
      }
    }

    /// Until the bus ends, or libnats gives up.
    private func serve(_ connection: NATSConnection) {
      // Everything is subscribed anew.
      state.withLock { state in
        (state.isClosed, state.changed) = (false, state.wanted)
      }
      var isMissed = false
      let start = Self.now
      while true {
        _ = state.wait(milliseconds: 1_000) { $0.hasWork ? () : nil }
        let (work, isEnd) = state.withLock { ($0.takeWork(), $0.isOver || $0.isClosed) }
        if isEnd { break }
        perform(work, connection)
        if !isMissed, work.state == .connecting, Self.now - start >= Self.patience {
          isMissed = true
          tell(.unreachable(connection.lastError))
        }
      }
      state.withLock { $0.drop() }
    }

    private func perform(_ work: Work, _ connection: NATSConnection) {
      for (event, isWanted) in work.wishes {
        let subject = subject(event)
        if !isWanted {
          connection.unsubscribe(subject)
        } else if !connection.subscribe(subject) {
          // Once more in a second.
          state.withLock { _ = $0.changed.insert(event) }
          usleep(10_000)
        }
      }
      guard !work.messages.isEmpty else { return }
      var sent: UInt64 = 0
      for (event, message) in work.messages where connection.isConnected {
        if connection.publish(subject(event), message) { sent += 1 }
      }
      let unsent = UInt64(work.messages.count) - sent
      state.withLock { state in
        state.report.sent += sent
        state.report.unsent += unsent
      }
    }

    private func subject(_ event: EventID) -> String { "\(prefix).evt.\(event.rawValue)" }

    private static var now: Int {
      var moment = timespec()
      unsafe clock_gettime(CLOCK_MONOTONIC, &moment)
      return moment.tv_sec
    }

    /// What the thread does in one turn.
    fileprivate struct Work {
      var state: BusState
      var wishes: [(event: EventID, isWanted: Bool)]
      var messages: [(event: EventID, message: [UInt8])]
    }

    // MARK: libnats' threads

    /// Weak, because what libnats calls is never freed.
    private final class Listener: NATSListener {
      private let bus: WeakBus
      init(_ bus: NATSBus) { self.bus = WeakBus(bus) }

      func connected() { bus.value?.note(.connected, .connected) }
      func disconnected(_ why: String) { bus.value?.note(.disconnected, .lost(why)) }
      func closed(_ why: String) { bus.value?.closed(why) }
      func failed(_ why: String, isSlow: Bool) { bus.value?.failed(why, isSlow: isSlow) }
      func heard(_ message: [UInt8]) { bus.value?.heard(message) }
    }

    private final class WeakBus: Sendable {
      weak let value: NATSBus?
      init(_ bus: NATSBus) { value = bus }
    }

    private func note(_ now: BusState, _ news: BusNews) {
      let isNews = change { state in
        guard !state.isOver, state.report.state != now else { return false }
        if state.report.state == .connected {
          state.report.losses += 1
          state.drop()
        }
        // A first connection that fails is no loss of one.
        guard now == .connected || state.report.state == .connected else { return false }
        state.report.state = now
        return true
      }
      if isNews { tell(news) }
    }

    private func closed(_ why: String) {
      note(.disconnected, .lost(why))
      let isNews = change { state in
        state.isClosed = true
        return !state.isOver
      }
      if isNews { tell(.trouble("libnats gave up and begins anew: \(why)")) }
    }

    private func failed(_ why: String, isSlow: Bool) {
      state.withLock { if isSlow { $0.report.slow += 1 } }
      tell(.trouble(why))
    }

    private func heard(_ message: [UInt8]) {
      let isOpen = state.withLock { state in
        state.report.heard += 1
        return !state.isOver
      }
      if isOpen { hear(message) }
    }
  }

  extension NATSBus.State {
    fileprivate var hasWork: Bool { isOver || isClosed || !changed.isEmpty || !waiting.isEmpty }

    fileprivate mutating func takeWork() -> NATSBus.Work {
      defer { (waiting, waitingBytes, changed) = ([], 0, []) }
      return NATSBus.Work(
        state: report.state, wishes: changed.map { ($0, wanted.contains($0)) }, messages: waiting)
    }

    /// What waits is not sent.
    fileprivate mutating func drop() {
      report.unsent += UInt64(waiting.count)
      (waiting, waitingBytes) = ([], 0)
    }
  }
#endif
