// First in, first out, with a bound: whoever offers never waits, whoever takes may. After `close` nothing
// more goes in, and what is inside still comes out.

final class BoundedQueue<Element: Sendable>: Sendable {
  private let monitor: Monitor<Line>

  private struct Line {
    var ring: Ring<Element>
    var isClosed = false
    /// Threads asleep in `take`: nobody is woken when there are none.
    var sleepers = 0
  }

  /// What a taker gets.
  enum Taken {
    /// At least one, in order of arrival.
    case elements([Element])
    /// Nothing came in the time given.
    case idle
    /// Closed, and everything was taken.
    case closed
  }

  init(capacity: Int) { monitor = Monitor(Line(ring: Ring(capacity: capacity))) }

  /// False: full or closed; the element was not taken.
  func offer(_ element: Element) -> Bool {
    let (taken, wake) = monitor.withLock { line in
      guard !line.isClosed, line.ring.append(element) else { return (false, false) }
      return (true, line.sleepers > 0)
    }
    if wake { monitor.notifyOne() }
    return taken
  }

  /// Waits until something is there.
  /// - Parameters:
  ///   - most: takes no more than this at once.
  ///   - milliseconds: `idle` when nothing came for so long; nil: waits for ever.
  func take(most: Int, idleAfter milliseconds: Int? = nil) -> Taken {
    var sleeps = false
    let taken = monitor.wait(milliseconds: milliseconds) { line -> Taken? in
      let taken = Self.next(most, of: &line)
      if sleeps != (taken == nil) {
        line.sleepers += sleeps ? -1 : 1
        sleeps.toggle()
      }
      return taken
    }
    if let taken { return taken }
    monitor.withLock { $0.sleepers -= 1 }
    return .idle
  }

  /// What is there now; `idle` when that is nothing.
  func poll(most: Int) -> Taken {
    monitor.withLock { Self.next(most, of: &$0) ?? .idle }
  }

  func close() {
    monitor.withLock { $0.isClosed = true }
    monitor.notifyAll()
  }

  var count: Int { monitor.withLock { $0.ring.count } }

  private static func next(_ most: Int, of line: inout Line) -> Taken? {
    if line.ring.count > 0 { return .elements(line.ring.takeFirst(most)) }
    return line.isClosed ? .closed : nil
  }
}

/// A bounded ring; grows to its capacity by use.
struct Ring<Element> {
  let capacity: Int
  private var slots: [Element?] = []
  private var head = 0
  private(set) var count = 0

  init(capacity: Int) {
    precondition(capacity > 0, "a queue needs room for something")
    self.capacity = capacity
  }

  /// False: full.
  mutating func append(_ element: Element) -> Bool {
    guard count < capacity else { return false }
    if count == slots.count { grow() }
    slots[(head + count) % slots.count] = element
    count += 1
    return true
  }

  mutating func takeFirst(_ most: Int) -> [Element] {
    var taken: [Element] = []
    taken.reserveCapacity(min(most, count))
    while taken.count < most, count > 0, let element = slots[head] {
      taken.append(element)
      slots[head] = nil
      head = (head + 1) % slots.count
      count -= 1
    }
    return taken
  }

  private mutating func grow() {
    let elements = takeFirst(count)
    slots = elements + Array(repeating: nil, count: max(16, min(slots.count, capacity - slots.count)))
    head = 0
    count = elements.count
  }
}
