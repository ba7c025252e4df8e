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

  @Test("ChannelLink gives up when the other process answers wrongly or goes away")
  func refused() throws {
    let (near, far, folder) = try pair()
    let sender = try BackgroundThread { ChannelLink(near).finish(0) }
    _ = try far.receive(within: 5_000)
    try far.send(ConnectionBatch.taken(1).bytes)
    #expect(try !sender.join())
    _ = folder
  }

  @Test("while a loop serves, no more goes ahead than the other process has said that it has")
  func aheadOfRoom() throws {
    let (near, far, folder) = try pair()
    let link = ChannelLink(near)
    for _ in 0..<ConnectionBatch.windowAhead {
      #expect(link.hasRoom() == true)
      #expect(link.sendAhead([[1]], []))
    }
    #expect(link.hasRoom() == false)
    try far.send(ConnectionBatch.taken(1).bytes)
    #expect(link.hasRoom() == true)
    try far.send(ConnectionBatch.taken(9).bytes)
    #expect(link.hasRoom() == nil, "more than was sent")
    _ = folder
  }

  @Test("awaitInput tells which channels have something, their end included, and when somebody comes")
  func awaitsInput() throws {
    let folder = try TemporaryFolder()
    let listener = try HandoverChannel.Listener(path: folder.path + "/c")
    let near = try (0..<3).map { _ in try HandoverChannel(path: listener.path) }
    let far = try (0..<3).map { _ in try listener.accept(within: 1_000) }
    #expect(HandoverChannel.awaitInput(far, listener, within: 1) == [false, false, false])
    try near[1].send([1])
    #expect(HandoverChannel.awaitInput(far, nil, within: 1_000) == [false, true, false])
    _ = try far[1].receive(within: 0)
    let newcomer = try HandoverChannel(path: listener.path)
    #expect(HandoverChannel.awaitInput(far, listener, within: 10_000) == [false, false, false])
    _ = (newcomer, near)
  }
}
