// The new process' end of a take-over (`serve --take-over SOCKET`): asks a running server for its listeners, its
// connections and what it has in memory, and has them when that server has let the data folder go. Main thread.
//
// Invariant: nothing is done to a connection before this process holds the folder's lock. If the running server ends in
// between, all of its connections are gone on with, or none when not all had come.
import ControlPlane
import FanoutCore
import Glibc

/// What a running server has handed over.
struct TakeOver {
  /// What was in its memory alone. Not to be logged.
  private(set) var memory: [[UInt8]] = []
  private(set) var late: [LateCommand] = []
  private(set) var connections = 0
  /// Connections that the former process keeps until they end.
  private(set) var kept = 0
  private(set) var program = ""
  /// When the loops of the former process began to stand still, by the machine's monotonic clock.
  private(set) var since: UInt64 = 0
  private let channel: HandoverChannel

  private enum Patience {
    static let word = 5_000
    /// The running server may finish a backup first.
    static let waiting = 10 * 60_000
    /// To commit what is under way and close its database.
    static let closing = 60_000
  }

  /// Takes everything over from the server behind `path`.
  /// - Parameter plane: has not started. After a failure it is to be abandoned.
  /// - Throws: a sentence; then the running server serves on, if it still can.
  init(from path: String, _ configuration: ServeConfiguration, to plane: DataPlane) throws(StartError) {
    channel = try Self.reach(path)
    let base = try Self.base(configuration)
    do throws(Refusal) {
      let welcome = try Self.introduce(configuration, plane, base, to: channel)
      program = welcome.program
      try Self.takeListeners(welcome, plane, base, from: channel)
      try channel.say(.begin)
      try takeAll(plane, from: channel)
    } catch {
      plane.stopTaking()
      throw StartError(error.sentence ?? "The running server has gone away.")
    }
  }

  private static func reach(_ path: String) throws(StartError) -> HandoverChannel {
    do throws(HandoverChannel.Failure) {
      return try HandoverChannel(path: path)
    } catch {
      let why = if case .system(let words) = error { words } else { "it does not answer" }
      throw StartError("No server can be reached at \(path) to take over from: \(why).")
    }
  }

  /// Where the loops wait: in the data folder, which both processes can write to.
  private static func base(_ configuration: ServeConfiguration) throws(StartError) -> String {
    guard let folder = unsafe realpath(configuration.dataFolder, nil) else {
      throw StartError("There is no data folder \(configuration.dataFolder) to take over.")
    }
    defer { unsafe free(folder) }
    return unsafe String(cString: folder) + "/take-over.\(getpid())"
  }

  // MARK: The conversation

  private static func introduce(
    _ configuration: ServeConfiguration, _ plane: DataPlane, _ base: String, to channel: HandoverChannel
  ) throws(Refusal) -> TakeOverMessage.Welcome {
    var hello = TakeOverMessage.Hello()
    (hello.program, hello.process, hello.base) = (Version.number, UInt64(getpid()), base)
    hello.folder = FolderIdentity(path: configuration.dataFolder) ?? hello.folder
    hello.loops = UInt64(configuration.address.loopsHere)
    (hello.room, hello.sharesTable) = (UInt64(plane.room.connections), plane.room.isShared)
    hello.setup = configuration.setup(
      port: configuration.address.port, apart: configuration.adminListen?.port)
    try channel.say(.hello(hello))
    switch try channel.next(within: Patience.word) {
    case .welcome(let welcome) where hello.versions.contains(welcome.version):
      try hello.checkRoom(for: welcome)
      return welcome
    case .refused(let sentence): throw Refusal(sentence)
    default: throw Refusal.strange
    }
  }

  private static func takeListeners(
    _ welcome: TakeOverMessage.Welcome, _ plane: DataPlane, _ base: String, from channel: HandoverChannel
  ) throws(Refusal) {
    var sockets: [Int32] = []
    defer { HandoverChannel.discard(sockets) }
    while sockets.count < welcome.listeners {
      guard let (bytes, descriptors) = try? channel.receive(within: Patience.word) else { throw Refusal.gone }
      sockets += descriptors
      guard TakeOverMessage(bytes) == .listeners, !descriptors.isEmpty else { throw Refusal.strange }
    }
    let hasApart = welcome.connections.count > welcome.loops
    guard sockets.count > (hasApart ? 1 : 0), welcome.loops > 0 else { throw Refusal.strange }
    do {
      try plane.take(
        listeners: hasApart ? sockets.dropLast() : sockets, apart: hasApart ? sockets.last : nil,
        areShared: welcome.listenersAreShared, fromLoops: Int(welcome.loops), at: base)
    } catch {
      throw Refusal(StartError(telling: error).description)
    }
  }

  /// Up to the word that the data folder is free. Once this process has said that it has everything, the end of the other
  /// one means the same.
  private mutating func takeAll(_ plane: DataPlane, from channel: HandoverChannel) throws(Refusal) {
    var (patience, isReady) = (Patience.waiting, false)
    while true {
      let message: TakeOverMessage?
      do throws(Refusal) {
        message = try channel.next(within: patience)
      } catch {
        // The server has ended without a word. What has come completely is gone on with; of less it might have served on.
        guard error == .gone else { throw error }
        if !isReady { plane.stopTaking() }
        return
      }
      patience = isReady ? Patience.closing : Patience.waiting
      switch message {
      case .memory(let piece): memory.append(piece)
      case .passed(let count, let kept, let since):
        guard let taken = plane.awaitConnections(), taken == count else {
          throw Refusal("Not all connections of the running server have come.")
        }
        (connections, self.kept, self.since) = (taken, Int(kept), since)
        (isReady, patience) = (true, Patience.closing)
        try channel.say(.ready(count))
      case .late(let commands): late += commands
      case .yours where isReady: return
      case .refused(let sentence): throw Refusal(sentence)
      default: throw Refusal.strange
      }
    }
  }

  // MARK: After the start

  /// The loops go on with all connections. The former process has waited for that with what costs much.
  func tellServing() { try? channel.send(TakeOverMessage.serving.bytes) }

  /// Does what the former process was told to do to connections that were on their way, and ends what was admitted by a key
  /// that this process does not trust.
  func finish(_ plane: DataPlane, _ keys: [UInt32: Instant]) {
    for command in late {
      switch command {
      case .withdraw(let client, let code, let reason):
        plane.withdraw(client: client, code: code, reason: reason)
      case .end(let credential, let moment): plane.end(credential, at: moment)
      case .tell(let client, let text): plane.tell(client: client, text)
      }
    }
    for credential in plane.adoptedCredentials {
      plane.end(credential, at: keys[credential.rawValue]?.milliseconds ?? 0)
    }
  }
}

extension TakeOverMessage.Hello {
  /// Whether the connections of each loop, dealt to the loops here, have room.
  func checkRoom(for welcome: TakeOverMessage.Welcome) throws(Refusal) {
    let dealt = DataPlane.deal(welcome.connections, ofLoops: Int(clamping: welcome.loops), to: Int(loops))
    let most = sharesTable ? dealt.reduce(0, +) : dealt.max() ?? 0
    guard most <= room else {
      throw Refusal(
        "The running server has \(most) connections for one table of descriptors here, which has room for \(room);"
          + " start with more --loops and --descriptor-tables private.")
    }
  }
}

extension ServeConfiguration {
  /// What a process that takes over must have in common with the one before.
  /// - Parameters:
  ///   - port: what is listened on, or is to be.
  ///   - apart: the same of the loop apart.
  func setup(port: Int, apart: Int?) -> TakeOverMessage.Setup {
    TakeOverMessage.Setup(
      url: address.url(port: port),
      apart: adminListen.flatMap { admin in apart.map { admin.url(port: $0) } } ?? "")
  }
}
