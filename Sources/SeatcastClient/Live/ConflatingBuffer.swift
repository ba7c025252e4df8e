// A bounded queue between a feed and whoever reads it: when it is full, what waits becomes one element, so that a slow
// reader costs no memory and delays nobody. One task reads; any thread writes.
import Synchronization

final class ConflatingBuffer<Element: Sendable>: Sendable {
  private struct State {
    var waiting: [Element] = []
    var reader: CheckedContinuation<Element?, any Error>?
    /// Set once nothing more comes; success: without an error.
    var ending: Result<Void, any Error>?
  }

  private let capacity: Int
  private let conflate: @Sendable ([Element]) -> Element
  private let state = Mutex(State())

  init(capacity: Int, conflate: @escaping @Sendable ([Element]) -> Element) {
    precondition(capacity > 0, "A buffer holds at least one element.")
    (self.capacity, self.conflate) = (capacity, conflate)
  }

  func write(_ element: Element) {
    let reader = state.withLock { state -> CheckedContinuation<Element?, any Error>? in
      if state.ending != nil { return nil }
      if let reader = state.reader {
        state.reader = nil
        return reader
      }
      state.waiting.append(element)
      if state.waiting.count > capacity { state.waiting = [conflate(state.waiting)] }
      return nil
    }
    reader?.resume(returning: element)
  }

  /// Nothing more comes; what waits can still be read.
  func finish(_ ending: Result<Void, any Error>) {
    let reader = state.withLock { state in
      defer { state.reader = nil }
      if state.ending == nil { state.ending = ending }
      return state.reader
    }
    reader?.resume(with: ending.map { nil })
  }

  /// The next element; nil at the end, and when the task is cancelled.
  func read() async throws -> Element? {
    try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { continuation in
        let outcome = state.withLock { state -> Result<Element?, any Error>? in
          precondition(state.reader == nil, "Two tasks read one sequence.")
          if !state.waiting.isEmpty { return .success(state.waiting.removeFirst()) }
          if let ending = state.ending { return ending.map { nil } }
          if Task.isCancelled { return .success(nil) }
          state.reader = continuation
          return nil
        }
        if let outcome { continuation.resume(with: outcome) }
      }
    } onCancel: {
      let reader = state.withLock { state in
        defer { state.reader = nil }
        return state.reader
      }
      reader?.resume(returning: nil)
    }
  }
}
