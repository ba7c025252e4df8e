// Connections that came from another process and are not served yet: those of one loop, from one or several loops there,
// each over a channel of its own. What comes ahead is prepared at once, while the other process serves it.
//
// Invariant: nothing is read from a connection here, nothing sent, and nothing of its socket changed; so they can be dropped
// without a peer noticing. The loop's thread, in whose table of descriptors they stand.

#if canImport(Glibc)
  internal import Glibc
#endif

/// Where sockets are prepared that are to be opened later.
protocol StagingGround: AnyObject {
  /// Takes the descriptor over and prepares to watch it; false: it could not and has closed it.
  func prepare(_ descriptor: Int32) -> Bool
  /// Has the system watch what was prepared so far.
  func watchPrepared()
  /// Closes a descriptor, prepared or not.
  func discard(_ descriptor: Int32)
}

/// They are closed when this is let go unused.
final class StagedConnections {
  /// One for each loop of the other process that sends here.
  private var senders: [Sender] = []
  private let ground: (any StagingGround)?

  /// A loop of the other process.
  private final class Sender {
    let channel: HandoverChannel
    /// By number. Changed where they stand, because there may be so many.
    var ahead: [Ahead] = []
    var others: [(descriptor: Int32, record: ConnectionRecord)] = []
    /// How many connections it has passed on.
    var count = 0
    var isComplete = false

    init(_ channel: HandoverChannel) { self.channel = channel }
  }

  /// A connection that came ahead.
  private struct Ahead {
    let descriptor: Int32
    var record: ConnectionRecord
    /// Whether it was passed on since. Until then it is the other process's.
    var isPassed = false
  }

  private enum Verdict {
    case more, complete, broken
  }

  init(on ground: (any StagingGround)? = nil) { self.ground = ground }

  deinit { drop() }

  /// Closes everything that was not given out. A loop that serves without them must not keep them, because their peers would
  /// wait for nobody.
  func drop() {
    for sender in senders {
      for connection in sender.ahead { discard(connection.descriptor) }
      for connection in sender.others { discard(connection.descriptor) }
    }
    senders = []
  }

  private func discard(_ descriptor: Int32) {
    if let ground { ground.discard(descriptor) } else { HandoverChannel.discard([descriptor]) }
  }

  /// How many connections were passed on.
  var count: Int { senders.reduce(0) { $0 + $1.count } }

  /// By what they were admitted.
  var credentials: Set<Credential> {
    var credentials: Set<Credential> = []
    for sender in senders {
      for connection in sender.ahead where connection.isPassed {
        credentials.insert(connection.record.credential)
      }
      for connection in sender.others { credentials.insert(connection.record.credential) }
    }
    credentials.remove(.none)
    return credentials
  }

  /// Gives them out; from now on they are the caller's. The ways to the other process are closed.
  func take(_ body: (Int32, ConnectionRecord) -> Void) {
    for sender in senders {
      let (ahead, others) = (sender.ahead, sender.others)
      (sender.ahead, sender.others) = ([], [])
      for connection in ahead where connection.isPassed { body(connection.descriptor, connection.record) }
      for connection in others { body(connection.descriptor, connection.record) }
    }
    senders = []
  }

  // MARK: Receiving

  /// Takes in what so many loops of the other process send, until each has said that it was all.
  /// - Returns: whether it was complete, and everything could be read.
  func receive(from listener: HandoverChannel.Listener, _ count: Int, until isCancelled: () -> Bool) -> Bool {
    while senders.count < count || !senders.allSatisfy(\.isComplete) {
      guard !isCancelled(), accept(from: listener, count) else { return false }
      let open = senders.filter { !$0.isComplete }
      let waits = HandoverChannel.awaitInput(
        open.map(\.channel), senders.count < count ? listener : nil, within: Self.look)
      for (sender, hasInput) in zip(open, waits) where hasInput {
        guard receive(from: sender, within: ChannelLink.patience) != .broken else { return false }
      }
    }
    return true
  }

  /// Milliseconds from one look at whether it is cancelled to the next.
  private static let look = 50

  /// False: nobody can be waited for.
  private func accept(from listener: HandoverChannel.Listener, _ count: Int) -> Bool {
    do throws(HandoverChannel.Failure) {
      while senders.count < count { senders.append(Sender(try listener.accept(within: 0))) }
      return true
    } catch {
      return error == .timedOut
    }
  }

  /// Takes in what one loop of the other process sends.
  /// - Parameter milliseconds: that the first message may take.
  func receive(from channel: HandoverChannel, within milliseconds: Int) -> Bool {
    let sender = Sender(channel)
    senders.append(sender)
    var patience = milliseconds
    while true {
      switch receive(from: sender, within: patience) {
      case .more: patience = ChannelLink.patience
      case .complete: return true
      case .broken: return false
      }
    }
  }

  private func receive(from sender: Sender, within milliseconds: Int) -> Verdict {
    do throws(HandoverChannel.Failure) {
      let (bytes, descriptors) = try sender.channel.receive(within: milliseconds)
      if case .end(let number)? = ConnectionBatch(bytes), descriptors.isEmpty {
        guard number == sender.count else { return .broken }
        finish(sender)
        try sender.channel.send(ConnectionBatch.complete.bytes, within: ChannelLink.patience)
        return .complete
      }
      guard take(ConnectionBatch(bytes), descriptors, from: sender) else { return .broken }
      try sender.channel.send(ConnectionBatch.taken(1).bytes, within: ChannelLink.patience)
      return .more
    } catch {
      return .broken
    }
  }

  private func take(_ batch: ConnectionBatch?, _ descriptors: [Int32], from sender: Sender) -> Bool {
    switch batch {
    case .batch(let records) where records.count == descriptors.count && !records.isEmpty:
      guard let read = pair(records, descriptors) else { return false }
      sender.others += read
      sender.count += read.count
      return true
    case .ahead(let records) where records.count == descriptors.count && !records.isEmpty:
      guard let read = pair(records, descriptors), prepare(descriptors) else { return false }
      for (descriptor, record) in read { sender.ahead.append(Ahead(descriptor: descriptor, record: record)) }
      ground?.watchPrepared()
      return true
    case .changed(let packed) where descriptors.isEmpty:
      return ConnectionChange.read(packed[...]) { change in
        replace(change.number, from: sender) { change.apply(to: &$0) }
      }
    case .replaced(let replacements) where descriptors.isEmpty:
      return replacements.allSatisfy { replacement in
        guard let current = ConnectionRecord(replacement.record) else { return false }
        return replace(replacement.number, from: sender) { record in
          record = current
          return true
        }
      }
    default:
      HandoverChannel.discard(descriptors)
      return false
    }
  }

  /// What came ahead under this number is passed on. False: it was already, or there is none.
  private func replace(_ number: Int, from sender: Sender, _ change: (inout ConnectionRecord) -> Bool) -> Bool
  {
    guard sender.ahead.indices.contains(number), !sender.ahead[number].isPassed else { return false }
    sender.ahead[number].isPassed = true
    sender.count += 1
    return change(&sender.ahead[number].record)
  }

  /// Nil: a record cannot be read; then all of the descriptors are closed.
  private func pair(
    _ records: [[UInt8]], _ descriptors: [Int32]
  ) -> [(descriptor: Int32, record: ConnectionRecord)]? {
    let read = records.compactMap { ConnectionRecord($0) }
    guard read.count == descriptors.count else {
      HandoverChannel.discard(descriptors)
      return nil
    }
    return zip(descriptors, read).map { (descriptor: $0, record: $1) }
  }

  /// False: one cannot be watched; then all of them are closed, and the other process serves on.
  private func prepare(_ descriptors: [Int32]) -> Bool {
    guard let ground else { return true }
    let prepared = descriptors.prefix { ground.prepare($0) }
    guard prepared.count < descriptors.count else { return true }
    prepared.forEach(ground.discard)
    HandoverChannel.discard(Array(descriptors.dropFirst(prepared.count + 1)))
    return false
  }

  /// The sender has said that these are all: what it sent ahead and does not pass on has ended there, or stays.
  private func finish(_ sender: Sender) {
    for connection in sender.ahead where !connection.isPassed { discard(connection.descriptor) }
    sender.ahead.removeAll { !$0.isPassed }
    sender.isComplete = true
  }
}
