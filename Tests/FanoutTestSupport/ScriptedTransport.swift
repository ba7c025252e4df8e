// One connection of a scripted transport: two byte queues and how they end. The loop under test sees a descriptor;
// the test holds the socket itself and is the peer. One thread.

import TestSupport

@testable import FanoutCore

/// A socket whose other end is the test.
final class ScriptedSocket {
  /// How the loop ended it.
  enum Closing: Equatable {
    case orderly
    case reset
  }

  let descriptor: Int32
  /// Bytes that the "kernel" keeps for a peer that does not read; then it takes only part, or nothing.
  var capacity: Int
  /// The most that one `receive` yields.
  var receiveLimit = Int.max
  /// The slot under which the loop opened it.
  fileprivate(set) var slot: UInt32?
  fileprivate(set) var interest: Interest = []
  fileprivate(set) var closing: Closing?
  /// The loop has ended its direction.
  fileprivate(set) var isEnded = false
  fileprivate var toLoop: [UInt8] = []
  fileprivate var toPeer: [UInt8] = []
  fileprivate var peerEnded = false
  /// What every further call on the descriptor gives.
  fileprivate var failure: Int?
  /// After a hang-up nothing is reported before the loop watches anew.
  fileprivate var isQuiet = false

  init(descriptor: Int32, capacity: Int) {
    self.descriptor = descriptor
    self.capacity = capacity
  }

  // MARK: The peer's side

  func write(_ bytes: [UInt8]) { toLoop += bytes }
  func write(_ text: String) { write(Array(text.utf8)) }

  /// Ends the peer's direction.
  func end() { peerEnded = true }

  /// Breaks the connection: what the loop has not read is gone, and so is what the peer has not.
  func reset(_ failure: Int = ScriptedTransport.connectionReset) {
    self.failure = failure
    toLoop = []
    toPeer = []
  }

  /// Takes what has arrived, at most `limit` bytes.
  func read(_ limit: Int = .max) -> [UInt8] {
    let bytes = Array(toPeer.prefix(limit))
    toPeer.removeFirst(bytes.count)
    return bytes
  }

  /// Bytes that have arrived and were not read.
  var unread: Int { toPeer.count }
  /// The loop has ended its direction or all of it, and everything was read.
  var hasEnded: Bool { toPeer.isEmpty && (isEnded || closing != nil) }
  var isOpen: Bool { closing == nil }

  /// Puts bytes before everything that has arrived.
  func prepend(_ text: String) { toPeer = Array(text.utf8) + toPeer }

  // MARK: The loop's side

  fileprivate var room: Int { max(capacity - toPeer.count, 0) }

  fileprivate func readiness() -> (Interest, hangup: Bool) {
    if failure != nil { return ([], !isQuiet) }
    var ready: Interest = []
    if interest.contains(.readable), !toLoop.isEmpty || peerEnded { ready.insert(.readable) }
    if interest.contains(.writable), room > 0 { ready.insert(.writable) }
    return (ready, false)
  }

  fileprivate func receive(into buffer: inout [UInt8]) -> Int {
    if let failure { return failure }
    if toLoop.isEmpty { return peerEnded ? 0 : ScriptedTransport.wouldBlock }
    let count = min(toLoop.count, buffer.count, receiveLimit)
    for index in 0..<count { buffer[index] = toLoop[index] }
    toLoop.removeFirst(count)
    return count
  }

  fileprivate func take(_ bytes: Span<UInt8>, atMost limit: Int) -> Int {
    if let failure { return failure }
    let count = min(bytes.count, room, limit)
    for index in 0..<count { toPeer.append(bytes[index]) }
    return count == 0 && bytes.count > 0 ? ScriptedTransport.wouldBlock : count
  }
}

/// A world without a kernel: sockets are queues, time stands still until it is moved. Everything a loop does that
/// a real world would punish is noted in `offences`.
final class ScriptedTransport: Transport {
  static let connectionReset = -104
  static let brokenPipe = -32

  private(set) var now: UInt64
  var isSecure = false
  var wallClock: Int64 = 1_700_000_000_000
  private(set) var isBusy = false
  private(set) var isListening = true
  private(set) var isStopped = false
  private(set) var hasLeftListeners = false
  private(set) var sharesListeners = false
  /// Whether connections can go on in another process; false: as with TLS.
  var passesConnections = true
  /// Calls of `send` and entries of batches.
  private(set) var sends = 0
  private(set) var batches = 0
  private(set) var offences: [String] = []
  var acceptFailures = 0
  var handshakes = Handshakes()
  /// What `unsent` says of a descriptor, as of one that speaks TLS.
  var kept: [Int32: Unsent] = [:]
  var idle: UInt64 = 0
  /// Whether `open` refuses, as when memory is short.
  var refusesToOpen = false
  /// Whether `watch` fails, as when the kernel has no memory for it.
  var refusesToWatch = false
  /// Milliseconds that each batch of sends takes.
  var batchTime: UInt64 = 0
  /// When set, each send takes a random part with this chance in a hundred.
  var partialSends: (chance: Int, random: SeededRandom)?

  private var sockets: [Int32: ScriptedSocket] = [:]
  private var slots: [UInt32: ScriptedSocket] = [:]

  init(now: UInt64 = 1_000_000) { self.now = now }

  /// A new socket that nobody has accepted. As in a kernel, the lowest free number is used again.
  func makeSocket(capacity: Int = 1 << 20) -> ScriptedSocket {
    var descriptor: Int32 = 3
    while sockets[descriptor] != nil { descriptor += 1 }
    let socket = ScriptedSocket(descriptor: descriptor, capacity: capacity)
    sockets[descriptor] = socket
    return socket
  }

  func advance(by milliseconds: UInt64) {
    now += milliseconds
    wallClock += Int64(milliseconds)
  }

  /// What `poll` would report now, in ascending order of slots.
  func readySlots() -> [(slot: UInt32, readiness: Interest, hangup: Bool)] {
    slots.keys.sorted().compactMap { slot in
      guard let socket = slots[slot] else { return nil }
      let (readiness, hangup) = socket.readiness()
      if hangup { socket.isQuiet = true }
      return readiness.isEmpty && !hangup ? nil : (slot, readiness, hangup)
    }
  }

  func isOpen(_ slot: UInt32) -> Bool { slots[slot] != nil }
  var openSockets: Int { slots.count }

  // MARK: Transport

  func open(_ descriptor: Int32, slot: UInt32) -> Bool {
    guard let socket = socket(descriptor, "open") else { return false }
    if refusesToOpen {
      forget(socket, .orderly)
      return false
    }
    if slots[slot] != nil { offences.append("opened slot \(slot) twice") }
    socket.slot = slot
    socket.interest = .readable
    slots[slot] = socket
    return true
  }

  func unsent(_ descriptor: Int32) -> Unsent { kept[descriptor] ?? Unsent() }
  var unsentBytes: Int { kept.values.reduce(0) { $0 + $1.count } }

  func watch(_ slot: UInt32, _ interest: Interest) -> Bool {
    guard let socket = slots[slot] else {
      offences.append("watched the closed slot \(slot)")
      return false
    }
    if refusesToWatch { return false }
    socket.interest = interest
    socket.isQuiet = false
    return true
  }

  func close(_ slot: UInt32, reset: Bool) {
    guard let socket = slots.removeValue(forKey: slot) else {
      return offences.append("closed the closed slot \(slot)")
    }
    forget(socket, reset ? .reset : .orderly)
  }

  func shutdownWrite(_ slot: UInt32) {
    guard let socket = slots[slot] else { return offences.append("ended the closed slot \(slot)") }
    if socket.isEnded { offences.append("ended slot \(slot) twice") }
    socket.isEnded = true
  }

  func discard(_ descriptor: Int32) {
    if let socket = socket(descriptor, "discard") { forget(socket, .orderly) }
  }

  func receive(_ descriptor: Int32, into buffer: inout [UInt8]) -> Int {
    socket(descriptor, "receive")?.receive(into: &buffer) ?? -9
  }

  func send(_ descriptor: Int32, _ bytes: Span<UInt8>) -> Int {
    guard let socket = socket(descriptor, "send") else { return -9 }
    if socket.isEnded { offences.append("sent on \(descriptor) after its end") }
    sends += 1
    return socket.take(bytes, atMost: randomLimit(bytes.count))
  }

  func sendBatch(_ descriptors: [Int32], _ bytes: Span<UInt8>, exceptions: inout [SendException]) {
    batches += 1
    now += batchTime
    for (position, descriptor) in descriptors.enumerated() {
      let result = send(descriptor, bytes)
      guard result != bytes.count else { continue }
      let taken = result == Self.wouldBlock ? 0 : result
      exceptions.append(SendException(position: position, result: taken))
    }
  }

  func setBusy(_ busy: Bool) { isBusy = busy }
  func stopListening() { isListening = false }
  func shareListeners() { sharesListeners = true }
  func leaveListeners() {
    isListening = false
    hasLeftListeners = true
  }
  /// As the clock of a machine that is looked at again and again, so that what waits in one turn does not wait for ever.
  func updateTime() { now += 1 }
  func stop() { isStopped = true }
  func webSocketAccept(_ key: [UInt8]) -> [UInt8] { Array("scripted:".utf8) + key.prefix(19) }

  // MARK: Helpers

  private func socket(_ descriptor: Int32, _ verb: String) -> ScriptedSocket? {
    if let socket = sockets[descriptor] { return socket }
    offences.append("\(verb) on the closed descriptor \(descriptor)")
    return nil
  }

  private func forget(_ socket: ScriptedSocket, _ closing: ScriptedSocket.Closing) {
    socket.closing = closing
    if closing == .reset { socket.toPeer = [] }
    sockets[socket.descriptor] = nil
    kept[socket.descriptor] = nil
  }

  private func randomLimit(_ count: Int) -> Int {
    guard var script = partialSends, count > 0 else { return .max }
    defer { partialSends = script }
    guard Int.random(in: 0..<100, using: &script.random) < script.chance else { return .max }
    return Int.random(in: 0...count, using: &script.random)
  }
}
