// libuv's readiness, sockets and time by way of CUVShim: the transport of a real loop. Used by the loop's thread alone
// once it runs; `ring` is the one call that other threads make.
internal import CUVShim

#if canImport(Glibc)
  internal import Glibc
#endif

/// How batches are sent (docs/decisions/0001-io-uring-by-raw-system-calls.md).
public enum SenderKind: Sendable, CaseIterable {
  /// io_uring where the kernel grants it, else `send(2)`.
  case automatic
  case send
  case ioUring
}

/// A libuv loop, its listener, its connections and its sender.
@safe final class CUVTransport: Transport, LoopWaker, StagingGround, @unchecked Sendable {
  /// The loop that is driven; set while it runs.
  var loop: Loop<CUVTransport>?
  private let uv: OpaquePointer
  private let sender: OpaquePointer
  /// Whether all connections speak TLS.
  let isSecure: Bool
  /// The handle of each slot.
  private var handles: [OpaquePointer?] = unsafe []
  /// The handles of descriptors that were prepared and not opened, by descriptor; empty again once the loop runs.
  private var prepared: [OpaquePointer?] = unsafe []
  private var results: [cuv_exception] = []

  /// Makes the loop and its sender; nothing runs and nobody listens yet.
  /// - Parameters:
  ///   - tls: every connection speaks TLS by it; nil: none does.
  ///   - handshakes: how many of TLS may be under way at once.
  init(
    tick: UInt64, sender kind: SenderKind, tls: TLSContext? = nil,
    handshakes: Int = Limits().handshakesPerLoop
  ) throws(DataPlaneFailure) {
    isSecure = tls != nil
    var sender: OpaquePointer?
    let wanted =
      switch kind {
      case .automatic: CUV_SENDER_AUTO
      case .send: CUV_SENDER_SEND
      case .ioUring: CUV_SENDER_URING
      }
    try DataPlaneFailure.check(
      unsafe cuv_sender_create(&sender, Int32(wanted)), "the batch sender cannot be made")
    var uv: OpaquePointer?
    let context = LoopContext()
    var hooks = unsafe context.hooks()
    try DataPlaneFailure.check(unsafe cuv_loop_create(&uv, &hooks, UInt32(tick)), "the loop cannot be made")
    guard let uv = unsafe uv, let sender = unsafe sender else {
      throw DataPlaneFailure(description: "the loop cannot be made")
    }
    if let tls {
      try DataPlaneFailure.check(
        unsafe tls.use(on: uv, handshakes: handshakes), "the loop cannot speak TLS")
    }
    unsafe self.uv = uv
    unsafe self.sender = sender
    self.context = context
    context.transport = self
  }

  deinit {
    unsafe cuv_loop_destroy(uv)
    unsafe cuv_sender_destroy(sender)
  }

  private let context: LoopContext

  /// "io_uring" or "send".
  var senderName: String { unsafe String(cString: cuv_sender_name(sender)) }

  /// Binds this loop's own listener; returns the port.
  func listen(host: String, port: Int, limits: Limits) throws(DataPlaneFailure) -> Int {
    var bound: Int32 = 0
    var options = Self.options(limits)
    let result = unsafe cuv_listen(uv, host, Int32(port), &options, &bound)
    try DataPlaneFailure.check(result, "cannot listen on \(host) port \(port)")
    return Int(bound)
  }

  /// Listens on a duplicate of a socket that listens already, beside those that it has; returns its port.
  /// - Parameter isShared: others hold the socket and go on with it when this loop stops.
  func listen(onCopyOf socket: Int32, isShared: Bool, limits: Limits) throws(DataPlaneFailure) -> Int {
    var bound: Int32 = 0
    var options = Self.options(limits)
    let sentence = "cannot listen on the socket that is descriptor \(socket)"
    let copy = fcntl(socket, F_DUPFD_CLOEXEC, 3)
    try DataPlaneFailure.check(copy < 0 ? -errno : 0, sentence)
    try DataPlaneFailure.check(
      unsafe cuv_listen_inherited(uv, copy, isShared ? 1 : 0, &options, &bound), sentence)
    return Int(bound)
  }

  private static func options(_ limits: Limits) -> cuv_listen_options {
    cuv_listen_options(
      backlog: Limits.listenBacklog, accepts_per_turn: UInt32(limits.acceptsPerTurn),
      unsent_bytes: UInt32(limits.unsentBytes),
      unacknowledged_ms: UInt32(clamping: min(2 * limits.pingInterval, UInt64(Int32.max))))
  }

  /// The sockets that this loop listens on, before it runs or while it stands still.
  var listeners: [Int32] {
    var found: [Int32] = []
    while case let descriptor = unsafe cuv_listen_descriptor(uv, UInt32(found.count)), descriptor >= 0 {
      found.append(descriptor)
    }
    return found
  }

  /// Runs until `stop()`. The loop's thread.
  func run(_ loop: Loop<CUVTransport>) {
    self.loop = loop
    unsafe prepared = unsafe []
    _ = unsafe cuv_loop_run(uv)
    self.loop = nil
  }

  // MARK: StagingGround

  func prepare(_ descriptor: Int32) -> Bool {
    while unsafe prepared.count <= Int(descriptor) { unsafe prepared.append(nil) }
    return unsafe cuv_conn_prepare(uv, descriptor, &prepared[Int(descriptor)]) == 0
  }

  func watchPrepared() { unsafe cuv_loop_prepare(uv) }

  private func takePrepared(_ descriptor: Int32) -> OpaquePointer? {
    guard unsafe Int(descriptor) < prepared.count else { return nil }
    defer { unsafe prepared[Int(descriptor)] = nil }
    return unsafe prepared[Int(descriptor)]
  }

  // MARK: LoopWaker

  /// Any thread.
  func ring() { _ = unsafe cuv_loop_wake(uv) }

  // MARK: Transport

  var now: UInt64 { unsafe cuv_loop_now_ms(uv) }
  var idle: UInt64 { unsafe cuv_loop_idle_ms(uv) }

  var nanoseconds: UInt64 {
    var time = timespec()
    _ = unsafe clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
  }

  var wallClock: Int64 {
    var time = timespec()
    _ = unsafe clock_gettime(CLOCK_REALTIME, &time)
    return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
  }

  func open(_ descriptor: Int32, slot: UInt32) -> Bool {
    while unsafe handles.count <= Int(slot) { unsafe handles.append(nil) }
    guard let handle = unsafe takePrepared(descriptor) else {
      return unsafe cuv_conn_open(uv, descriptor, slot, &handles[Int(slot)]) == 0
    }
    guard unsafe cuv_conn_begin(handle, slot) == 0 else {
      unsafe cuv_conn_close(handle, 0)
      return false
    }
    unsafe handles[Int(slot)] = unsafe handle
    return true
  }

  func watch(_ slot: UInt32, _ interest: Interest) -> Bool {
    guard let handle = unsafe handles[Int(slot)] else { return false }
    var events: Int32 = 0
    if interest.contains(.readable) { events |= Int32(CUV_READABLE) }
    if interest.contains(.writable) { events |= Int32(CUV_WRITABLE) }
    return unsafe cuv_conn_watch(handle, events) == 0
  }

  func close(_ slot: UInt32, reset: Bool) {
    guard let handle = unsafe handles[Int(slot)] else { return }
    unsafe handles[Int(slot)] = nil
    unsafe cuv_conn_close(handle, reset ? 1 : 0)
  }

  func shutdownWrite(_ slot: UInt32) {
    guard let handle = unsafe handles[Int(slot)] else { return }
    // A peer that is gone already has nothing to be told.
    _ = unsafe cuv_conn_shutdown_write(handle)
  }

  func discard(_ descriptor: Int32) {
    guard let handle = unsafe takePrepared(descriptor) else {
      _ = Glibc.close(descriptor)
      return
    }
    unsafe cuv_conn_close(handle, 0)
  }

  func receive(_ descriptor: Int32, into buffer: inout [UInt8]) -> Int {
    unsafe buffer.withUnsafeMutableBytes {
      unsafe isSecure
        ? cuv_tls_recv(uv, descriptor, $0.baseAddress, $0.count)
        : cuv_recv(descriptor, $0.baseAddress, $0.count)
    }
  }

  func send(_ descriptor: Int32, _ bytes: Span<UInt8>) -> Int {
    unsafe bytes.withUnsafeBytes {
      unsafe isSecure
        ? cuv_tls_send(uv, descriptor, $0.baseAddress, $0.count)
        : cuv_send(descriptor, $0.baseAddress, $0.count)
    }
  }

  func sendBatch(_ descriptors: [Int32], _ bytes: Span<UInt8>, exceptions: inout [SendException]) {
    while results.count < descriptors.count { results.append(cuv_exception()) }
    let count = unsafe bytes.withUnsafeBytes { bytes in
      unsafe isSecure
        ? cuv_tls_send_batch(
          uv, sender, descriptors, UInt32(descriptors.count), bytes.baseAddress, bytes.count, &results)
        : cuv_send_batch(
          sender, descriptors, UInt32(descriptors.count), bytes.baseAddress, bytes.count, &results)
    }
    for result in results.prefix(max(count, 0)) {
      exceptions.append(SendException(position: Int(result.index), result: Int(result.result)))
    }
  }

  func unsent(_ descriptor: Int32) -> Unsent {
    guard isSecure else { return Unsent() }
    var progressAt: UInt64 = 0
    let count = unsafe cuv_tls_waiting(uv, descriptor, &progressAt)
    return Unsent(count: Int(count), progressAt: progressAt)
  }

  var unsentBytes: Int { isSecure ? Int(unsafe cuv_tls_waiting_bytes(uv)) : 0 }

  func setBusy(_ busy: Bool) { unsafe cuv_loop_set_busy(uv, busy ? 1 : 0) }
  func stopListening() { unsafe cuv_listen_stop(uv) }
  func shareListeners() { unsafe cuv_listen_share(uv) }
  func leaveListeners() { unsafe cuv_listen_leave(uv) }
  /// The state of TLS cannot leave its process.
  var passesConnections: Bool { !isSecure }
  func updateTime() { unsafe cuv_loop_update_time(uv) }
  func stop() { unsafe cuv_loop_stop(uv) }

  func webSocketAccept(_ key: [UInt8]) -> [UInt8] {
    var accept = [CChar](repeating: 0, count: 28)
    let result = unsafe key.withUnsafeBytes { key in
      unsafe cuv_websocket_accept(key.baseAddress, key.count, &accept)
    }
    return result == 0 ? accept.map { UInt8(bitPattern: $0) } : []
  }

  var acceptFailures: Int { Int(unsafe cuv_accept_failures(uv)) }

  var handshakes: Handshakes {
    var (underWay, refused) = (UInt32(0), UInt64(0))
    unsafe cuv_tls_handshakes(uv, &underWay, &refused)
    return Handshakes(underWay: Int(underWay), refused: Int(refused))
  }
}

/// The context that C hands back to each hook: it leads to the loop. Lives as long as the transport.
private final class LoopContext {
  weak var transport: CUVTransport?

  func hooks() -> cuv_hooks {
    unsafe cuv_hooks(
      context: Unmanaged.passUnretained(self).toOpaque(),
      on_accept: { context, descriptor, peer in
        guard let loop = unsafe LoopContext.loop(context) else { return }
        loop.accept(descriptor, from: unsafe LoopContext.address(peer))
      },
      on_ready: { context, slot, events in
        var readiness: Interest = []
        if events & Int32(CUV_READABLE) != 0 { readiness.insert(.readable) }
        if events & Int32(CUV_WRITABLE) != 0 { readiness.insert(.writable) }
        let hangup = events & Int32(CUV_HANGUP) != 0
        unsafe LoopContext.loop(context)?.ready(slot, readiness, hangup: hangup)
      },
      on_wake: { context in unsafe LoopContext.loop(context)?.drainMailbox() },
      on_tick: { context in unsafe LoopContext.loop(context)?.tick() },
      on_turn: { context in unsafe LoopContext.loop(context)?.turn() })
  }

  private static func loop(_ context: UnsafeMutableRawPointer?) -> Loop<CUVTransport>? {
    guard let context = unsafe context else { return nil }
    return unsafe Unmanaged<LoopContext>.fromOpaque(context).takeUnretainedValue().transport?.loop
  }

  private static func address(_ address: UnsafePointer<cuv_address>?) -> PeerAddress {
    guard var bytes = unsafe address?.pointee.bytes else { return PeerAddress(upper: 0, lower: 0) }
    return unsafe withUnsafeBytes(of: &bytes) { bytes in
      PeerAddress(
        upper: UInt64(bigEndian: unsafe bytes.load(as: UInt64.self)),
        lower: UInt64(bigEndian: unsafe bytes.load(fromByteOffset: 8, as: UInt64.self)))
    }
  }
}
