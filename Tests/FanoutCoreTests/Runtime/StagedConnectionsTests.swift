import Glibc
import TestSupport
import Testing

@testable import FanoutCore
@testable import FanoutTestSupport

/// What comes from the loops of another process, with both ends in this one.
@Suite struct StagedConnectionsTests {
  private func pair() throws -> (HandoverChannel, HandoverChannel, TemporaryFolder) {
    let folder = try TemporaryFolder()
    let listener = try HandoverChannel.Listener(path: folder.path + "/c")
    let near = try HandoverChannel(path: listener.path)
    return (near, try listener.accept(within: 1_000), folder)
  }

  private var record: [UInt8] { ConnectionRecord(kind: .http, peer: PeerAddress(ipv4: 1)).bytes }

  /// Descriptors that lead to a pipe's writing end, and its reading end: at its end once all of them are closed.
  private func pipeEnds(_ count: Int) throws -> (writers: [Int32], reader: Int32) {
    var ends: [Int32] = [-1, -1]
    try #require(unsafe pipe(&ends) == 0)
    return ([ends[1]] + (1..<count).map { _ in dup(ends[1]) }, ends[0])
  }

  private func hasEnded(_ reader: Int32) -> Bool {
    var entry = pollfd(fd: reader, events: Int16(POLLIN), revents: 0)
    return unsafe poll(&entry, 1, 2_000) == 1 && entry.revents & Int16(POLLHUP) != 0
  }

  @Test("ChannelLink sends any number of batches, and StagedConnections has all of them in order")
  func passes() throws {
    let (near, far, folder) = try pair()
    let (writers, reader) = try pipeEnds(2)
    let record = record
    let sender = try BackgroundThread {
      let link = ChannelLink(near)
      for _ in 0..<10 where !link.send([record, record], writers) { return false }
      return link.finish(20)
    }
    let staged = StagedConnections()
    #expect(staged.receive(from: far, within: 5_000))
    #expect(try sender.join())
    #expect(staged.count == 20)
    HandoverChannel.discard(writers)
    let all = take(staged)
    #expect(Set(all.map(\.descriptor)).count == 20)
    HandoverChannel.discard(all.map(\.descriptor))
    #expect(hasEnded(reader))
    close(reader)
    _ = folder
  }

  @Test("what is not complete is dropped: a wrong count, an unknown record, an end without a word")
  func incomplete() throws {
    for wrong in 0..<4 {
      let (near, far, folder) = try pair()
      let (writers, reader) = try pipeEnds(1)
      var staged: StagedConnections? = StagedConnections()
      try near.send(ConnectionBatch.batch([wrong == 1 ? [1, 2, 3] : record]).bytes, writers)
      switch wrong {
      case 0: try near.send(ConnectionBatch.end(2).bytes)
      case 2: try near.send([7, 7, 7], writers)
      case 3: try near.send(ConnectionBatch.batch([record, record]).bytes, writers)
      default: break
      }
      HandoverChannel.discard(writers)
      #expect(staged?.receive(from: far, within: 5_000) == false)
      staged = nil
      #expect(hasEnded(reader))
      close(reader)
      _ = (near, folder)
    }
    let (near, far, folder) = try pair()
    #expect(!StagedConnections().receive(from: far, within: 20))
    _ = (near, folder)
  }

  /// What is given out.
  private func take(_ staged: StagedConnections) -> [(descriptor: Int32, record: ConnectionRecord)] {
    var all: [(descriptor: Int32, record: ConnectionRecord)] = []
    staged.take { all.append(($0, $1)) }
    return all
  }

  // MARK: Ahead

  private func interested(_ cursor: UInt64) -> ConnectionRecord {
    var record = ConnectionRecord(kind: .webSocket, peer: PeerAddress(ipv4: 1))
    record.interests = [.init(topic: TopicID(5), resume: .after(cursor), greeting: .given)]
    record.credential = Credential(3)
    return record
  }

  /// Keeps what is prepared, and closes what is discarded.
  private final class Ground: StagingGround {
    var prepared: [Int32] = []
    var discarded: [Int32] = []
    var watched = 0
    /// How many can be prepared.
    var room = Int.max

    func prepare(_ descriptor: Int32) -> Bool {
      guard prepared.count < room else {
        close(descriptor)
        return false
      }
      prepared.append(descriptor)
      return true
    }
    func watchPrepared() { watched += 1 }
    func discard(_ descriptor: Int32) {
      discarded.append(descriptor)
      close(descriptor)
    }
  }

  @Test(
    "what came ahead is prepared, and is what the changes and replacements make of it; the rest is dropped")
  func ahead() throws {
    let (near, far, folder) = try pair()
    let (writers, reader) = try pipeEnds(4)
    let records = (0..<3).map { interested($0) }
    let sender = try BackgroundThread {
      let link = ChannelLink(near)
      guard link.sendAhead(records.map(\.bytes), Array(writers.prefix(3))) else { return false }
      var now = self.interested(9)
      guard let change = ConnectionChange(0, from: records[0], to: &now) else { return false }
      var packed: [UInt8] = []
      change.append(to: &packed)
      var other = records[2]
      other.input = [7]
      return link.sendChanges(packed) && link.sendReplacements([.init(number: 2, record: other.bytes)])
        && link.send([self.interested(5).bytes], [writers[3]]) && link.finish(3)
    }
    let ground = Ground()
    let staged = StagedConnections(on: ground)
    #expect(staged.receive(from: far, within: 5_000))
    #expect(try sender.join())
    HandoverChannel.discard(writers)
    var replaced = interested(2)
    replaced.input = [7]
    #expect(staged.count == 3 && staged.credentials == [Credential(3)])
    let all = take(staged)
    #expect(all.map(\.record) == [interested(9), replaced, interested(5)])
    #expect(ground.prepared.count == 3 && ground.watched == 1)
    // The one of which nothing was said has ended in the other process, or stays there.
    #expect(ground.discarded == [ground.prepared[1]])
    #expect([ground.prepared[0], ground.prepared[2]] == all.prefix(2).map(\.descriptor))
    for connection in all { ground.discard(connection.descriptor) }
    #expect(hasEnded(reader))
    close(reader)
    _ = folder
  }

  @Test("a number twice, or one that was not sent, breaks it off, and nothing is kept")
  func wrongNumbers() throws {
    for wrong in 0..<4 {
      let (near, far, folder) = try pair()
      let (writers, reader) = try pipeEnds(2)
      try near.send(ConnectionBatch.ahead([interested(1).bytes, interested(1).bytes]).bytes, writers)
      HandoverChannel.discard(writers)
      var packed: [UInt8] = []
      let numbers = [[0, 0], [2], [0], [0]][wrong]
      for number in numbers {
        ConnectionChange(number: number, quiet: 0, isPinged: false, cursors: wrong == 2 ? [1, 2] : [1])
          .append(to: &packed)
      }
      try near.send(ConnectionBatch.changed(packed).bytes)
      try near.send(ConnectionBatch.replaced([.init(number: 0, record: interested(1).bytes)]).bytes)
      let ground = Ground()
      var staged: StagedConnections? = StagedConnections(on: ground)
      #expect(staged?.receive(from: far, within: 5_000) == false)
      staged = nil
      #expect(Set(ground.discarded) == Set(ground.prepared))
      #expect(hasEnded(reader))
      close(reader)
      _ = (near, folder)
    }
  }

  @Test("when one cannot be watched nothing goes on, and nothing is kept")
  func unwatchable() throws {
    let (near, far, folder) = try pair()
    let (writers, reader) = try pipeEnds(3)
    try near.send(ConnectionBatch.ahead((0..<3).map { interested($0).bytes }).bytes, writers)
    HandoverChannel.discard(writers)
    let ground = Ground()
    ground.room = 1
    #expect(!StagedConnections(on: ground).receive(from: far, within: 5_000))
    #expect(hasEnded(reader))
    close(reader)
    _ = (near, folder)
  }

  @Test("several loops send at the same time, each until it has said that it was all")
  func several() throws {
    let folder = try TemporaryFolder()
    let listener = try HandoverChannel.Listener(path: folder.path + "/c")
    let (writers, reader) = try pipeEnds(1)
    let channels = try (0..<3).map { _ in try HandoverChannel(path: listener.path) }
    let record = interested(1).bytes
    let sent = Guarded(0)
    let senders = try channels.map { channel in
      try BackgroundThread {
        let link = ChannelLink(channel)
        // All of them have sent something before any says that it was all.
        guard link.sendAhead([record], writers) else { return false }
        sent.withLock { $0 += 1 }
        while sent.withLock({ $0 }) < 3 { usleep(1_000) }
        var packed: [UInt8] = []
        ConnectionChange(number: 0, quiet: 0, isPinged: false, cursors: [2]).append(to: &packed)
        return link.sendChanges(packed) && link.finish(1)
      }
    }
    let staged = StagedConnections()
    #expect(staged.receive(from: listener, 3, until: { false }))
    let all = take(staged)
    #expect(all.map(\.record) == Array(repeating: interested(2), count: 3))
    for sender in senders { #expect(try sender.join()) }
    HandoverChannel.discard(all.map(\.descriptor) + writers)
    #expect(hasEnded(reader))
    close(reader)
  }

  @Test("a wait that is cancelled ends, whoever has come")
  func cancelled() throws {
    let folder = try TemporaryFolder()
    let listener = try HandoverChannel.Listener(path: folder.path + "/c")
    let near = try HandoverChannel(path: listener.path)
    var looks = 0
    let staged = StagedConnections()
    let isComplete = staged.receive(from: listener, 2) {
      looks += 1
      return looks == 3
    }
    #expect(!isComplete)
    _ = near
  }
}
