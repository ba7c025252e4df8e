// A loop on a scripted transport with every port faked, driven turn by turn on the test's thread.
import TestSupport

@testable import FanoutCore

struct SilentWaker: LoopWaker {
  func ring() {}
}

/// One loop and everything around it.
final class LoopRig {
  let io: ScriptedTransport
  let loop: Loop<ScriptedTransport>
  let proxy: LoopProxy
  let publisher: Publisher
  let inbound: FakeInbound
  let sessions = FakeSessionHandler()
  let topics = FakeTopics()
  let observer = RecordingObserver()
  let counters = LoopCounters(requestKinds: 2, countsSubscribers: true)
  /// Whether the ledger answers by itself after each turn.
  var answersAtOnce = true
  private let driver: LoopDriver

  /// - Parameters:
  ///   - descriptors: the size of the table.
  ///   - room: requests of one turn that the inbound sink takes.
  init(
    _ limits: Limits = Limits(), now: UInt64 = 1_000_000, descriptors: Int = 1 << 20, room: Int = .max,
    admission: AdmissionLimits = AdmissionLimits(), names: Bool = false
  ) {
    inbound = FakeInbound(room: room, names: names)
    io = ScriptedTransport(now: now)
    proxy = LoopProxy(id: LoopID(0), capacity: limits.mailboxParcels, waker: SilentWaker())
    publisher = Publisher(loops: [proxy])
    publisher.use(idPrefix: Array("e.".utf8))
    loop = Loop(
      id: LoopID(0), limits: limits, io: io, proxy: proxy, counters: counters, inbound: inbound,
      sessions: sessions, source: topics, observer: observer,
      table: DescriptorTable(limit: descriptors, limits), admission: AdmissionControl(admission),
      eventIDPrefix: Array("e.".utf8))
    driver = LoopDriver(loop)
  }

  // MARK: Time

  /// One turn, and the ledger's answers when it answers by itself.
  func turn() {
    driver.turn()
    if answersAtOnce { answer() }
  }

  /// Turns until nothing happens any more.
  func settle(_ turns: Int = 12) { for _ in 0..<turns { turn() } }

  /// Moves the clock in steps of one tick, with turns in between.
  func pass(_ milliseconds: UInt64) {
    let end = io.now + milliseconds
    while io.now < end {
      io.advance(by: min(loop.limits.tick, end - io.now))
      turn()
    }
    turn()
  }

  /// The ledger answers what it was asked.
  func answer() { topics.pump(publisher) { proxy.post(.history($0, $1)) } }

  func publish(_ topic: Int64, _ count: Int = 1) { topics.publish(topic, count, to: publisher) }

  // MARK: Clients

  func connect(capacity: Int = 1 << 20) -> ScriptedSocket { driver.connect(capacity: capacity) }

  /// A WebSocket that has got its 101.
  /// - Parameter extensions: what it offers as `Sec-WebSocket-Extensions`; nil: nothing.
  func webSocket(
    _ path: String = "/ws", capacity: Int = 1 << 20, extensions: String? = nil
  ) -> ScriptedClient {
    let client = ScriptedClient(connect(capacity: capacity))
    client.socket.write(ScriptedClient.upgrade(path, ScriptedClient.field(extensions)))
    settle(4)
    return client
  }

  /// WebSockets that subscribe to a topic from the start, which have got their 101 and perhaps the greeting.
  func subscribers(_ count: Int, of topic: Int64 = 5) -> [ScriptedClient] {
    (0..<count).map { _ in webSocket("/ws/\(topic)") }
  }

  /// A loop with many subscribers of topic 5, who have read their greetings.
  /// - Parameter size: subscribers of one cohort.
  static func crowd(
    _ count: Int, cohorts size: Int
  ) -> (rig: LoopRig, clients: [ScriptedClient]) {
    var limits = Limits()
    limits.cohortSubscribers = size
    let rig = LoopRig(limits)
    rig.topics.create(5)
    let clients = rig.subscribers(count)
    for client in clients { _ = client.read() }
    return (rig, clients)
  }

  /// The slot of a socket's connection; nil when it is closed.
  func connection(_ socket: ScriptedSocket) -> Connection? { socket.slot.flatMap { loop.connections.at($0) } }

  /// Everything that is not as it must be, the world's complaints included.
  func faults() -> [String] { driver.faults() }
}

/// A WebSocket client over a scripted socket.
final class ScriptedClient {
  let socket: ScriptedSocket
  private(set) var status: Int?
  private(set) var head = ""
  private var headBytes: [UInt8] = []
  private(set) var frames = ServerFrames()

  init(_ socket: ScriptedSocket) { self.socket = socket }

  static func upgrade(_ path: String, _ fields: String = "") -> String {
    "GET \(path) HTTP/1.1\r\nHost: here\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\(fields)\r\n"
  }

  static func field(_ extensions: String?) -> String {
    extensions.map { "Sec-WebSocket-Extensions: \($0)\r\n" } ?? ""
  }

  func say(_ text: String) { socket.write(ClientFrames.text(text)) }

  /// Says it compressed, where that was agreed on.
  func sayDeflated(_ text: String) {
    guard let peer = frames.peer else { return say(text) }
    socket.write(ClientFrames.frame(1, peer.deflate(Array(text.utf8)), bits: 0x40))
  }

  /// Reads at most `limit` bytes and returns the frames that are whole now.
  func read(_ limit: Int = .max) -> [ServerFrames.Frame] {
    let bytes = socket.read(limit)
    guard status == nil else { return frames.take(bytes) }
    headBytes += bytes
    guard let stop = HTTPAnswers.endOfHead(headBytes[...]) else { return [] }
    head = String(decoding: headBytes[..<stop], as: UTF8.self)
    status = head.split(separator: " ").dropFirst().first.flatMap { Int($0) }
    if let line = head.split(separator: "\r\n").first(where: { $0.hasPrefix("Sec-WebSocket-Extensions: ") }) {
      frames.peer = try? PeerDeflate(agreed: String(line.dropFirst("Sec-WebSocket-Extensions: ".count)))
    }
    return frames.take(Array(headBytes[stop...]))
  }

  /// The texts among the frames that are whole now.
  func texts() -> [String] {
    read().compactMap { if case .text(let text) = $0 { text } else { nil } }
  }
}
