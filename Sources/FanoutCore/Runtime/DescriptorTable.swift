// How many connections stand in one table of descriptors, whose size the system limits. The loops that share a table share
// this count. Any thread; the count is exact, and loops that ask at the same moment may pass a bound by one each.
import Synchronization

/// One table of descriptors.
final class DescriptorTable: Sendable {
  /// Connections that it may hold besides the reserved ones.
  let room: Int
  /// Reserved ones included.
  let roomWithReserve: Int
  private let connections = Atomic(0)

  /// - Parameter limit: descriptors of the whole table. A table too small for the reserve has room for a few anyway.
  init(limit: Int, _ limits: Limits) {
    roomWithReserve = max(limit - limits.otherDescriptors, limits.reservedDescriptors + 8)
    room = roomWithReserve - limits.reservedDescriptors
  }

  /// Connections that it holds.
  var count: Int { connections.load(ordering: .relaxed) }

  // relaxed: a number that publishes nothing else.
  func take() { connections.add(1, ordering: .relaxed) }
  func giveBack() { connections.subtract(1, ordering: .relaxed) }
}
