// A thread that may block, for tests. The pool of swift-testing has as many threads as the machine has
// cores; what waits for sockets for long belongs on a thread of its own.
import Glibc

/// One POSIX thread that runs one closure; `join` gives its result or throws what it threw.
public final class BackgroundThread<Value: Sendable>: Sendable {
  private let outcome = Guarded<Result<Value, any Error>?>(nil)
  private let thread = Guarded<pthread_t>(0)
  private let joined = Guarded(false)

  public init(_ body: @escaping @Sendable () throws -> Value) throws {
    let box = unsafe Unmanaged.passRetained(
      ThreadBody { [weak self] in
        let result = Result { try body() }
        self?.outcome.withLock { $0 = result }
      })
    var identifier = pthread_t()
    let failure = unsafe pthread_create(
      &identifier, nil,
      { argument in
        guard let argument = unsafe argument else { return nil }
        unsafe Unmanaged<ThreadBody>.fromOpaque(argument).takeRetainedValue().run()
        return nil
      }, box.toOpaque())
    guard failure == 0 else {
      unsafe box.release()
      throw TestFailure("no thread: error \(failure)")
    }
    thread.withLock { $0 = identifier }
  }

  /// Waits for the end of the thread. To be called at most once, by one thread.
  public func join() throws -> Value {
    let first = joined.withLock { was in
      defer { was = true }
      return !was
    }
    guard first else { throw TestFailure("a thread was joined twice") }
    let identifier = thread.withLock { $0 }
    _ = pthread_join(identifier, nil)
    guard let result = outcome.withLock({ $0 }) else {
      throw TestFailure("a thread ended without a result")
    }
    return try result.get()
  }
}

private final class ThreadBody: Sendable {
  let run: @Sendable () -> Void
  init(_ run: @escaping @Sendable () -> Void) { self.run = run }
}

/// Runs `count` bodies on as many threads at once and waits for all of them; throws the first error.
public func concurrently<Value: Sendable>(
  _ count: Int, _ body: @escaping @Sendable (Int) throws -> Value
) throws -> [Value] {
  let threads = try (0..<count).map { index in try BackgroundThread { try body(index) } }
  let outcomes = threads.map { thread in Result { try thread.join() } }
  return try outcomes.map { try $0.get() }
}
