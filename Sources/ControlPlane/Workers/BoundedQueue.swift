// First in, first out, with a bound: producers never wait, consumers may. Many elements go in and come out at a time
// under one lock and with one wake-up. After `close` nothing more goes in, and what is inside still comes out.

final class BoundedQueue<Element: Sendable>: Sendable {
  private let monitor: Monitor<State>

  private struct State {
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
    monitor = Monitor(State(capacity: capacity))
  }

  /// False: full or closed; the element was not taken.
  func offer(_ element: Element) -> Bool {
    let (taken, wakes) = monitor.withLock { state -> (Bool, Bool) in
      guard !state.isClosed, state.count < state.capacity else { return (false, false) }
      state.elements.append(element)
      return (true, state.sleepers > 0)
    }
    if wakes { monitor.notifyOne() }
    return taken
  }

  /// Takes from the front of `elements` as many as there is room for, and wakes one taker.
  /// - Returns: how many were taken.
  func offer(contentsOf elements: [Element]) -> Int {
    let (taken, wakes) = monitor.withLock { state -> (Int, Bool) in
      // What was given back may stand there beyond the capacity.
      let taken = state.isClosed ? 0 : min(elements.count, max(0, state.capacity - state.count))
      if taken == elements.count {
        // Where nothing waits the array itself is taken, without copies of its elements.
        if state.elements.isEmpty { state.elements = elements } else { state.elements += elements }
      } else {
        state.elements.append(contentsOf: elements[..<taken])
      }
      return (taken, taken > 0 && state.sleepers > 0)
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
    let outcome = monitor.wait(milliseconds: milliseconds) { state -> Taken? in
      let outcome = Self.next(most, into: &taken, of: &state)
      if sleeps != (outcome == nil) {
        state.sleepers += sleeps ? -1 : 1
        sleeps.toggle()
      }
      leavesSome = state.count > 0 && state.sleepers > 0
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
    monitor.withLock { state in
      state.elements.replaceSubrange(..<state.first, with: elements)
      state.first = 0
    }
    monitor.notifyOne()
  }

  func close() {
    monitor.withLock { $0.isClosed = true }
    monitor.notifyAll()
  }

  var count: Int { monitor.withLock { $0.count } }

  private static func next(_ most: Int, into taken: inout [Element], of state: inout State) -> Taken? {
    guard state.count > 0 else { return state.isClosed ? .closed : nil }
    if state.first == 0, state.elements.count <= most {
      swap(&state.elements, &taken)
      return .elements
    }
    let end = min(state.first + most, state.elements.count)
    taken.append(contentsOf: state.elements[state.first..<end])
    state.first = end
    // What was taken is let go when it is as much as what waits, so that an element is moved once on average.
    if state.first * 2 >= state.elements.count {
      state.elements.removeSubrange(..<state.first)
      state.first = 0
    }
    return .elements
  }
}
