// A cuv_thread whose body is a closure.
import CUVShim
import Testing

@safe final class TestThread {
  private var handle: OpaquePointer?

  init(name: String, body: @escaping @Sendable () -> Void) throws {
    let box = unsafe Unmanaged.passRetained(Body(run: body))
    let result = unsafe cuv_thread_start(
      &handle, name, { argument in unsafe Unmanaged<Body>.fromOpaque(argument!).takeRetainedValue().run() },
      box.toOpaque())
    if result != 0 { unsafe box.release() }
    try #require(result == 0)
  }

  /// Once.
  func join() { unsafe cuv_thread_join(handle) }
}

private final class Body: Sendable {
  let run: @Sendable () -> Void
  init(run: @escaping @Sendable () -> Void) { self.run = run }
}
