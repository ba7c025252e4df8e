// A loop on a scripted world with every port faked, driven turn by turn on the test's thread.
@testable import FanoutCore

struct SilentBell: Doorbell {
  func ring() {}
}

/// One loop and everything around it.
final class LoopRig {
  let world: ScriptedWorld
  let loop: Loop<ScriptedWorld>
  let proxy: LoopProxy
  let broadcaster: Broadcaster
  let inbound = FakeInbound()
  let topics = FakeTopics()
  let observer = RecordingObserver()
  let counters = LoopCounters()
  /// Whether the ledger answers by itself after each turn.
  var answersAtOnce = true
  private var ticked: UInt64

  init(_ limits: Limits = Limits(), now: UInt64 = 1_000_000) {
    world = ScriptedWorld(now: now)
    proxy = LoopProxy(id: LoopID(0), capacity: limits.mailboxParcels, doorbell: SilentBell())
    broadcaster = Broadcaster(loops: [proxy])
    loop = Loop(
      id: LoopID(0), limits: limits, world: world, proxy: proxy, counters: counters, inbound: inbound,
      gatekeeper: FakeGatekeeper(), source: topics, observer: observer)
    ticked = now
  }

  // MARK: Time

  /// One turn: readiness, the turn's end, and a tick when time has moved.
  func turn() {
    for (slot, readiness, hangup) in world.readySlots() where world.isOpen(slot) {
      loop.ready(slot, readiness, hangup: hangup)
    }
    loop.turn()
    if world.now >= ticked + loop.limits.tick {
      ticked = world.now
      loop.tick()
    }
    if answersAtOnce { answer() }
  }

  /// Turns until nothing happens any more.
  func settle(_ turns: Int = 12) { for _ in 0..<turns { turn() } }

  /// Moves the clock in steps of one tick, with turns in between.
  func pass(_ milliseconds: UInt64) {
    let end = world.now + milliseconds
    while world.now < end {
      world.advance(by: min(loop.limits.tick, end - world.now))
      turn()
    }
    turn()
  }

  /// The ledger answers what it was asked.
  func answer() { topics.pump(broadcaster) { proxy.post(.history($0, $1)) } }

  func publish(_ topic: Int64, _ count: Int = 1) { topics.publish(topic, count, to: broadcaster) }

  // MARK: Clients

  func connect(capacity: Int = 1 << 20) -> ScriptedSocket {
    let socket = world.makeSocket(capacity: capacity)
    loop.accept(socket.descriptor, from: "peer-\(socket.descriptor)")
    return socket
  }

  /// A WebSocket that has got its 101.
  func webSocket(_ path: String = "/ws", capacity: Int = 1 << 20) -> ScriptedClient {
    let client = ScriptedClient(connect(capacity: capacity))
    client.socket.write(ScriptedClient.upgrade(path))
    settle(4)
    return client
  }

  /// The slot of a socket's connection; nil when it is closed.
  func connection(_ socket: ScriptedSocket) -> Connection? { socket.slot.flatMap { loop.connections.at($0) } }

  /// Everything that is not as it must be, the world's complaints included.
  func faults() -> [String] { world.offences + loop.brokenInvariants() }
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

  func say(_ text: String) { socket.write(ClientFrames.text(text)) }

  /// Reads at most `limit` bytes and returns the frames that are whole now.
  func read(_ limit: Int = .max) -> [ServerFrames.Frame] {
    let bytes = socket.read(limit)
    guard status == nil else { return frames.take(bytes) }
    headBytes += bytes
    let end = Array("\r\n\r\n".utf8)
    guard headBytes.count >= 4,
      let stop = (0...(headBytes.count - 4)).first(where: { Array(headBytes[$0..<($0 + 4)]) == end })
    else { return [] }
    head = String(decoding: headBytes[..<(stop + 4)], as: UTF8.self)
    status = head.split(separator: " ").dropFirst().first.flatMap { Int($0) }
    return frames.take(Array(headBytes[(stop + 4)...]))
  }

  /// The texts among the frames that are whole now.
  func texts() -> [String] {
    read().compactMap { if case .text(let text) = $0 { text } else { nil } }
  }
}

/// The answers of a server to HTTP/1.1 requests, read by `Content-Length`.
struct HTTPAnswers {
  struct Answer: Equatable {
    var status: Int
    var head: String
    var body: String
  }

  /// Whole answers at the front of `bytes`. `headOnly` says of each answer whether it has no body.
  static func read(_ bytes: [UInt8], headOnly: Bool = false) -> [Answer] {
    var rest = bytes[...]
    var answers: [Answer] = []
    while let stop = end(of: rest) {
      let head = String(decoding: rest[..<stop], as: UTF8.self)
      let status = head.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
      let length = headOnly || status < 200 ? 0 : contentLength(head)
      guard rest.endIndex - stop >= length else { break }
      let body = String(decoding: rest[stop..<(stop + length)], as: UTF8.self)
      answers.append(Answer(status: status, head: head, body: body))
      rest = rest[(stop + length)...]
    }
    return answers
  }

  private static func end(of bytes: ArraySlice<UInt8>) -> Int? {
    var index = bytes.startIndex
    while index + 4 <= bytes.endIndex {
      if bytes[index..<(index + 4)].elementsEqual([13, 10, 13, 10]) { return index + 4 }
      index += 1
    }
    return nil
  }

  private static func contentLength(_ head: String) -> Int {
    for line in head.split(separator: "\r\n") where line.lowercased().hasPrefix("content-length: ") {
      return Int(line.dropFirst(16)) ?? 0
    }
    return 0
  }
}
