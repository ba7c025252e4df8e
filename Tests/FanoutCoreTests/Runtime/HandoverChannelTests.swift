import Glibc
import TestSupport
import Testing

@testable import FanoutCore

/// The ways from loop to loop, with both ends in this process.
@Suite struct HandoverChannelTests {
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
    #expect(staged.all.count == 20)
    HandoverChannel.discard(writers)
    #expect(Set(staged.all.map(\.descriptor)).count == 20)
    HandoverChannel.discard(staged.take().map(\.descriptor))
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
    var link: ChannelLink? = ChannelLink(near)
    _ = folder
    link = nil
    #expect(link == nil)
    _ = near
    #expect(!StagedConnections().receive(from: far, within: 20))
  }

  @Test("ChannelLink gives up when the other process answers wrongly or goes away")
  func refused() throws {
    let (near, far, folder) = try pair()
    let record = record
    let sender = try BackgroundThread { ChannelLink(near).finish(0) }
    _ = try far.receive(within: 5_000)
    try far.send(ConnectionBatch.taken(1).bytes)
    #expect(try !sender.join())
    _ = (folder, record)
  }
}
