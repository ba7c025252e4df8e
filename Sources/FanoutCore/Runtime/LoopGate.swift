// Where the threads of loops wait until they are told what to serve with. With connections from another process they run
// before that is known, because each takes those of its own in its own table of descriptors. Any thread.
import Synchronization

/// What the loops of a plane serve with.
struct LoopParts: Sendable {
  let inbound: any InboundSink
  let apart: any InboundSink
  let sessions: any SessionHandler
  let topics: any TopicSource
  let observer: any LoopObserver
  let eventIDPrefix: [UInt8]
}

/// Opened once, or closed for good.
final class LoopGate: Sendable {
  private enum State {
    case shut
    case open(LoopParts)
    case closed
  }

  private let state = Mutex(State.shut)

  func open(_ parts: LoopParts) {
    state.withLock { if case .shut = $0 { $0 = .open(parts) } }
  }

  /// Whoever waits, or comes, goes away. Without effect on an open gate.
  func close() {
    state.withLock { if case .shut = $0 { $0 = .closed } }
  }

  /// Waits for what to serve with; nil: nothing is served.
  func wait() -> LoopParts? {
    while true {
      switch state.withLock({ $0 }) {
      case .open(let parts): return parts
      case .closed: return nil
      case .shut: HandoverTask.pause()
      }
    }
  }
}
