// Live feeds as asynchronous sequences. Each iteration has a connection of its own, which begins with the iterator and
// ends with it; the reader may be slow (`ConflatingBuffer`).

/// What happens to an event, as `for try await` reads it. It goes on over lost connections, and ends by cancellation, or
/// with a `ClientError` that trying again cannot mend.
public struct LiveSequence<Element: Sendable>: AsyncSequence, Sendable {
  let start: @Sendable () -> Subscription<Element>

  public func makeAsyncIterator() -> Iterator { Iterator(subscription: start()) }

  public struct Iterator: AsyncIteratorProtocol {
    let subscription: Subscription<Element>

    /// The next element; nil when the task is cancelled.
    public nonisolated(nonsending) mutating func next() async throws -> Element? {
      try await subscription.buffer.read()
    }
  }
}

/// The task that feeds one iterator; it ends with it.
final class Subscription<Element: Sendable>: Sendable {
  let buffer: ConflatingBuffer<Element>
  private let task: Task<Void, Never>

  init(_ buffer: ConflatingBuffer<Element>, run: @escaping @Sendable () async throws -> Void) {
    self.buffer = buffer
    task = Task {
      do {
        try await run()
        buffer.finish(.success(()))
      } catch is CancellationError {
        buffer.finish(.success(()))
      } catch {
        buffer.finish(.failure(error))
      }
    }
  }

  deinit { task.cancel() }
}
