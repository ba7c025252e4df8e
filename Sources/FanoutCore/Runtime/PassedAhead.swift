// What a loop has sent of its connections before it stands still: their descriptors and what rarely changes of them. The
// other process only watches those sockets; this one serves them. While nobody is served, only what has changed is sent.
//
// Invariant: a number names the connection that stood at its slot when it was sent. `Connections` knows which of them have
// ended since (`isHeldElsewhere`). One loop's thread.

/// The connections of a loop that went ahead in one handover.
final class PassedAhead {
  let task: HandoverTask
  let link: any HandoverLink
  /// Slots that were not looked at yet, the next one at the end.
  private var left: [UInt32]
  /// By slot.
  private var numbers: [UInt32] = []
  private static let none = UInt32.max
  private(set) var records: [ConnectionRecord] = []

  init(_ task: HandoverTask, _ link: any HandoverLink, slots: [UInt32]) {
    (self.task, self.link, left) = (task, link, slots.reversed())
    records.reserveCapacity(slots.count)
  }

  var isComplete: Bool { left.isEmpty }

  func nextSlot() -> UInt32? { left.popLast() }

  /// The connection at this slot is sent with this record.
  func add(_ slot: UInt32, _ record: ConnectionRecord) {
    while numbers.count <= Int(slot) { numbers.append(Self.none) }
    numbers[Int(slot)] = UInt32(records.count)
    records.append(record)
  }

  /// Which of `records` was sent of the connection at this slot; nil: none.
  func number(of slot: UInt32) -> Int? {
    guard Int(slot) < numbers.count, numbers[Int(slot)] != Self.none else { return nil }
    return Int(numbers[Int(slot)])
  }
}
