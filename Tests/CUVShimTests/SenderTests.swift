import CUVShim
import Glibc
import Testing

/// What a batch reported, comparable.
struct Exception: Equatable {
  let index: UInt32
  let result: Int32
}

@safe final class Sender {
  private var handle: OpaquePointer?

  /// Nil when this machine's kernel refuses the kind.
  init?(kind: Int) { if unsafe cuv_sender_create(&handle, Int32(kind)) != 0 { return nil } }

  deinit { unsafe cuv_sender_destroy(handle) }

  var name: String { unsafe String(cString: cuv_sender_name(handle)) }
  var pointer: OpaquePointer? { unsafe handle }

  func send(_ bytes: [UInt8], to descriptors: [Int32]) -> [Exception] {
    var out = [cuv_exception](repeating: cuv_exception(), count: max(descriptors.count, 1))
    let count = unsafe cuv_send_batch(
      handle, descriptors, UInt32(descriptors.count), bytes, bytes.count, &out)
    #expect(count >= 0)
    return out.prefix(max(count, 0)).map { Exception(index: $0.index, result: $0.result) }
  }

  static let kinds = [CUV_SENDER_SEND, CUV_SENDER_URING].map { Int($0) }
}

@Suite struct SenderTests {
  @Test("every descriptor gets the bytes, also beyond one ring's size", arguments: Sender.kinds)
  func deliversToAll(kind: Int) throws {
    guard let sender = Sender(kind: kind) else { return }
    let pairs = try (0..<600).map { _ in try socketPair() }
    #expect(sender.send(Array("frame".utf8), to: pairs.map(\.0)).isEmpty)
    #expect(sender.send(Array("s".utf8), to: pairs.map(\.0)).isEmpty)
    #expect(pairs.allSatisfy { receiveText(from: $0.1) == "frames" })
    for pair in pairs {
      close(pair.0)
      close(pair.1)
    }
  }

  @Test("nobody and nothing need no send", arguments: Sender.kinds)
  func emptyBatches(kind: Int) throws {
    guard let sender = Sender(kind: kind) else { return }
    #expect(sender.send([1], to: []).isEmpty)
    #expect(sender.send([], to: [-1]).isEmpty)
  }

  @Test(
    "a full peer is 0 bytes taken, a slow one a short count, a gone one its errno", arguments: Sender.kinds)
  func reportsExceptions(kind: Int) throws {
    guard let sender = Sender(kind: kind) else { return }
    let scene = try Scene()
    let exceptions = sender.send(Scene.large, to: scene.descriptors)
    #expect(exceptions.map(\.index) == [1, 2, 3, 4, 5])
    let results = exceptions.map(\.result)
    guard results.count == 5 else { return }
    #expect(results[0] == 0)
    #expect(results[1] > 0 && Int(results[1]) < Scene.large.count)
    #expect(results[2] == -EPIPE)
    #expect(results[3] == -EBADF)
    #expect(results[4] == -ECONNRESET || results[4] == -EPIPE)
    scene.close()
  }

  @Test("both senders report the same for the same sockets")
  func agree() throws {
    guard let ring = Sender(kind: Int(CUV_SENDER_URING)) else { return }
    let plain = try #require(Sender(kind: Int(CUV_SENDER_SEND)))
    let first = try Scene()
    let second = try Scene()
    #expect(
      plain.send(Scene.large, to: first.descriptors) == ring.send(Scene.large, to: second.descriptors))
    #expect(plain.send(Scene.large, to: first.descriptors) == ring.send(Scene.large, to: second.descriptors))
    first.close()
    second.close()
  }

  @Test("AUTO takes what the kernel grants, and an unknown kind is refused")
  func chooses() throws {
    let automatic = try #require(Sender(kind: Int(CUV_SENDER_AUTO)))
    let granted = Sender(kind: Int(CUV_SENDER_URING)) != nil
    #expect(automatic.name == (granted ? "io_uring" : "send"))
    #expect(Sender(kind: Int(CUV_SENDER_SEND))?.name == "send")
    #expect(Sender(kind: 7) == nil)
  }

  #if DEBUG
    @Test("a second thread that sends ends a debug build with a sentence")
    func wrongThread() async {
      let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        let sender = try #require(Sender(kind: Int(CUV_SENDER_SEND)))
        _ = sender.send([1], to: [])
        let second = SecondThread(sender: sender)
        let thread = try TestThread(name: "second") { second.send() }
        thread.join()
      }
      let text = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
      #expect(
        text.contains("cuv_send_batch() must be called from the thread that sent first (cuv.h, rule 2)."),
        "\(text)")
    }

    private final class SecondThread: @unchecked Sendable {
      private let sender: Sender
      init(sender: Sender) { self.sender = sender }
      func send() { _ = sender.send([1], to: []) }
    }
  #endif

  @Test("AUTO degrades to send where the kernel refuses rings")
  func degrades() async {
    // In a process of its own: without descriptors left no ring can be made.
    await #expect(processExitsWith: .success) {
      var limit = rlimit()
      unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
      let before = limit.rlim_cur
      limit.rlim_cur = 3
      unsafe setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
      let ring = Sender(kind: Int(CUV_SENDER_URING))
      let automatic = Sender(kind: Int(CUV_SENDER_AUTO))
      limit.rlim_cur = before
      unsafe setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
      guard ring == nil else { fatalError("a ring without a descriptor") }
      guard automatic?.name == "send" else { fatalError("AUTO did not degrade") }
    }
  }
}

/// One socket of each kind that a batch can meet: 0 takes all, 1 is full, 2 takes a part, 3 has lost its peer,
/// 4 is no descriptor, 5 was reset.
struct Scene {
  static let large = [UInt8](repeating: 0x62, count: 40_000)
  let descriptors: [Int32]
  private let peers: [Int32]

  init() throws {
    let open = try socketPair()
    let full = try socketPair()
    fill(full.0)
    let slow = try socketPair()
    shrinkBuffers(of: slow.0)
    let gone = try socketPair()
    Glibc.close(gone.1)
    let reset = try tcpPair()
    var linger = linger(l_onoff: 1, l_linger: 0)
    let size = socklen_t(MemoryLayout.size(ofValue: linger))
    _ = unsafe setsockopt(reset.client, SOL_SOCKET, SO_LINGER, &linger, size)
    Glibc.close(reset.client)
    descriptors = [open.0, full.0, slow.0, gone.0, -1, reset.server]
    peers = [open.1, full.1, slow.1]
  }

  func close() {
    for descriptor in descriptors where descriptor >= 0 { Glibc.close(descriptor) }
    for descriptor in peers { Glibc.close(descriptor) }
  }
}
