// Bytes from sockets, each connection its share: one buffer of input, and of that at most a turn's budget of requests or
// messages. What is left over is queued for the next turn, so that other connections get theirs in between.
//
// Invariant: a queued connection is not read before its turn. One loop's thread.

/// Reads the connections of one loop.
final class Input<IO: Transport> {
  private let io: IO
  private let counters: LoopCounters
  private let connections: Connections<IO>
  private let output: Output<IO>
  private let http: HTTPDriver<IO>
  private let webSockets: WebSocketDriver<IO>
  /// Lent to `receive`; its content is dead between calls.
  private var buffer = [UInt8](repeating: 0, count: Limits.receiveBytes)
  /// Connections whose input is not all taken, each once, in turn.
  private var queue: [(slot: UInt32, generation: UInt32)] = []
  private var queued: Set<UInt32> = []

  init(
    io: IO, counters: LoopCounters, connections: Connections<IO>, output: Output<IO>, http: HTTPDriver<IO>,
    webSockets: WebSocketDriver<IO>
  ) {
    self.io = io
    self.counters = counters
    self.connections = connections
    self.output = output
    self.http = http
    self.webSockets = webSockets
  }

  /// Whether no connection waits for its next turn.
  var isIdle: Bool { queue.isEmpty }

  /// Takes one buffer of input; more of it shows as readiness in the next turn. A queued connection waits.
  func read(_ slot: UInt32) {
    guard !queued.contains(slot) else { return }
    var bytes: [UInt8] = []
    swap(&bytes, &buffer)
    defer { swap(&bytes, &buffer) }
    let count = io.receive(connections[slot].descriptor, into: &bytes)
    if count > 0 {
      counters.own.bytesReceived += count
      take(slot, bytes.span.extracting(0..<count))
    } else if count == 0 {
      inputEnded(slot)
    } else if count != IO.wouldBlock {
      broke(slot)
    }
  }

  /// The connection is no more: the peer has reset it, or it failed.
  func broke(_ slot: UInt32) {
    if case .http(let exchange) = connections[slot].phase { http.abandon(slot, exchange) }
    connections.close(slot)
  }

  /// Every queued connection takes its turn.
  func takeTurns() {
    guard !queue.isEmpty else { return }
    let turns = queue
    queue = []
    queued = []
    for (slot, generation) in turns where connections.at(slot)?.generation == generation { resume(slot) }
  }

  /// Goes on with input that was kept, for instance because answers waited for the socket.
  func resume(_ slot: UInt32) {
    guard !queued.contains(slot) else { return }
    output.cork(slot)
    if case .http(let exchange) = connections[slot].phase { enqueue(slot, if: http.resume(slot, exchange)) }
    takeKept(slot)
    output.uncork()
  }

  /// A connection came from another process, which had read this and not used it.
  func adopted(_ slot: UInt32, _ bytes: [UInt8]) {
    if case .opening = connections[slot].phase { take(slot, bytes.span) } else { resume(slot) }
  }

  /// The answer to a request that was left for later; requests behind it go on.
  func answer(_ ticket: Ticket, _ response: HTTPResponse) {
    guard let slot = connections.slot(of: ticket) else { return }
    output.cork(slot)
    enqueue(slot, if: http.answer(slot, ticket, response))
    takeKept(slot)
    output.uncork()
  }

  /// All that waited for the socket has been taken.
  func flushed(_ slot: UInt32) {
    if case .http(let exchange) = connections[slot].phase {
      output.cork(slot)
      enqueue(slot, if: http.flushed(slot, exchange))
      takeKept(slot)
      output.uncork()
    } else if connections[slot].takesInput {
      connections.resumeReading(slot)
      resume(slot)
    }
  }

  /// Queues a connection when more of its input waits.
  private func enqueue(_ slot: UInt32, if hasMore: Bool) {
    guard hasMore, queued.insert(slot).inserted else { return }
    queue.append((slot, connections[slot].generation))
  }

  /// The answers to one buffer of input leave in one send.
  private func take(_ slot: UInt32, _ bytes: Span<UInt8>) {
    output.cork(slot)
    switch connections[slot].phase {
    case .opening: enqueue(slot, if: http.take(slot, connections.begin(slot), bytes))
    case .http(let exchange): enqueue(slot, if: http.take(slot, exchange, bytes))
    case .webSocket: enqueue(slot, if: webSockets.take(slot, bytes))
    case .eventStream, .flushing, .lingering: break  // input after the last request is ignored
    }
    takeKept(slot)
    output.uncork()
  }

  /// Takes frames that were kept: behind the request for an upgrade, or until it was the connection's turn. While
  /// reading is paused they wait on.
  private func takeKept(_ slot: UInt32) {
    guard !queued.contains(slot), connections.hasKept(slot), connections[slot].interest.contains(.readable)
    else { return }
    enqueue(slot, if: webSockets.resume(slot))
  }

  private func inputEnded(_ slot: UInt32) {
    switch connections[slot].phase {
    case .http(let exchange): http.inputEnded(slot, exchange)
    // What waits is still sent; the end is seen again when the connection lingers.
    case .flushing: connections.pauseReading(slot)
    case .opening, .webSocket, .eventStream, .lingering: connections.close(slot)
    }
  }
}
