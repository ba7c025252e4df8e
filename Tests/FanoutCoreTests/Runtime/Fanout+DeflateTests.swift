// Compressed subscribers on a whole loop: every client has an inflater of its own, which keeps its window as agreed, and
// must read every byte.
import TestSupport
import Testing

@testable import FanoutCore
@testable import FanoutTestSupport

@Suite struct FanoutDeflateTests {
  private static let offer = "permessage-deflate; client_max_window_bits"

  private func texts(_ range: ClosedRange<UInt64>, _ tail: String = "") -> [String] {
    range.map { "n 5 \($0)\(tail)" }
  }

  private func rig(_ limits: Limits = Limits(), padding: Int = 60) -> LoopRig {
    let rig = LoopRig(limits)
    rig.topics.create(5)
    rig.topics.pad(padding)
    return rig
  }

  private func tail(_ padding: Int = 60) -> String { " " + String(repeating: "x", count: padding) }

  private func dialect(_ rig: LoopRig, _ client: ScriptedClient) -> Dialect? {
    guard let slot = client.socket.slot else { return nil }
    let index = rig.loop.subscribers.first(of: slot)
    return rig.loop.subscribers.at(index)?.dialect
  }

  @Test("a joiner is sent one notice that stands alone and then shares the window with everybody")
  func joins() {
    let rig = rig()
    let first = rig.webSocket("/ws/5", extensions: Self.offer)
    let plain = rig.webSocket("/ws/5")
    #expect(first.texts() == ["connected 5 s 5 0"] && plain.texts() == ["connected 5 s 5 0"])
    #expect(first.frames.plainTexts == 1 && dialect(rig, first) == .standalone)
    rig.publish(5)
    rig.settle(2)
    #expect(first.texts() == texts(1...1, tail()))
    #expect(dialect(rig, first) == .shared)
    let second = rig.webSocket("/ws/5", extensions: Self.offer)
    _ = second.texts()
    rig.publish(5, 2)
    rig.settle(2)
    #expect(first.texts() == texts(2...3, tail()) && second.texts() == texts(2...3, tail()))
    #expect(dialect(rig, second) == .shared)
    let made = rig.counters.own.framesDeflated
    rig.publish(5, 2)
    rig.settle(2)
    #expect(first.texts() == texts(4...5, tail()) && second.texts() == texts(4...5, tail()))
    #expect(rig.counters.own.framesDeflated - made == 2, "once for both, and nothing for nobody")
    #expect(plain.texts() == texts(1...5, tail()) && plain.frames.deflatedTexts == 0)
    #expect(first.frames.deflatedTexts == 5 && second.frames.plainTexts == 1)
    #expect(rig.counters.own.deflationSavedBytes > 3 * 40)
    #expect(rig.faults() == [])
  }

  @Test("answers and greetings in between are plain, and the window goes on over them")
  func privateReplies() {
    let rig = rig()
    let client = rig.webSocket("/ws/5", extensions: Self.offer)
    _ = client.texts()
    for seq in UInt64(1)...6 {
      rig.publish(5)
      rig.settle(2)
      client.say("echo \(seq)")
      rig.settle(2)
      #expect(client.texts() == texts(seq...seq, tail()) + ["echo \(seq)"])
    }
    rig.proxy.post(.tellClient(7, Array("a private text".utf8)))
    rig.settle(2)
    rig.publish(5)
    rig.settle(2)
    #expect(client.texts() == ["a private text"] + texts(7...7, tail()))
    #expect(client.frames.plainTexts == 8 && client.frames.deflatedTexts == 7)
    #expect(rig.faults() == [])
  }

  @Test("who keeps no window, or a small one, is sent notices that stand alone")
  func noWindow() {
    let rig = rig()
    let offers = [
      "permessage-deflate; server_no_context_takeover", "permessage-deflate; server_max_window_bits=9",
      "permessage-deflate; server_max_window_bits=10", "permessage-deflate; server_max_window_bits=11",
    ]
    let clients = offers.map { rig.webSocket("/ws/5", extensions: $0) }
    for client in clients { _ = client.texts() }
    for seq in UInt64(1)...4 {
      rig.publish(5)
      rig.settle(2)
      for client in clients { #expect(client.texts() == texts(seq...seq, tail())) }
    }
    #expect(clients.map { dialect(rig, $0) } == [.standalone, .standalone, .standalone, .shared])
    #expect(clients.allSatisfy { $0.frames.deflatedTexts == 4 })
    #expect(rig.faults() == [])
  }

  @Test(
    "a second subscription takes a connection out of the window, also in the middle of a pass; the last one back"
  )
  func severalSubscriptions() {
    var limits = Limits()
    limits.cohortSubscribers = 1
    let rig = rig(limits)
    rig.topics.create(6)
    let clients = (0..<3).map { _ in rig.webSocket("/ws/5", extensions: Self.offer) }
    for client in clients { _ = client.texts() }
    rig.publish(5)
    rig.settle()
    for client in clients { #expect(client.texts() == texts(1...1, tail())) }
    #expect(clients.allSatisfy { dialect(rig, $0) == .shared })
    rig.publish(5)
    // The pass has not come to all of them when they say so.
    for client in clients { client.say("sub 6") }
    rig.settle()
    for client in clients {
      let said = client.texts()
      #expect(said.sorted() == (texts(2...2, tail()) + ["subscribed 6 s 6 0"]).sorted())
      #expect(dialect(rig, client) == .standalone)
    }
    for _ in 0..<3 {
      rig.publish(6)
      rig.publish(5)
      rig.settle()
    }
    for client in clients {
      #expect(client.texts().filter { $0.hasPrefix("n 5") } == texts(3...5, tail()))
      client.say("unsub 6")
    }
    rig.settle()
    rig.publish(5)
    rig.settle()
    rig.publish(5)
    rig.settle()
    for client in clients {
      #expect(client.texts() == ["unsubscribed 6"] + texts(6...7, tail()))
      #expect(dialect(rig, client) == .shared)
    }
    #expect(rig.faults() == [])
  }

  @Test("a slow reader in the window gets what it missed from the shared log, and stays")
  func slowReader() {
    let rig = rig()
    let client = rig.webSocket("/ws/5", extensions: Self.offer)
    _ = client.texts()
    rig.publish(5)
    rig.settle(2)
    #expect(client.texts() == texts(1...1, tail()))
    client.socket.capacity = 7
    for _ in 0..<4 {
      rig.publish(5)
      rig.settle(2)
    }
    var read = client.texts()
    for _ in 0..<60 {
      rig.settle(1)
      read += client.texts()
    }
    #expect(read == texts(2...5, tail()))
    #expect(dialect(rig, client) == .shared && client.frames.plainTexts == 1)
    client.socket.capacity = 1 << 20
    rig.publish(5)
    rig.settle(2)
    #expect(client.texts() == texts(6...6, tail()))
    #expect(rig.faults() == [])
  }

  @Test("who is sent one plain message for many leaves the window and comes back with the next notice")
  func conflated() {
    var limits = Limits()
    limits.logFrames = 4
    limits.pullFrames = 2
    let rig = rig(limits)
    let clients = (0..<4).map { _ in rig.webSocket("/ws/5", extensions: Self.offer) }
    for client in clients { _ = client.texts() }
    rig.publish(5)
    rig.settle(2)
    for client in clients { _ = client.texts() }
    clients[0].socket.capacity = 0
    rig.publish(5)
    rig.settle(2)
    // A whole cohort is outrun, and a slow reader falls further behind than the log.
    rig.publish(5, 9)
    rig.settle(2)
    #expect(clients[0].texts() == [])
    for client in clients.dropFirst() {
      #expect(client.texts() == texts(2...2, tail()) + ["c 5 3 11"])
      #expect(dialect(rig, client) == .standalone)
    }
    clients[0].socket.capacity = 1 << 20
    rig.settle(2)
    #expect(clients[0].texts() == ["c 5 2 11"])
    #expect(dialect(rig, clients[0]) == .standalone)
    rig.publish(5)
    rig.settle(2)
    rig.publish(5)
    rig.settle(2)
    for client in clients {
      #expect(client.texts() == texts(12...13, tail()))
      #expect(dialect(rig, client) == .shared)
    }
    #expect(rig.faults() == [])
  }

  @Test("a resume is plain, from the log and from the notice table, and then joins")
  func resumes() {
    var limits = Limits()
    limits.logFrames = 4
    let rig = rig(limits)
    let witness = rig.webSocket("/ws/5", extensions: Self.offer)
    _ = witness.texts()
    rig.publish(5)
    rig.settle(2)
    for _ in 0..<9 {
      rig.publish(5)
      rig.settle(2)
    }
    _ = witness.texts()
    for since in [UInt64(8), 2] {
      let client = rig.webSocket("/ws/5?since=\(since)", extensions: Self.offer)
      rig.settle()
      #expect(client.texts() == ["connected 5 resumed \(since)"] + texts((since + 1)...10, tail()))
      #expect(client.frames.deflatedTexts == 0)
    }
    #expect(rig.counters.own.recalls == 1, "the plain log is kept for those that resume")
    let client = rig.webSocket("/ws/5?since=9", extensions: Self.offer)
    _ = client.texts()
    rig.publish(5)
    rig.settle(2)
    rig.publish(5)
    rig.settle(2)
    #expect(client.texts() == texts(11...12, tail()) && client.frames.deflatedTexts == 2)
    #expect(dialect(rig, client) == .shared)
    #expect(rig.faults() == [])
  }

  @Test("where nobody agreed on compression nothing is made for it")
  func nobody() {
    let rig = rig()
    let clients = rig.subscribers(3)
    rig.publish(5, 3)
    rig.settle(2)
    for client in clients { #expect(client.texts().count == 4) }
    let topic = rig.loop.subscribers.topics.index(of: TopicID(5)) ?? 0
    #expect(!rig.loop.subscribers.isDeflated(topic))
    #expect(rig.counters.own.framesDeflated == 0)
    let gone = rig.webSocket("/ws/5", extensions: Self.offer)
    gone.socket.reset()
    rig.settle(2)
    rig.publish(5, 3)
    rig.settle(2)
    #expect(rig.counters.own.framesDeflated == 0, "nobody is there any more")
    #expect(rig.faults() == [])
  }

  @Test("a topic that is withdrawn ends compressed subscriptions when they have been sent everything")
  func withdrawn() {
    let rig = rig()
    let clients = (0..<3).map { _ in rig.webSocket("/ws/5", extensions: Self.offer) }
    for client in clients { _ = client.texts() }
    rig.publish(5)
    rig.settle(2)
    let late = rig.webSocket("/ws/5", extensions: Self.offer)
    _ = late.texts()
    rig.publish(5)
    rig.publisher.withdraw(TopicID(5))
    rig.settle()
    for client in clients { #expect(client.read().last == .close(4404, "reason 4404")) }
    #expect(late.read() == [.text(texts(2...2, tail())[0]), .close(4404, "reason 4404")])
    #expect(rig.faults() == [])
  }

  @Test(
    "under random joins, skips, subscriptions, answers and partial sends every client reads every byte",
    arguments: 1...60)
  func random(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    var limits = Limits()
    limits.logFrames = Int.random(in: 2...12, using: &random)
    limits.pullFrames = Int.random(in: 0...limits.logFrames, using: &random)
    limits.pullBytes = Int.random(in: 0...600, using: &random)
    limits.cohortSubscribers = Int.random(in: 1...4, using: &random)
    let rig = rig(limits, padding: Int.random(in: 0...900, using: &random))
    rig.topics.create(6)
    rig.io.partialSends = (15, SeededRandom(seed: seed &+ 7))
    var clients: [RandomClient] = []
    for step in 0..<250 {
      act(rig, &clients, &random)
      rig.turn()
      for client in clients where Int.random(in: 0..<3, using: &random) == 0 {
        client.read(Int.random(in: 1...900, using: &random))
      }
      if step % 10 == 0 { #expect(rig.faults() == [], "seed \(seed), step \(step)") }
    }
    rig.io.partialSends = nil
    for _ in 0..<40 {
      rig.turn()
      for client in clients {
        client.client.socket.capacity = 1 << 20
        client.read(.max)
      }
    }
    for client in clients {
      #expect(client.client.frames.offence == nil, "seed \(seed)")
      #expect(client.faults == [], "seed \(seed)")
      for (topic, seq) in client.reached { #expect(seq == rig.topics.head(topic), "seed \(seed)") }
    }
    #expect(rig.faults() == [], "seed \(seed)")
  }

  private func act(_ rig: LoopRig, _ clients: inout [RandomClient], _ random: inout SeededRandom) {
    switch Int.random(in: 0..<12, using: &random) {
    case 0...4: rig.publish(Int64.random(in: 5...6, using: &random), Int.random(in: 1...3, using: &random))
    case 5:
      let offers = [
        nil, Self.offer, Self.offer, "permessage-deflate; server_no_context_takeover",
        "permessage-deflate; server_max_window_bits=\(Int.random(in: 9...15, using: &random))",
      ]
      let topic = Int64.random(in: 5...6, using: &random)
      let resume = Int.random(in: 0..<3, using: &random) == 0 && rig.topics.head(topic) > 0
      let since = resume ? "?since=\(UInt64.random(in: 0...rig.topics.head(topic), using: &random))" : ""
      let capacity = [20, 90, 400, 1 << 20].randomElement(using: &random) ?? 20
      let offer = offers.randomElement(using: &random) ?? nil
      clients.append(
        RandomClient(rig.webSocket("/ws/\(topic)\(since)", capacity: capacity, extensions: offer)))
    default:
      guard let client = clients.randomElement(using: &random) else { return }
      client.act(&random)
    }
  }
}

/// A client that checks the order of what it is sent.
private final class RandomClient {
  let client: ScriptedClient
  /// The last `seq` of each topic that it is subscribed to.
  private(set) var reached: [Int64: UInt64] = [:]
  private(set) var faults: [String] = []

  init(_ client: ScriptedClient) { self.client = client }

  func act(_ random: inout SeededRandom) {
    let topic = Int64.random(in: 5...6, using: &random)
    switch Int.random(in: 0..<8, using: &random) {
    case 0, 1: client.say("sub \(topic)")
    case 2: client.say("unsub \(topic)")
    case 3: client.socket.capacity = [0, 20, 90, 400, 1 << 20].randomElement(using: &random) ?? 0
    case 4:
      client.sayDeflated("echo " + String(repeating: "e", count: Int.random(in: 0...300, using: &random)))
    default: client.say("echo")
    }
  }

  func read(_ limit: Int) {
    for frame in client.read(limit) {
      guard case .text(let text) = frame else { continue }
      take(text.split(separator: " "))
    }
  }

  private func take(_ words: [Substring]) {
    let numbers = words.dropFirst().compactMap { UInt64($0) }
    switch words.first {
    case "connected", "subscribed": reached[Int64(numbers[0])] = numbers.last ?? 0
    case "unsubscribed": reached[Int64(numbers[0])] = nil
    case "n": advance(Int64(numbers[0]), from: numbers[1], to: numbers[1])
    case "c": advance(Int64(numbers[0]), from: numbers[1], to: numbers[2])
    case "echo", "notSubscribed": break
    default: faults.append("\(words)")
    }
  }

  private func advance(_ topic: Int64, from first: UInt64, to last: UInt64) {
    if reached[topic] != first - 1 || last < first {
      faults.append(
        "topic \(topic): stands at \(reached[topic].map { "\($0)" } ?? "none"), is told \(first)...\(last)")
    }
    reached[topic] = last
  }
}
