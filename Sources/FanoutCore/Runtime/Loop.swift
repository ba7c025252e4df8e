// One loop: its connections, topics and timers, driven by readiness, parcels, ticks and turns. Everything in it
// belongs to the loop's thread; other threads reach it through its `LoopProxy`. Facets, each in a file:
//   Loop+Connections   accept, close                       Loop+Subscriptions  welcome, resume, leave
//   Loop+Deadlines     pings, expiry, stalls, timeouts     Loop+Pass           the rolling pass
//   Loop+Input         bytes to requests and messages      Loop+Parcels        what other threads sent
//   Loop+Output        the outbox, blocked and clear

/// One loop of the data plane over a transport.
final class Loop<IO: Transport> {
  let id: LoopID
  let limits: Limits
  let io: IO
  let proxy: LoopProxy
  let inbound: any InboundSink
  let sessions: any SessionHandler
  let source: any TopicSource
  let observer: any LoopObserver
  /// Shows the counts to other threads.
  let counters: LoopCounters
  var counts = LoopCounts()

  var connections = Slab<Connection>()
  var subscriptions = Subscriptions()
  var topics = TopicTable()
  var wheel: TimerWheel
  /// Topics whose pass is not over, each once, in turn.
  var pass = Queue<UInt32>()
  /// Topics that lost their last subscriber, and when, in order.
  var emptyTopics = Queue<(topic: UInt32, since: UInt64)>()
  /// Counts every connection, for the generations of slots.
  var arrivals: UInt32 = 0
  var isAccepting = true
  /// Set once everybody has been told goodbye: when the loop ends at the latest.
  var endBy: UInt64?
  /// Lent to `receive`; its content is dead between calls.
  var receiveBuffer = [UInt8](repeating: 0, count: Limits.receiveBytes)
  var exceptions: [SendException] = []
  /// Connections that this tick pings.
  var pinged: [UInt32] = []
  /// The connection whose output is gathered, and what was gathered (`cork`).
  var corkedSlot: UInt32?
  var corked: [UInt8] = []
  /// The `Date` field's value and the second it belongs to.
  private var date: (second: Int64, bytes: [UInt8]) = (-1, [])

  init(
    id: LoopID, limits: Limits, io: IO, proxy: LoopProxy, counters: LoopCounters,
    inbound: any InboundSink, sessions: any SessionHandler, source: any TopicSource,
    observer: any LoopObserver
  ) {
    self.id = id
    self.limits = limits
    self.io = io
    self.proxy = proxy
    self.counters = counters
    self.inbound = inbound
    self.sessions = sessions
    self.source = source
    self.observer = observer
    wheel = TimerWheel(tick: limits.tick, now: io.now)
  }

  /// The value of `Date`, made once a second.
  func currentDate() -> [UInt8] {
    let second = io.wallClock / 1000
    if date.second != second { date = (second, HTTPDate.bytes(secondsSince1970: second)) }
    return date.bytes
  }

  // MARK: What drives it

  /// A socket is ready.
  func ready(_ slot: UInt32, _ readiness: Interest, hangup: Bool) {
    guard connections.contains(slot) else { return }
    if readiness.contains(.writable) { flush(slot) }
    // What was written may have changed what is to be read.
    if readiness.contains(.readable), connections.at(slot)?.interest.contains(.readable) == true {
      read(slot)
    }
    if hangup && readiness.isEmpty { close(slot) }
  }

  /// The mailbox may hold something.
  func wake() {
    while let parcel = proxy.take() { open(parcel) }
  }

  /// A turn's end: a bounded piece of the pass.
  func turn() {
    wake()
    rollPass()
    io.setBusy(!pass.isEmpty)
  }

  /// Time has gone by.
  func tick() {
    for slot in wheel.advance(to: io.now) where connections.contains(slot) { deadlinePassed(slot) }
    sendPings()
    closeLingeringTopics()
    noteAcceptFailures()
    let handshakes = io.handshakes
    (counts.handshakesUnderWay, counts.handshakesRefused) = (handshakes.underWay, handshakes.refused)
    counts.idleMilliseconds = Int(io.idle)
    counters.publish(counts)
    endIfDone()
  }
}
