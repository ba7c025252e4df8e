// Stand-ins for what the API and Auth are given from outside, for their tests.
import Synchronization

@testable import ControlPlane

/// A clock that stands still until it is moved.
final class StillClock: Clock {
  private let milliseconds: Mutex<Int64>

  init(milliseconds: Int64) { self.milliseconds = Mutex(milliseconds) }

  var now: Instant { Instant(milliseconds: milliseconds.withLock { $0 }) }

  func set(milliseconds: Int64) { self.milliseconds.withLock { $0 = milliseconds } }
}

/// Gives the bytes 0, 1, 2, … again and again.
struct CountingIdentifiers: IdentifierSource {
  func randomBytes(_ count: Int) -> [UInt8] { (0..<count).map { UInt8(truncatingIfNeeded: $0) } }
}

final class IncidentList: ControlObserver {
  private let incidents = Mutex<[ControlIncident]>([])
  var all: [ControlIncident] { incidents.withLock { $0 } }
  func observe(_ incident: ControlIncident) { incidents.withLock { $0.append(incident) } }
}
