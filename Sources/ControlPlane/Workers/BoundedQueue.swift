// First in, first out, with a bound: producers never wait, consumers may. Many elements go in and come out at a time
// under one lock and with one wake-up. After `close` nothing more goes in, and what is inside still comes out.

final class BoundedQueue<Element: Sendable>: Sendable {
  private let monitor: Monitor<Line>

  private struct Line {
    let capacity: Int
    /// Those before `first` were taken.
    var elements: [Element] = []
    var first = 0
    var isClosed = false
    /// Threads asleep in `take`: nobody is woken when there are none.
    var sleepers = 0

    var count: Int { elements.count - first }
  }

  /// What a taker gets.
  enum Taken: Equatable {
    /// At least one, in order of arrival.
    case elements
    /// Nothing came in the time given.
    case idle
    /// Closed, and everything was taken.
    case closed
  }

  init(capacity: Int) {
    precondition(capacity > 0, "a queue needs room for something")
    monitor = Monitor(Line(capacity: capacity))
  }

  /// False: full or closed; the element was not taken.
  func offer(_ element: Element) -> Bool {
    let (taken, wakes) = monitor.withLock { line -> (Bool, Bool) in
      guard !line.isClosed, line.count < line.capacity else { return (false, false) }
      line.elements.append(element)
      return (true, line.sleepers > 0)
    }
    if wakes { monitor.notifyOne() }
    return taken
  }

  /// Takes from the front of `elements` as many as there is room for, and wakes one taker.
  /// - Returns: how many were taken.
  func offer(contentsOf elements: [Element]) -> Int {
    let (taken, wakes) = monitor.withLock { line -> (Int, Bool) in
      // What was given back may stand there beyond the capacity.
      let taken = line.isClosed ? 0 : min(elements.count, max(0, line.capacity - line.count))
      if taken == elements.count {
        line.elements.append(contentsOf: elements)
      } else {
        line.elements.append(contentsOf: elements[..<taken])
      }
      return (taken, taken > 0 && line.sleepers > 0)
    }
    if wakes { monitor.notifyOne() }
    return taken
  }

  /// Waits until something is there.
  /// - Parameters:
  ///   - taken: empty; gets what is taken. Its memory is used again by the queue.
  ///   - most: takes no more than this at once.
  ///   - milliseconds: `idle` when nothing came for so long; nil: waits for ever.
  func take(into taken: inout [Element], most: Int, idleAfter milliseconds: Int? = nil) -> Taken {
    var (sleeps, leavesSome) = (false, false)
    let outcome = monitor.wait(milliseconds: milliseconds) { line -> Taken? in
      let outcome = Self.next(most, into: &taken, of: &line)
      if sleeps != (outcome == nil) {
        line.sleepers += sleeps ? -1 : 1
        sleeps.toggle()
      }
      leavesSome = line.count > 0 && line.sleepers > 0
      return outcome
    }
    if leavesSome { monitor.notifyOne() }
    if let outcome { return outcome }
    monitor.withLock { $0.sleepers -= 1 }
    return .idle
  }

  /// What is there now; `idle` when that is nothing.
  func poll(into taken: inout [Element], most: Int) -> Taken {
    monitor.withLock { Self.next(most, into: &taken, of: &$0) ?? .idle }
  }

  /// Puts elements that were taken back to the front, for the next taker; also beyond the capacity and after `close`.
  func giveBack(_ elements: ArraySlice<Element>) {
    guard !elements.isEmpty else { return }
    monitor.withLock { line in
      line.elements.replaceSubrange(..<line.first, with: elements)
      line.first = 0
    }
    monitor.notifyOne()
  }

  func close() {
    monitor.withLock { $0.isClosed = true }
    monitor.notifyAll()
  }

  var count: Int { monitor.withLock { $0.count } }

  private static func next(_ most: Int, into taken: inout [Element], of line: inout Line) -> Taken? {
    guard line.count > 0 else { return line.isClosed ? .closed : nil }
    if line.first == 0, line.elements.count <= most {
      swap(&line.elements, &taken)
      return .elements
    }
    let end = min(line.first + most, line.elements.count)
    taken.append(contentsOf: line.elements[line.first..<end])
    line.first = end
    // What was taken is let go when it is as much as what waits, so that an element is moved once on average.
    if line.first * 2 >= line.elements.count {
      line.elements.removeSubrange(..<line.first)
      line.first = 0
    }
    return .elements
  }
}
