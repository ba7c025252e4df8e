// One loop's part in handing its connections to another process, and how the thread that leads the handover talks with the
// loop: by a state under a lock, which both look at while the loop serves nobody.
//
// Before that, while the loop serves, it is asked for one message after the other that goes ahead (`Ahead`).
//
//   asked ──▶ settled ──▶ passed ──▶ left       the loop's steps; `failed` from each but the last
//        `pass`       `leave`    `close`        what it waits for; `goOn` instead: it serves again as before
//
// Invariant: up to `leave` the loop has changed nothing, so that `goOn` needs nothing undone. The loop's thread and the
// leading thread; the lock is held for a look.
import Synchronization

#if canImport(Glibc)
  internal import Glibc
#endif

/// Where a loop sends its connections. Made and used by the loop's thread.
protocol HandoverLink: AnyObject {
  /// Whether a message can be sent ahead just now, without a wait; nil: the other process is gone.
  func hasRoom() -> Bool?
  /// Sends records with their descriptors while the loop serves. False: the other process is gone.
  func sendAhead(_ records: [[UInt8]], _ descriptors: [Int32]) -> Bool
  /// Sends changes of what went ahead, packed. False: the other process is gone.
  func sendChanges(_ packed: [UInt8]) -> Bool
  /// Sends records in place of those that went ahead. False: the other process is gone.
  func sendReplacements(_ replacements: [ConnectionBatch.Replacement]) -> Bool
  /// Sends records with their descriptors, at most `ConnectionBatch.most`. False: the other process is gone.
  func send(_ records: [[UInt8]], _ descriptors: [Int32]) -> Bool
  /// Says that these were all, and waits until the other process has them. False: it has not.
  func finish(_ count: Int) -> Bool
}

/// What a loop was told to do to connections while they were on their way: the next process does it.
public enum LateCommand: Sendable, Equatable {
  case withdraw(client: UInt64, CloseCode, reason: String)
  case end(Credential, at: Int64)
  case tell(client: UInt64, [UInt8])
}

/// The handover of one loop.
final class HandoverTask: Sendable {
  enum Step: Equatable {
    case asked
    /// Every request under way is answered, or its time is over, and every notice that has come is sent.
    case settled
    /// The other process has the connections.
    case passed(count: Int, kept: Int)
    /// The loop has let go of the connections that were passed.
    case left
    case failed
  }

  enum Order: Equatable {
    case wait, pass, leave, goOn
    /// Closes the copies of what has left, which is much work: when the other process does not need the cores any more.
    case close
  }

  /// How far the connections are that go ahead.
  enum Ahead: Equatable {
    /// The loop may be asked for the next message.
    case ready
    case asked
    case complete
    case failed
  }

  private struct State {
    var step = Step.asked
    var order = Order.wait
    var late: [LateCommand] = []
    var ahead = Ahead.ready
  }

  /// Which loop of the process this is; the last one may be the loop apart.
  let loop: Int
  /// Nanoseconds that requests under way have for their answers.
  let patience: UInt64
  /// Makes the way to the other process; nil: there is none.
  let connect: @Sendable () -> (any HandoverLink)?
  private let state = Mutex(State())

  init(loop: Int, patience: UInt64, connect: @escaping @Sendable () -> (any HandoverLink)?) {
    (self.loop, self.patience, self.connect) = (loop, patience, connect)
  }

  var step: Step { state.withLock { $0.step } }
  var order: Order { state.withLock { $0.order } }
  /// Complete once the step is `left`.
  var late: [LateCommand] { state.withLock { $0.late } }

  func reached(_ step: Step, late: [LateCommand] = []) {
    state.withLock { ($0.step, $0.late) = (step, late) }
  }
  var ahead: Ahead {
    get { state.withLock { $0.ahead } }
    set { state.withLock { $0.ahead = newValue } }
  }
  func give(_ order: Order) { state.withLock { $0.order = order } }

  /// Waits until the loop is to close what has left, for two seconds at most.
  func awaitClose() {
    var looks = 0
    while order == .leave, looks < 2_000_000 / Int(Self.pauseMicroseconds) {
      Self.pause()
      looks += 1
    }
  }

  /// Sleeps for a moment: far less than anybody notices, long enough to leave the core to others.
  static func pause() { usleep(pauseMicroseconds) }
  static let pauseMicroseconds: UInt32 = 200
}
