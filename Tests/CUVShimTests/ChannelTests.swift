import CUVShim
import Glibc
import TestSupport
import Testing

/// Channels between two ends in this process; the kernel treats them as those of two.
@Suite struct ChannelTests {
  /// Two ends, and the folder with the socket's file.
  @safe private final class Scene {
    let folder: TemporaryFolder
    let path: String
    let listener: Int32
    let left: Int32
    let right: Int32

    init() throws {
      folder = try TemporaryFolder()
      path = folder.path + "/channel"
      listener = unsafe cuv_channel_listen(path)
      try #require(listener >= 0)
      left = unsafe cuv_channel_connect(path, 1_000)
      try #require(left >= 0)
      right = cuv_channel_accept(listener, 1_000)
      try #require(right >= 0)
    }

    deinit { for descriptor in [listener, left, right] { cuv_channel_close(descriptor) } }
  }

  private func send(_ text: String, _ descriptors: [Int32] = [], on channel: Int32, within: Int32 = 1_000)
    -> Int32
  {
    let bytes = Array(text.utf8)
    return unsafe cuv_channel_send(
      channel, bytes, bytes.count, descriptors, UInt32(descriptors.count), within)
  }

  private func receive(
    _ channel: Int32, room: Int = 240, bytes capacity: Int = 4_096, within: Int32 = 1_000
  ) -> (result: Int, text: String, descriptors: [Int32]) {
    var bytes = [UInt8](repeating: 0, count: capacity)
    var descriptors = [Int32](repeating: -1, count: max(room, 1))
    var count = UInt32(room)
    let result = unsafe cuv_channel_receive(channel, &bytes, bytes.count, &descriptors, &count, within)
    return (
      result, String(decoding: bytes.prefix(max(0, result)), as: UTF8.self),
      Array(descriptors.prefix(Int(count)))
    )
  }

  @Test("messages keep their bounds, and a descriptor leads to the same socket")
  func passes() throws {
    let scene = try Scene()
    let (near, far) = try socketPair()
    #expect(send("first", [near], on: scene.left) == 0)
    #expect(send("second", on: scene.left) == 0)
    close(near)
    let first = receive(scene.right)
    #expect(first.text == "first")
    let taken = try #require(first.descriptors.first)
    #expect(fcntl(taken, F_GETFD) & FD_CLOEXEC != 0)
    #expect(receive(scene.right).text == "second")
    sendText("over there", to: taken)
    #expect(awaitText(from: far) == "over there")
    close(taken)
    close(far)
  }

  @Test("as many descriptors as a message may have arrive in order, and one more is refused")
  func many() throws {
    let scene = try Scene()
    let pairs = try (0..<120).map { _ in try socketPair() }
    let all = pairs.flatMap { [$0.0, $0.1] }
    #expect(send("many", all, on: scene.left) == 0)
    #expect(send("more", all + [all[0]], on: scene.left) == -EINVAL)
    let came = receive(scene.right).descriptors
    #expect(came.count == 240)
    sendText("seven", to: came[7])
    #expect(awaitText(from: pairs[3].0) == "seven")
    for descriptor in all + came { close(descriptor) }
  }

  @Test("what has no room is dropped as a whole")
  func noRoom() throws {
    let scene = try Scene()
    let (near, far) = try socketPair()
    #expect(send("two", [near, far], on: scene.left) == 0)
    let short = receive(scene.right, room: 1)
    #expect(short.result == Int(-EMSGSIZE))
    #expect(short.descriptors.isEmpty)
    #expect(send("long text", [near], on: scene.left) == 0)
    #expect(receive(scene.right, bytes: 4).result == Int(-EMSGSIZE))
    close(near)
    // Every copy is closed, so the other end sees the end.
    #expect(awaitText(from: far) == "")
    close(far)
  }

  @Test("waiting ends in time, and the end of the peer is seen")
  func ends() throws {
    let scene = try Scene()
    #expect(receive(scene.right, within: 10).result == Int(-ETIMEDOUT))
    #expect(cuv_channel_accept(scene.listener, 10) == -ETIMEDOUT)
    var sent = 0
    while send(String(repeating: "x", count: 4_000), on: scene.left, within: 10) == 0 { sent += 1 }
    #expect(sent > 3)
    #expect(send("", on: scene.left) == -EINVAL)
    shutdown(scene.left, Int32(SHUT_RDWR))
    for _ in 0..<sent { #expect(receive(scene.right).result == 4_000) }
    #expect(receive(scene.right).result == 0)
    #expect(send("too late", on: scene.right) == -EPIPE)
  }

  @Test("only the owner can reach a channel's path, and a long path is refused")
  func paths() throws {
    let scene = try Scene()
    var facts = stat()
    #expect(unsafe stat(scene.path, &facts) == 0)
    #expect(facts.st_mode & 0o777 == 0o600)
    // Whatever stands there is replaced.
    let next = unsafe cuv_channel_listen(scene.path)
    #expect(next >= 0)
    cuv_channel_close(next)
    let long = "/" + String(repeating: "x", count: 200)
    #expect(unsafe cuv_channel_listen(long) == -ENAMETOOLONG)
    #expect(unsafe cuv_channel_connect(long, 1_000) == -ENAMETOOLONG)
    #expect(unsafe cuv_channel_connect(scene.folder.path + "/nobody", 1_000) == -ENOENT)
  }

  @Test("whoever finds a listener's queue full waits until there is room, for a bounded time")
  func fullQueue() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/channel"
    let listener = unsafe cuv_channel_listen(path)
    var queued: [Int32] = []
    defer { for descriptor in queued + [listener] { cuv_channel_close(descriptor) } }
    var last: Int32 = 0
    while last >= 0, queued.count < 1_000 {
      last = unsafe cuv_channel_connect(path, 5)
      if last >= 0 { queued.append(last) }
    }
    #expect(last == -ETIMEDOUT)
    let waiter = try BackgroundThread { unsafe cuv_channel_connect(path, 20_000) }
    let first = cuv_channel_accept(listener, 1_000)
    queued += [first, try waiter.join()]
    #expect(queued.allSatisfy { $0 >= 0 })
  }
}
