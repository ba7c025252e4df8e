// The receiving end of a handover: each loop's thread waits at a path of its own for the loops of the other process that
// were dealt to it, and takes their connections in, in its own table of descriptors. Nothing is done to them here.
//
// Invariant: a connection that was taken in is not touched before this process holds what makes it the server; until then
// it can be dropped without its peer noticing. The loops' threads and the leading thread.
import Synchronization

#if canImport(Glibc)
  internal import Glibc
#endif

/// What comes to the loops of a plane from those of another process.
final class Intake: Sendable {
  private enum Progress {
    case starting, listening, complete, failed, adopted
  }

  private struct State {
    var loops: [Progress]
    var connections = 0
    var credentials: Set<Credential> = []
    var isCancelled = false
  }

  /// The port of the listeners that were taken over.
  let port: Int
  private let base: String
  /// How many loops of the other process send to each loop here.
  private let senders: [Int]
  private let state: Mutex<State>

  /// - Parameters:
  ///   - base: of the paths where the loops wait (`path`).
  ///   - senders: one entry per loop here.
  init(at base: String, port: Int, senders: [Int]) {
    (self.base, self.port, self.senders) = (base, port, senders)
    state = Mutex(State(loops: senders.map { _ in .starting }))
  }

  /// Where a loop waits.
  static func path(_ base: String, loop: Int) -> String { "\(base).\(loop)" }

  /// The loop here to which a loop of another process sends.
  /// - Parameters:
  ///   - loops: how many there are here, without the loop apart, which stands behind them.
  static func target(ofLoop index: Int, of count: Int, loops: Int) -> Int {
    index < count ? index % loops : loops
  }

  func cancel() { state.withLock { $0.isCancelled = true } }

  /// Nothing more is waited for, and what came is not to be used.
  var isCancelled: Bool { state.withLock { $0.isCancelled } }

  /// By what the connections that came were admitted.
  var credentials: Set<Credential> { state.withLock { $0.credentials } }

  private func note(_ progress: Progress, _ loop: Int, _ staged: StagedConnections? = nil) {
    let credentials = staged?.credentials ?? []
    state.withLock { state in
      state.loops[loop] = progress
      state.connections += staged?.count ?? 0
      state.credentials.formUnion(credentials)
    }
  }

  // MARK: The leading thread

  /// Waits until every loop listens at its path. False: one cannot.
  func awaitListening() -> Bool { waits { $0.allSatisfy { $0 == .listening || $0 == .complete } } }

  /// Waits until every loop has everything: how many connections; nil: it failed, or was cancelled.
  func awaitComplete() -> Int? {
    waits { $0.allSatisfy { $0 == .complete } } ? state.withLock { $0.connections } : nil
  }

  /// Waits until every loop goes on with what came.
  func awaitAdopted() {
    while !state.withLock({ $0.loops.allSatisfy { $0 == .adopted } }) { HandoverTask.pause() }
  }

  /// The loop goes on with what came, if anything did.
  func adopted(_ loop: Int) { note(.adopted, loop) }

  private func waits(_ isDone: ([Progress]) -> Bool) -> Bool {
    while true {
      let (loops, isCancelled) = state.withLock { ($0.loops, $0.isCancelled) }
      if isDone(loops) { return true }
      if loops.contains(.failed) || isCancelled { return false }
      HandoverTask.pause()
    }
  }

  // MARK: A loop's thread

  /// Takes in what is sent to this loop. Nil: not all of it came.
  /// - Parameter ground: where the loop's connections are prepared.
  func receive(_ loop: Int, on ground: any StagingGround) -> StagedConnections? {
    let staged = StagedConnections(on: ground)
    guard let listener = try? HandoverChannel.Listener(path: Self.path(base, loop: loop)) else {
      note(.failed, loop)
      return nil
    }
    note(.listening, loop)
    guard staged.receive(from: listener, senders[loop], until: { isCancelled }) else {
      note(.failed, loop)
      return nil
    }
    note(.complete, loop, staged)
    return staged
  }
}
