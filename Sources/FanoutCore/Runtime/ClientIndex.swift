// Which connections of a loop belong to an authenticated client, so that a text for one client, or its log-out, costs what
// its own connections cost and not a look at everybody's. The slots of a client form a list that is linked both ways
// through an array by slot: to enter and to leave takes the same time however many connections the client has.
//
// Invariant: a slot is in at most one list, that of the client with which it was inserted. One loop's thread.

/// The slots of each authenticated client of a loop.
struct ClientIndex {
  /// The latest slot of each client.
  private var first: [UInt64: UInt32] = [:]
  private var links: [Link] = []

  /// Neighbours in the list of a client. 8 bytes per slot.
  private struct Link {
    var next = none
    var previous = none
  }

  private static let none = UInt32.max

  /// Clients that have connections.
  var count: Int { first.count }

  /// The connection at `slot` is this client's from now on.
  mutating func insert(_ slot: UInt32, of client: UInt64) {
    while links.count <= Int(slot) { links.append(Link()) }
    let next = first.updateValue(slot, forKey: client) ?? Self.none
    assert(next != slot, "a slot is in the list of its client once")
    links[Int(slot)] = Link(next: next)
    if next != Self.none { links[Int(next)].previous = slot }
  }

  /// The connection at `slot`, which was inserted for this client, is gone.
  mutating func remove(_ slot: UInt32, of client: UInt64) {
    let link = links[Int(slot)]
    if link.previous != Self.none {
      links[Int(link.previous)].next = link.next
    } else {
      assert(first[client] == slot, "a slot leaves the list that it is in")
      first[client] = link.next == Self.none ? nil : link.next
    }
    if link.next != Self.none { links[Int(link.next)].previous = link.previous }
    links[Int(slot)] = Link()
  }

  /// The slots of this client, the latest first.
  func slots(of client: UInt64) -> [UInt32] {
    var slots: [UInt32] = []
    var slot = first[client] ?? Self.none
    while slot != Self.none {
      slots.append(slot)
      slot = links[Int(slot)].next
    }
    return slots
  }
}
