// A loop that speaks TLS, and its clients, all on the test's own thread: after each turn every client is pumped.
import CUVShim
import Glibc
import Testing

/// Who protects the server's records.
enum RecordLayer: Int32, CaseIterable {
  case openSSL, compact

  var versions: [Int32] { self == .openSSL ? [12, 13] : [13] }
}

/// A record layer with a version that it speaks.
struct TLSMode: CustomTestStringConvertible {
  let layer: RecordLayer
  let version: Int32

  static let all = RecordLayer.allCases.flatMap { layer in
    layer.versions.map { TLSMode(layer: layer, version: $0) }
  }
  var testDescription: String { "\(layer) 1.\(version % 10)" }
}

/// The server's end of one connection. Reads whatever comes, once per report, until the end or a failure.
@safe final class TLSEnd {
  let connection: Connection
  private let loop: OpaquePointer
  var capacity = 20_000
  private(set) var received: [UInt8] = []
  /// The number of bytes of each receipt.
  private(set) var receipts: [Int] = []
  /// 0 or a negative errno.
  private(set) var end: Int?
  private(set) var reports: [Readiness] = []
  /// Called instead of reading.
  var onReady: ((Readiness) -> Void)?

  init(_ connection: Connection, loop: OpaquePointer) {
    self.connection = connection
    unsafe self.loop = loop
  }

  var text: String { String(decoding: received, as: UTF8.self) }

  @discardableResult func receive() -> Int {
    var bytes = [UInt8](repeating: 0, count: capacity)
    let count = unsafe cuv_tls_recv(loop, connection.descriptor, &bytes, capacity)
    if count > 0 {
      received += bytes.prefix(count)
      receipts.append(count)
    } else if count != -Int(EAGAIN) {
      end = count
      connection.watch([])
    }
    return count
  }

  /// Ciphertext that waits, and when the socket last took some.
  var waiting: (count: Int, progressAt: UInt64) {
    var progressAt: UInt64 = 0
    let count = unsafe cuv_tls_waiting(loop, connection.descriptor, &progressAt)
    return (Int(count), progressAt)
  }

  /// Ciphertext that waits at all connections of the loop.
  var waitingOfLoop: Int { Int(unsafe cuv_tls_waiting_bytes(loop)) }

  var isOpen: Int32 { unsafe cuv_tls_test_is_open(loop, connection.descriptor) }

  func send(_ text: String) -> Int { send(Array(text.utf8)) }
  func send(_ bytes: [UInt8]) -> Int { unsafe cuv_tls_send(loop, connection.descriptor, bytes, bytes.count) }

  /// What was received and reported so far.
  fileprivate func forget() {
    received = []
    receipts = []
    reports = []
  }

  fileprivate func report(_ readiness: Readiness) {
    reports.append(readiness)
    if let onReady { return onReady(readiness) }
    if readiness.contains(.hangUp) {
      end = -Int(ECONNRESET)
    } else if readiness.contains(.readable) {
      receive()
    }
  }
}

@safe final class TLSScene {
  let harness: LoopHarness
  private(set) var ends: [TLSEnd] = []
  private(set) var clients: [TLSClient] = []

  init(_ layer: RecordLayer, handshakes: UInt32 = 10_000) throws {
    harness = try LoopHarness()
    var context: OpaquePointer?
    var why = [CChar](repeating: 0, count: 256)
    let created = unsafe cuv_tls_context_create(
      &context, TLSOptions.certificate, TLSOptions.key, layer.rawValue, &why)
    try #require(created == 0)
    let used = unsafe cuv_loop_use_tls(harness.loop, context, handshakes)
    unsafe cuv_tls_context_destroy(context)  // the loop keeps what it needs
    try #require(used == 0)
    unsafe cuv_loop_set_busy(harness.loop, 1)
  }

  /// A connection whose client has not said anything yet.
  func connect(_ options: TLSOptions = TLSOptions()) throws -> (server: TLSEnd, client: TLSClient) {
    let pair = try tcpPair()
    let end = try open(pair.server)
    let client = try TLSClient(descriptor: pair.client, options)
    clients.append(client)
    return (end, client)
  }

  /// A connection with its handshake behind it.
  func shake(_ options: TLSOptions = TLSOptions()) throws -> (server: TLSEnd, client: TLSClient) {
    let pair = try connect(options)
    run { pair.client.isShaken }
    pair.client.send("?")  // in TLS 1.3 the client is ready before its last message has been read
    run { pair.server.text == "?" }
    pair.server.forget()
    return pair
  }

  /// The server's end alone.
  func open(_ descriptor: Int32) throws -> TLSEnd {
    let connection = try harness.open(descriptor, token: UInt32(ends.count))
    let end = unsafe TLSEnd(connection, loop: harness.loop)
    ends.append(end)
    return end
  }

  func run(until isDone: @escaping () -> Bool) {
    harness.onReady = { [self] token, readiness in ends[Int(token)].report(readiness) }
    harness.onTurn = { [self] in
      for client in clients { client.pump() }
      if isDone() { harness.stop() }
    }
    harness.run()
  }

  /// Long enough for everything that is on its way on this machine.
  func run(turns: Int) {
    var left = turns
    run {
      left -= 1
      return left <= 0
    }
  }

  /// Handshakes under way, and those refused.
  var handshakes: (underWay: UInt32, refused: UInt64) {
    var (underWay, refused) = (UInt32(0), UInt64(0))
    unsafe cuv_tls_handshakes(harness.loop, &underWay, &refused)
    return (underWay, refused)
  }

  /// Everybody, when all ends are closed.
  func forget() {
    ends = []
    clients = []
  }

  deinit { for end in ends { end.onReady = nil } }  // it usually holds the end

  /// No more is done for this client.
  func abandon(_ client: TLSClient) { clients.removeAll { $0 === client } }
}
