// A cuv_loop on the test's own thread, with its hooks as closures.
// `run` ends by `stop()` inside a hook; a generous deadline turns a hang into a failure.
import CUVShim
import Glibc
import Testing

@safe final class LoopHarness {
  var onAccept: (Int32, String) -> Void = { descriptor, _ in close(descriptor) }
  var onReady: (UInt32, Readiness) -> Void = { _, _ in }
  var onWake: () -> Void = {}
  var onTick: () -> Void = {}
  var onTurn: () -> Void = {}

  private(set) var loop: OpaquePointer
  private var deadline = ContinuousClock.now

  init(tick: UInt32 = 2) throws {
    unsafe loop = OpaquePointer(bitPattern: 1)!
    var created: OpaquePointer?
    var hooks = unsafe Self.hooks(context: Unmanaged.passUnretained(self).toOpaque())
    let result = unsafe cuv_loop_create(&created, &hooks, tick)
    try #require(result == 0)
    unsafe loop = try #require(unsafe created)
  }

  deinit { unsafe cuv_loop_destroy(loop) }

  /// Until `stop`. Lets go of the hooks afterwards, which usually hold the harness, unless it is to run again.
  func run(again: Bool = false) {
    deadline = ContinuousClock.now + .seconds(60)
    #expect(unsafe cuv_loop_run(loop) == 0)
    if !again { forgetHooks() }
  }

  private func forgetHooks() {
    onAccept = { _, _ in }
    onReady = { _, _ in }
    onWake = {}
    onTick = {}
    onTurn = {}
  }

  func stop() { unsafe cuv_loop_stop(loop) }

  func listen(host: String = "127.0.0.1", acceptsPerTurn: UInt32 = 16) throws -> Int {
    let (result, port) = tryListen(host: host, acceptsPerTurn: acceptsPerTurn)
    try #require(result == 0)
    return Int(port)
  }

  /// The result of `cuv_listen` and the port it bound.
  func tryListen(
    host: String = "127.0.0.1", port: Int32 = 0, acceptsPerTurn: UInt32 = 16, unsentBytes: UInt32 = 16 * 1024,
    unacknowledged: UInt32 = 90_000
  ) -> (result: Int32, port: Int32) {
    var bound: Int32 = 0
    var options = cuv_listen_options(
      backlog: 128, accepts_per_turn: acceptsPerTurn, unsent_bytes: unsentBytes,
      unacknowledged_ms: unacknowledged)
    let result = unsafe cuv_listen(loop, host, port, &options, &bound)
    return (result, bound)
  }

  func open(_ descriptor: Int32, token: UInt32) throws -> Connection {
    var opened: OpaquePointer?
    let result = unsafe cuv_conn_open(loop, descriptor, token, &opened)
    try #require(result == 0)
    let handle = unsafe try #require(unsafe opened)
    return unsafe Connection(handle: handle, descriptor: descriptor)
  }

  /// A connection that has no token yet.
  func prepare(_ descriptor: Int32) throws -> Connection {
    var opened: OpaquePointer?
    let result = unsafe cuv_conn_prepare(loop, descriptor, &opened)
    try #require(result == 0)
    let handle = unsafe try #require(unsafe opened)
    return unsafe Connection(handle: handle, descriptor: descriptor)
  }

  private static func of(_ context: UnsafeMutableRawPointer?) -> LoopHarness {
    unsafe Unmanaged<LoopHarness>.fromOpaque(context!).takeUnretainedValue()
  }

  private static func hooks(context: UnsafeMutableRawPointer) -> cuv_hooks {
    unsafe cuv_hooks(
      context: context,
      on_accept: { context, descriptor, peer in
        unsafe LoopHarness.of(context).onAccept(descriptor, textOf(peer!))
      },
      on_ready: { context, token, events in
        unsafe LoopHarness.of(context).onReady(token, Readiness(rawValue: events))
      },
      on_wake: { context in unsafe LoopHarness.of(context).onWake() },
      on_tick: { context in unsafe LoopHarness.of(context).ticked() },
      on_turn: { context in unsafe LoopHarness.of(context).onTurn() })
  }

  private func ticked() {
    onTick()
    if ContinuousClock.now > deadline {
      Issue.record("the loop was not stopped within a minute")
      stop()
    }
  }
}

private func textOf(_ peer: UnsafePointer<cuv_address>) -> String {
  unsafe withUnsafeBytes(of: peer.pointee.bytes) { bytes in
    let isMapped = unsafe bytes.prefix(12).elementsEqual([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF])
    let words = unsafe isMapped ? bytes.dropFirst(12).map { String($0) } : bytes.map { String($0, radix: 16) }
    return words.joined(separator: isMapped ? "." : ":")
  }
}

struct Readiness: OptionSet {
  let rawValue: Int32
  static let readable = Readiness(rawValue: Int32(CUV_READABLE))
  static let writable = Readiness(rawValue: Int32(CUV_WRITABLE))
  static let hangUp = Readiness(rawValue: Int32(CUV_HANGUP))
}

/// An opened connection. Close it once; the harness's end closes what is left.
@safe struct Connection {
  let handle: OpaquePointer
  let descriptor: Int32

  func watch(_ events: Readiness) { #expect(unsafe cuv_conn_watch(handle, events.rawValue) == 0) }
  func begin(_ token: UInt32) { #expect(unsafe cuv_conn_begin(handle, token) == 0) }
  func close(reset: Bool = false) { unsafe cuv_conn_close(handle, reset ? 1 : 0) }
  func shutdownWrite() -> Int32 { unsafe cuv_conn_shutdown_write(handle) }
}
