internal import CUVShim

/// A named thread that runs one body.
@safe final class LoopThread: @unchecked Sendable {
  private var thread: OpaquePointer?

  init(name: String, _ body: @escaping @Sendable () -> Void) throws(DataPlaneFailure) {
    let box = unsafe Unmanaged.passRetained(Body(run: body))
    let result = unsafe cuv_thread_start(
      &thread, name,
      { argument in
        guard let argument = unsafe argument else { return }
        unsafe Unmanaged<Body>.fromOpaque(argument).takeRetainedValue().run()
      }, box.toOpaque())
    if result < 0 { unsafe box.release() }
    try DataPlaneFailure.check(result, "the thread \(name) cannot be started")
  }

  /// Waits until the body has returned. Once only.
  func join() {
    guard let running = unsafe thread else { return }
    unsafe cuv_thread_join(running)
    unsafe thread = nil
  }

  private final class Body {
    let run: @Sendable () -> Void
    init(run: @escaping @Sendable () -> Void) { self.run = run }
  }
}
