// A viewer that comes back with a position which its loop has not reached. Mostly it heard that notice from another loop, and
// the loop's own copy is in its mailbox or about to be posted: the window is the time between two posts of one publication.
// Greeted at once, the viewer would be told a state older than what it knows. So it waits for the topic's head, for a bounded
// time; a position that never comes, as one of the client's invention, is answered like any other that cannot be had.
// One loop's thread.

/// Subscriptions of live topics that wait for their topic's head.
struct AheadOfHead {
  /// Milliseconds that one waits at most, and the tick that looks for it.
  static let patience: UInt64 = 250
  /// As many wait at most; one more is greeted at once. Far more than can come while one publication is posted.
  static let most = 4_096

  struct Waiter {
    let slot: UInt32
    /// Tells the connection from a later one at the same slot.
    let generation: UInt32
    let index: SubscriptionIndex
    let until: UInt64
  }

  /// The one that came first is first.
  private var waiters: [Waiter] = []

  var isEmpty: Bool { waiters.isEmpty }

  /// False: too many wait.
  mutating func add(_ waiter: Waiter) -> Bool {
    guard waiters.count < Self.most else { return false }
    waiters.append(waiter)
    return true
  }

  /// Takes out all, in order; those that wait on are to be added again.
  mutating func takeAll() -> [Waiter] {
    defer { waiters = [] }
    return waiters
  }
}

extension Fanout {
  /// A new subscriber of a live topic stands ahead of the topic's head. False: too many wait.
  func awaitHead(_ index: SubscriptionIndex) -> Bool {
    let slot = subscribers[index].slot
    return ahead.add(
      AheadOfHead.Waiter(
        slot: slot, generation: connections[slot].generation, index: index,
        until: io.now + AheadOfHead.patience))
  }

  /// Admits those whose topic has come to where they are, and greets those who have waited long enough at its head. Once per
  /// turn.
  func admitAhead() {
    guard !ahead.isEmpty else { return }
    for waiter in ahead.takeAll() {
      // Meanwhile it may have ended, and its index may be another's.
      guard connections.at(waiter.slot)?.generation == waiter.generation,
        let subscription = subscribers.at(waiter.index), subscription.slot == waiter.slot,
        case .waiting(.after(let seq), let greeting) = subscription.place,
        subscribers.topics[subscription.topic].isLive
      else { continue }
      let hasCome = seq <= subscribers.summary(of: waiter.index).seq
      if hasCome || io.now >= waiter.until {
        begin(waiter.index, .after(seq), greeting)
      } else {
        _ = ahead.add(waiter)
      }
    }
  }
}
