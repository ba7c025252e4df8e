// Handing all connections of a plane to the plane of another process, and taking them from one. The thread that leads the
// handover calls this; it is none of the plane's.
import Synchronization

#if canImport(Glibc)
  internal import Glibc
#endif

extension DataPlane {
  // MARK: The process that gives

  /// Sockets that this plane listens on: numbers that are good in the table of the main thread.
  public var listeners: [Int32] { transports.prefix(configuration.loops).flatMap(\.listeners) }
  /// That of the loop apart; nil: there is none.
  public var listenerApart: Int32? { configuration.apart == nil ? nil : transports.last?.listeners.first }

  /// Whether the sockets are also held by whoever opened them for this process.
  public var listenersAreShared: Bool {
    !configuration.inheritedListeners.isEmpty || sharesListeners.withLock { $0 }
  }

  /// Somebody else holds the listeners, too, and they are to go on when this plane stops.
  public func shareListeners() {
    sharesListeners.withLock { $0 = true }
    proxies.prefix(configuration.loops).forEach { $0.post(.shareListeners) }
  }

  /// Open connections of each loop, as of its last tick; the loop apart is the last.
  public var connectionCounts: [Int] { counts().map(\.connectionsOpen) }

  /// A handover, of which nothing has begun.
  /// - Parameters:
  ///   - base: where the loops of the other process wait.
  ///   - loops: how many the other process has, without the loop apart.
  ///   - milliseconds: that requests under way have for their answers.
  public func handOver(to base: String, loops: Int, patience milliseconds: Int) -> PlaneHandover {
    let tasks = proxies.indices.map { index in
      let target = Intake.target(ofLoop: index, of: configuration.loops, loops: loops)
      return HandoverTask(loop: index, patience: UInt64(milliseconds) * 1_000_000) {
        (try? HandoverChannel(path: Intake.path(base, loop: target))).map(ChannelLink.init)
      }
    }
    return PlaneHandover(tasks, proxies)
  }

  // MARK: The process that takes

  /// Listens on sockets of another process, and has each loop wait for the connections that are dealt to it. `start`
  /// follows, or `abandon`.
  /// - Parameters:
  ///   - listeners: they belong to the caller, who may close them once this has returned.
  ///   - areShared: whether others hold them, too, and go on with them.
  ///   - loops: how many loops the other process has, without the loop apart.
  ///   - base: where the loops wait.
  public func take(
    listeners: [Int32], apart: Int32?, areShared: Bool, fromLoops loops: Int, at base: String
  ) throws(DataPlaneFailure) {
    let port = try listen(on: listeners, areShared: areShared)
    sharesListeners.withLock { $0 = areShared }
    if let apart { try listenApart(on: apart, isShared: false) }
    let targets = (0..<loops + (apart == nil ? 0 : 1)).map {
      Intake.target(ofLoop: $0, of: loops, loops: configuration.loops)
    }
    let intake = Intake(
      at: base, port: port, senders: transports.indices.map { loop in targets.count { $0 == loop } })
    self.intake.withLock { $0 = intake }
    _ = try startThreads(listening: port, intake)
    guard intake.awaitListening() else {
      throw DataPlaneFailure(description: "the loops cannot wait for connections at \(base)")
    }
  }

  /// Waits until every loop has what was dealt to it: how many connections in all; nil: not all have come.
  public func awaitConnections() -> Int? { intake.withLock { $0 }?.awaitComplete() }

  /// Waits until every loop goes on with its connections, after `start`.
  public func awaitAdoption() { intake.withLock { $0 }?.awaitAdopted() }

  /// Stops waiting for connections; those that came are dropped. Another thread than the one that waits may call it.
  public func stopTaking() { intake.withLock { $0 }?.cancel() }

  /// By what connections that came from another process were admitted.
  public var adoptedCredentials: Set<Credential> { intake.withLock { $0 }?.credentials ?? [] }

  /// How many connections of another process each loop of this one would get; the loop apart is the last.
  /// - Parameters:
  ///   - connections: of each loop there, in the same order.
  ///   - count: how many loops there are there, without the loop apart.
  ///   - loops: the same here.
  public static func deal(_ connections: [UInt64], ofLoops count: Int, to loops: Int) -> [UInt64] {
    var dealt = [UInt64](repeating: 0, count: loops + 1)
    for (index, open) in connections.enumerated() {
      dealt[Intake.target(ofLoop: index, of: count, loops: loops)] += open
    }
    return dealt
  }

  /// How many connections one table of descriptors has room for, and whether all loops share it.
  public var room: (connections: Int, isShared: Bool) {
    let room = descriptorTable().room
    return (min(room, configuration.limits.connectionsPerLoop), configuration.descriptorTables == .shared)
  }
}

/// A plane that hands over. Each step waits; the leading thread calls them in order.
public final class PlaneHandover: Sendable {
  private let tasks: [HandoverTask]
  private let proxies: [LoopProxy]

  init(_ tasks: [HandoverTask], _ proxies: [LoopProxy]) { (self.tasks, self.proxies) = (tasks, proxies) }

  /// Has the loops send what lasts of their connections ahead, a little at a time, while they serve. It may be left out. What
  /// does not go in time goes later.
  /// - Returns: false: the other process is gone, or has no room.
  public func passAhead(within milliseconds: Int) -> Bool {
    let sent = waits(milliseconds, pause: Self.pauseAhead) {
      for (task, proxy) in zip(tasks, proxies) where task.ahead == .ready {
        task.ahead = .asked
        proxy.post(.passAhead(task))
      }
      return tasks.contains { $0.ahead == .failed } ? nil : tasks.allSatisfy { $0.ahead == .complete }
    }
    return sent || !tasks.contains { $0.ahead == .failed }
  }

  /// Microseconds from one message of each loop to its next: time for what the loop serves.
  private static let pauseAhead: UInt32 = 1_000

  /// From now on the loops serve nobody and answer what is under way; waits until they have. False: not in time.
  public func settle(within milliseconds: Int) -> Bool {
    for (task, proxy) in zip(tasks, proxies) { proxy.post(.handOver(task)) }
    return waits(milliseconds) { $0 == .settled }
  }

  /// Has the loops send their connections: how many went and how many stay; nil: not all were taken.
  public func pass(within milliseconds: Int) -> (passed: Int, kept: Int)? {
    for task in tasks { task.give(.pass) }
    let isPassed = waits(milliseconds) { if case .passed = $0 { true } else { false } }
    guard isPassed else { return nil }
    return tasks.reduce((0, 0)) { sum, task in
      guard case .passed(let count, let kept) = task.step else { return sum }
      return (sum.0 + count, sum.1 + kept)
    }
  }

  /// The connections are the other process's. Returns what it is to do to them because this one was told to meanwhile. `close`
  /// follows; until then, for two seconds at most, the loops stand still.
  public func leave() -> [LateCommand] {
    for task in tasks { task.give(.leave) }
    _ = waits(.max) { $0 == .left }
    return tasks.flatMap(\.late)
  }

  /// The other process serves: the loops close their copies, and go on with what is left to them.
  public func close() {
    for task in tasks { task.give(.close) }
  }

  /// Nothing was handed over: the loops serve on.
  public func goOn() {
    for task in tasks { task.give(.goOn) }
    // Whoever has sent something ahead, and was not to stand still yet, lets go of the way to the other process.
    for (task, proxy) in zip(tasks, proxies) where task.step == .asked { proxy.post(.passAhead(task)) }
  }

  private func waits(_ milliseconds: Int, _ isDone: (HandoverTask.Step) -> Bool) -> Bool {
    waits(milliseconds, pause: HandoverTask.pauseMicroseconds) {
      let steps = tasks.map(\.step)
      if steps.allSatisfy(isDone) { return true }
      return steps.contains(.failed) ? nil : false
    }
  }

  /// Looks again and again whether it is done; nil: it will never be.
  private func waits(_ milliseconds: Int, pause: UInt32, _ isDone: () -> Bool?) -> Bool {
    var time = timespec()
    unsafe clock_gettime(CLOCK_MONOTONIC, &time)
    let begun = time
    while let done = isDone() {
      if done { return true }
      unsafe clock_gettime(CLOCK_MONOTONIC, &time)
      let elapsed = (time.tv_sec - begun.tv_sec) * 1_000 + (time.tv_nsec - begun.tv_nsec) / 1_000_000
      if elapsed > milliseconds { return false }
      usleep(pause)
    }
    return false
  }
}
