@testable import FanoutCore

/// A way to another process that keeps what a loop sends, as that process would have it.
final class LinkKept: HandoverLink, @unchecked Sendable {
  /// As of the last message.
  private(set) var records: [ConnectionRecord] = []
  private(set) var descriptors: [Int32] = []
  /// Records of each message that came once the loop stood still.
  private(set) var batches: [Int] = []
  private(set) var changes = 0
  private(set) var replacements = 0
  /// What went ahead, by number; nil: it is among `records`.
  private(set) var ahead: [(record: ConnectionRecord, descriptor: Int32)?] = []
  /// Whether the other process is gone.
  var fails = false
  /// Whether messages that go ahead have to wait.
  var isFull = false
  var whenFinished: () -> Void = {}

  func hasRoom() -> Bool? { fails ? nil : !isFull }

  func sendAhead(_ records: [[UInt8]], _ descriptors: [Int32]) -> Bool {
    for (record, descriptor) in zip(records, descriptors) {
      ahead.append(ConnectionRecord(record).map { ($0, descriptor) })
    }
    return !fails
  }

  func send(_ records: [[UInt8]], _ descriptors: [Int32]) -> Bool {
    self.records += records.compactMap { ConnectionRecord($0) }
    self.descriptors += descriptors
    batches.append(records.count)
    return !fails
  }

  func sendChanges(_ packed: [UInt8]) -> Bool {
    let isRead = ConnectionChange.read(packed[...]) { change in
      changes += 1
      return take(change.number) { change.apply(to: &$0) }
    }
    return isRead && !fails
  }

  func sendReplacements(_ replacements: [ConnectionBatch.Replacement]) -> Bool {
    self.replacements += replacements.count
    let areRead = replacements.allSatisfy { replacement in
      take(replacement.number) { record in
        guard let current = ConnectionRecord(replacement.record) else { return false }
        record = current
        return true
      }
    }
    return areRead && !fails
  }

  private func take(_ number: Int, _ change: (inout ConnectionRecord) -> Bool) -> Bool {
    guard var sent = ahead[number], change(&sent.record) else { return false }
    ahead[number] = nil
    records.append(sent.record)
    descriptors.append(sent.descriptor)
    return true
  }

  func finish(_ count: Int) -> Bool {
    whenFinished()
    return !fails && count == records.count
  }
}

extension LoopRig {
  /// Hands over, and returns the task with what was sent.
  /// - Parameter ahead: what the loop serves after its connections went ahead; nil: none go.
  func handOver(
    then order: HandoverTask.Order, fails: Bool = false, patience: UInt64 = 50_000_000,
    ahead: (() -> Void)? = nil, meanwhile: @escaping () -> Void = {}
  ) -> (task: HandoverTask, link: LinkKept) {
    let link = LinkKept()
    let task = HandoverTask(loop: 0, patience: patience) { link }
    if let ahead {
      repeat { loop.passAhead(task) } while task.ahead == .ready
      ahead()
    }
    link.fails = fails
    link.whenFinished = {
      meanwhile()
      // No other process needs the cores.
      task.give(order == .leave ? .close : order)
    }
    task.give(.pass)
    loop.handOver(task)
    // It holds the task, which holds the link.
    link.whenFinished = {}
    return (task, link)
  }

  /// Goes on with connections of another loop. Returns the clients of the former one, by socket.
  func adopt(_ records: [ConnectionRecord], extensions: String? = nil) -> [ScriptedClient] {
    let sockets = records.map { _ in io.makeSocket() }
    loop.adopt(zip(sockets, records).map { (descriptor: $0.descriptor, record: $1) })
    return sockets.map { ScriptedClient(adopted: $0, extensions: extensions) }
  }
}

extension ScriptedClient {
  /// A client whose handshake was answered by another loop.
  /// - Parameter extensions: what was agreed on.
  convenience init(adopted socket: ScriptedSocket, extensions: String? = nil) {
    self.init(socket)
    socket.prepend("HTTP/1.1 101 Switching Protocols\r\n\(Self.field(extensions))\r\n")
    _ = read()
  }
}
