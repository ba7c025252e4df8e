// Subscribers that stand at the same place share one cursor. Two dense arrays, so that a pass hands the
// descriptors to the kernel as they lie and touches nothing else per subscriber. One loop's thread.

/// A few hundred subscribers with one cursor.
struct Cohort {
  /// The last `seq` put on the wire of every member.
  var cursor: UInt64
  /// When a pass came by last, in the loop's milliseconds; for a merged cohort the earlier of both moments.
  var sentAt: UInt64 = 0
  /// Whether some member may be one that can go on in the shared window (`DeflatedFeeds`). Always false in other feeds
  /// than the standalone one.
  var hasCandidates = false
  private(set) var descriptors: [Int32] = []
  /// The subscription of each descriptor, at the same position.
  private(set) var members: [SubscriptionIndex] = []

  init(cursor: UInt64) { self.cursor = cursor }

  var count: Int { members.count }

  /// Adds a member and returns its position.
  mutating func add(_ member: SubscriptionIndex, descriptor: Int32) -> UInt32 {
    members.append(member)
    descriptors.append(descriptor)
    return UInt32(members.count - 1)
  }

  /// Takes the member at `position` out; the last one moves into its place and is returned; nil: none
  /// had to move.
  mutating func remove(at position: UInt32) -> SubscriptionIndex? {
    let last = members.count - 1
    members.swapAt(Int(position), last)
    descriptors.swapAt(Int(position), last)
    members.removeLast()
    descriptors.removeLast()
    return Int(position) < last ? members[Int(position)] : nil
  }
}
