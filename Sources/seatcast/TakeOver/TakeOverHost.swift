// The running server's end of a take-over: a socket in the data folder at which another process of this user may ask for
// everything that is served here. A thread of its own leads one handover at a time.
//
// Invariant: whoever holds the lock of the data folder has the connections. This process touches them until it lets the
// folder go, the other one from when it has taken it. So whichever of the two ends, at whatever moment, the other one knows
// by the lock what it may do (docs/decisions/0039-whoever-holds-the-lock-has-the-connections.md).
import ControlPlane
import FanoutCore
import FoundationEssentials
import Glibc
import Synchronization

final class TakeOverHost: Sendable {
  static let name = "take-over.sock"

  /// The parts of the running server that a handover stops, or hands over.
  struct Server: Sendable {
    let plane: DataPlane
    let backend: Backend
    let admin: AdminService
    let setup: TakeOverMessage.Setup
  }

  private enum Patience {
    /// For the other process to say something that it knows at once.
    static let word = 5_000
    /// To take a refusal while nobody is served here.
    static let refusal = 100
    /// To prepare its loops.
    static let preparation = 60_000
    /// For what goes ahead, while everybody is served; what does not go in time goes later.
    static let ahead = 30_000
    /// For passwords that are being hashed.
    static let settling = 3_000
    /// For requests under way, while nobody is served.
    static let requests = 80
    /// For the other process to serve. Those who stay here wait for it, too.
    static let serving = 2_000
    /// For the loops to stand still, and then to pass everything.
    static let loops = 10_000
  }

  private let server: Server
  private let log: Log
  /// Called on this object's thread once everything was handed over: the process is to end.
  private let done: @Sendable (_ heir: Int32) -> Void
  private let isClosing = Atomic(false)
  private let outcome = Mutex<Int32?>(nil)
  private let thread = Mutex<NamedThread?>(nil)

  init(_ server: Server, log: Log, done: @escaping @Sendable (_ heir: Int32) -> Void) {
    (self.server, self.log, self.done) = (server, log, done)
  }

  static func path(in folder: String) -> String { folder + "/" + name }

  /// The process that has taken over; nil: none has.
  var heir: Int32? { outcome.withLock { $0 } }

  /// To be called when the loops have started. Without a socket the server serves all the same; the log says why.
  func start() {
    let folder = server.backend.dataFolder
    let path = Self.path(in: folder)
    Self.removeLeftovers(in: folder)
    do throws(HandoverChannel.Failure) {
      let listener = try HandoverChannel.Listener(path: path)
      let started = try? NamedThread("take-over") { [self] in run(listener) }
      thread.withLock { $0 = started }
    } catch {
      log.write(
        LogEntry(.warning, "another process cannot take over from this server", ["why": "\(path): \(error)"]))
    }
  }

  /// Sockets of loops whose process was killed while it took over. Nobody takes over before this server listens.
  private static func removeLeftovers(in folder: String) {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    for file in names where file.hasPrefix("take-over.") && file != name {
      _ = unsafe unlink(folder + "/" + file)
    }
  }

  /// Ends listening, after a handover that is under way. Not on this object's thread.
  func close() {
    isClosing.store(true, ordering: .relaxed)
    let running = thread.withLock { thread in
      defer { thread = nil }
      return thread
    }
    running?.join()
  }

  private func run(_ listener: HandoverChannel.Listener) {
    while !isClosing.load(ordering: .relaxed) {
      guard let channel = try? listener.accept(within: 100) else { continue }
      guard let heir = converse(channel, listener) else { continue }
      outcome.withLock { $0 = heir }
      return done(heir)
    }
  }

  // MARK: The conversation

  /// - Returns: the process that has everything now; nil: this one serves on.
  private func converse(_ channel: HandoverChannel, _ listener: HandoverChannel.Listener) -> Int32? {
    do throws(Refusal) {
      guard case .hello(let hello)? = try channel.next(within: Patience.word) else { throw Refusal.strange }
      let version = try check(hello)
      try introduce(version, to: channel)
      guard case .begin? = try channel.next(within: Patience.preparation) else { throw Refusal.strange }
      log.write(
        LogEntry(
          .info, "another process takes over",
          ["process": String(hello.process), "version": hello.program]))
      let handover = server.plane.handOver(
        to: hello.base, loops: Int(hello.loops), patience: Patience.requests)
      guard version < TakeOverMessage.aheadVersion || handover.passAhead(within: Patience.ahead) else {
        handover.goOn()
        throw Refusal("The new process has not taken all connections.")
      }
      let since = try handOver(handover, channel, listener)
      let milliseconds = (SystemClock().nanoseconds - since) / 1_000_000
      log.write(
        LogEntry(
          .info, "everything was handed over",
          ["process": String(hello.process), "milliseconds": String(milliseconds)]))
      // Whatever it says, or its end.
      _ = try? channel.receive(within: Patience.serving)
      handover.close()
      return Int32(clamping: hello.process)
    } catch {
      guard let sentence = error.sentence else { return nil }
      log.write(LogEntry(.warning, "no process has taken over", ["why": sentence]))
      try? channel.send(TakeOverMessage.refused(sentence).bytes, within: Patience.word)
      return nil
    }
  }

  /// - Returns: the version of the protocol that both know.
  private func check(_ hello: TakeOverMessage.Hello) throws(Refusal) -> UInt64 {
    guard hello.versions.overlaps(TakeOverMessage.protocolVersions) else {
      throw Refusal(
        "The running server (\(Version.number)) does not know how \(hello.program) takes over; restart it instead."
      )
    }
    guard let folder = FolderIdentity(path: server.backend.dataFolder), hello.folder == folder else {
      throw Refusal("The running server has another data folder.")
    }
    guard hello.setup.fits(server.setup, atAnyAddress: server.plane.listenersAreShared) else {
      throw Refusal(
        "The running server has \(server.setup.words), and the new one is to have \(hello.setup.words).")
    }
    guard hello.loops > 0, hello.loops <= 1_024, hello.base.hasPrefix("/") else { throw Refusal.strange }
    return min(hello.versions.upperBound, TakeOverMessage.protocolVersions.upperBound)
  }

  private func introduce(_ version: UInt64, to channel: HandoverChannel) throws(Refusal) {
    var welcome = TakeOverMessage.Welcome(version: version)
    welcome.program = Version.number
    welcome.process = UInt64(getpid())
    let counts = server.plane.connectionCounts
    welcome.connections = counts.map { UInt64($0) }
    welcome.loops = UInt64(counts.count - (server.plane.listenerApart == nil ? 0 : 1))
    let listeners = server.plane.listeners + (server.plane.listenerApart.map { [$0] } ?? [])
    welcome.listeners = UInt64(listeners.count)
    welcome.listenersAreShared = server.plane.listenersAreShared
    try channel.say(.welcome(welcome))
    for start in stride(from: 0, to: listeners.count, by: ConnectionBatchSize.listeners) {
      let part = listeners[start..<min(start + ConnectionBatchSize.listeners, listeners.count)]
      try channel.say(.listeners, Array(part))
    }
  }

  // MARK: The handover

  /// Up to `close` of the backend everything is undone when it throws.
  /// - Returns: when the loops began to stand still.
  private func handOver(
    _ handover: PlaneHandover, _ channel: HandoverChannel, _ listener: HandoverChannel.Listener
  ) throws(Refusal) -> UInt64 {
    server.admin.stop()
    _ = server.backend.settle(within: Patience.settling)
    let since = SystemClock().nanoseconds
    do throws(Refusal) {
      guard handover.settle(within: Patience.loops) else {
        throw Refusal("A loop of the running server is stuck.")
      }
      for piece in server.backend.memory() { try channel.say(.memory(piece)) }
      guard let (passed, kept) = handover.pass(within: Patience.loops) else {
        throw Refusal("The new process has not taken all connections.")
      }
      try channel.say(.passed(UInt64(passed), kept: UInt64(kept), since: since))
      guard case .ready(UInt64(passed))? = try channel.next(within: Patience.word) else {
        throw Refusal.strange
      }
    } catch {
      // Before anything changes here, so that the other process can never take what is out of date.
      if let sentence = error.sentence {
        try? channel.send(TakeOverMessage.refused(sentence).bytes, within: Patience.refusal)
      }
      serveOn(handover)
      throw error
    }
    // From here on the other process is the server, whatever happens to this one. It will have a socket at this path.
    listener.remove()
    server.backend.close()
    let late = handover.leave()
    for start in stride(from: 0, to: late.count, by: ConnectionBatchSize.late) {
      try? channel.say(.late(Array(late[start..<min(start + ConnectionBatchSize.late, late.count)])))
    }
    try? channel.say(.yours)
    return since
  }

  private func serveOn(_ handover: PlaneHandover) {
    handover.goOn()
    server.backend.resume()
    do {
      try server.admin.start()
    } catch {
      log.write(
        LogEntry(.warning, "backups are not made and commands do not reach this server", ["why": "\(error)"]))
    }
  }
}

/// How much goes into one message.
enum ConnectionBatchSize {
  static let listeners = 128
  static let late = 64
}

/// Why a take-over ends without one.
struct Refusal: Error, Equatable {
  /// Nil: the other process is gone, and nobody is to be told.
  let sentence: String?

  init(_ sentence: String?) { self.sentence = sentence }

  static let strange = Refusal("The two processes do not understand each other.")
  static let gone = Refusal(nil)
}

extension HandoverChannel {
  func say(_ message: TakeOverMessage, _ descriptors: [Int32] = []) throws(Refusal) {
    do throws(Failure) {
      try send(message.bytes, descriptors)
    } catch {
      throw Refusal.gone
    }
  }

  /// The next message, which has no descriptors; nil: none of this protocol.
  func next(within milliseconds: Int) throws(Refusal) -> TakeOverMessage? {
    do throws(Failure) {
      let (bytes, descriptors) = try receive(within: milliseconds)
      Self.discard(descriptors)
      return TakeOverMessage(bytes)
    } catch {
      throw error == .ended ? Refusal.gone : Refusal("The other process did not answer in time.")
    }
  }
}

extension FolderIdentity {
  /// Nil: there is no such folder.
  init?(path: String) {
    var facts = stat()
    guard unsafe stat(path, &facts) == 0 else { return nil }
    self.init(device: UInt64(facts.st_dev), number: UInt64(facts.st_ino))
  }
}

extension TakeOverMessage.Setup {
  /// Whether a process that is to be set up like this can go on where one with `other` stops.
  /// - Parameter atAnyAddress: a service manager opened the listeners, so the new process does not say where they are. That
  ///   apart is always the server's own.
  func fits(_ other: TakeOverMessage.Setup, atAnyAddress: Bool = false) -> Bool {
    (atAnyAddress || Self.fits(url, other.url)) && Self.fits(apart, other.apart)
  }

  /// Port 0 takes any.
  private static func fits(_ wanted: String, _ given: String) -> Bool {
    if wanted == given { return true }
    guard wanted.hasSuffix(":0"), let colon = given.lastIndex(of: ":") else { return false }
    return wanted.dropLast() == given[...colon]
  }

  var words: String { apart.isEmpty ? url : "\(url) and \(apart) for administration" }
}
