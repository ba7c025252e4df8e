// Who is let onto a loop: its caps. Asked at the entries (a new connection here; requests, messages and recalls where
// their drivers take them). One loop's thread.

/// The caps of one loop.
final class LoopAdmission {
  private let limits: Limits
  private let counters: LoopCounters
  private let observer: any LoopObserver
  private var isAccepting = true

  init(limits: Limits, counters: LoopCounters, observer: any LoopObserver) {
    (self.limits, self.counters, self.observer) = (limits, counters, observer)
  }

  /// Whether a connection that was accepted may stay. `open`: connections that the loop has.
  func admits(connectionFrom peer: PeerAddress, open: Int) -> Bool {
    guard isAccepting else { return false }
    guard open < limits.connectionsPerLoop else {
      counters.own.connectionsRefused += 1
      observer.observe(.connectionRefused)
      return false
    }
    return true
  }

  /// Nobody is admitted any more.
  func close() { isAccepting = false }
}
