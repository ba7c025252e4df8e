import CUVShim
import Glibc
import Testing

@Suite struct TLSBatchTests {
  @Test(
    "everybody gets the bytes, whatever suite it speaks, beyond one portion", arguments: RecordLayer.allCases,
    Sender.kinds)
  func deliversToAll(layer: RecordLayer, kind: Int) throws {
    guard let sender = Sender(kind: kind) else { return }
    let scene = try TLSScene(layer)
    let old: Int32 = layer == .openSSL ? 12 : 13
    let options = [
      TLSOptions(version: 13), TLSOptions(version: old),
      TLSOptions(version: 13, suites: "TLS_AES_256_GCM_SHA384"),
      TLSOptions(
        version: old,
        suites: old == 12 ? "ECDHE-ECDSA-CHACHA20-POLY1305" : "TLS_CHACHA20_POLY1305_SHA256"),
    ]
    let pairs = try (0..<300).map { try scene.shake(options[$0 % 4]) }
    let descriptors = pairs.map(\.server.connection.descriptor)
    for message in ["frame ", "and another"] {
      #expect(sender.sendTLS(Array(message.utf8), to: descriptors, on: scene).isEmpty)
    }
    scene.run { pairs.allSatisfy { $0.client.text == "frame and another" || $0.client.failure != nil } }
    #expect(pairs.allSatisfy { $0.client.failure == nil })
  }

  @Test(
    "messages of many records are cut into portions by their size", arguments: RecordLayer.allCases,
    Sender.kinds)
  func largeMessages(layer: RecordLayer, kind: Int) throws {
    guard let sender = Sender(kind: kind) else { return }
    let scene = try TLSScene(layer)
    let pairs = try (0..<10).map { _ in try scene.shake() }
    let message = (0..<100_000).map { UInt8(truncatingIfNeeded: $0 &* 13) }
    #expect(sender.sendTLS(message, to: pairs.map(\.server.connection.descriptor), on: scene).isEmpty)
    scene.run { pairs.allSatisfy { $0.client.received.count >= message.count || $0.client.failure != nil } }
    #expect(pairs.allSatisfy { $0.client.received == message })
  }

  @Test(
    "nobody and nothing need no send, and what is no batch is refused", arguments: RecordLayer.allCases,
    Sender.kinds)
  func empty(layer: RecordLayer, kind: Int) throws {
    guard let sender = Sender(kind: kind) else { return }
    let scene = try TLSScene(layer)
    let (server, _) = try scene.shake()
    #expect(sender.sendTLS([1], to: [], on: scene).isEmpty)
    #expect(sender.sendTLS([], to: [server.connection.descriptor, -1], on: scene).isEmpty)
  }

  @Test(
    "who cannot take it now is 0, who is gone its errno, in order; the others get all",
    arguments: RecordLayer.allCases, Sender.kinds)
  func reportsExceptions(layer: RecordLayer, kind: Int) throws {
    guard let sender = Sender(kind: kind) else { return }
    let scene = try TLSScene(layer)
    let first = try scene.shake()
    let beginner = try scene.connect()
    scene.abandon(beginner.client)
    let full = try scene.shake()
    shrinkBuffers(of: full.server.connection.descriptor)
    full.client.reads = false
    while full.server.send([UInt8](repeating: 1, count: 4_000_000)) > 0 {}
    let gone = try scene.shake()
    scene.abandon(gone.client)
    gone.client.resetSocket()
    let closed = try scene.shake()
    #expect(closed.server.connection.shutdownWrite() == 0)
    let last = try scene.shake()
    let people = [first, beginner, full, gone, closed, last].map(\.server.connection.descriptor)

    let exceptions = sender.sendTLS(Array("frame".utf8), to: people + [-1], on: scene)
    #expect(exceptions.map(\.index) == [1, 2, 3, 4, 6])
    let results = exceptions.map(\.result)
    guard results.count == 5 else { return }
    #expect(results[0] == 0)
    #expect(results[1] == 0)
    #expect(results[2] == -ECONNRESET || results[2] == -EPIPE)
    #expect(results[3] == -EPIPE)
    #expect(results[4] == -EBADF)
    scene.run { first.client.text == "frame" && last.client.text == "frame" }
  }

  @Test(
    "who takes a part of it has taken it: the rest waits and follows", arguments: RecordLayer.allCases,
    Sender.kinds)
  func waits(layer: RecordLayer, kind: Int) throws {
    guard let sender = Sender(kind: kind) else { return }
    let scene = try TLSScene(layer)
    let pairs = try (0..<6).map { _ in try scene.shake() }
    for pair in pairs {
      shrinkBuffers(of: pair.server.connection.descriptor)
      pair.client.reads = false
    }
    let descriptors = pairs.map(\.server.connection.descriptor)
    let message = (0..<60_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
    var rounds = 0
    while sender.sendTLS(message, to: descriptors, on: scene).isEmpty { rounds += 1 }
    #expect(rounds > 0)
    // Somebody may still have room; when all wait, all are exceptions.
    var exceptions: [Exception] = []
    for _ in 0..<1000 where exceptions.count < 6 {
      exceptions = sender.sendTLS([0x2e], to: descriptors, on: scene)
    }
    #expect(exceptions == (0..<6).map { Exception(index: $0, result: 0) })
    for pair in pairs { pair.client.reads = true }
    scene.run { sender.sendTLS(Array("end".utf8), to: descriptors, on: scene).isEmpty }
    scene.run { pairs.allSatisfy { $0.client.text.hasSuffix("end") || $0.client.failure != nil } }
    for pair in pairs {
      #expect(pair.client.failure == nil)
      #expect(Array(pair.client.received.prefix(message.count)) == message)
    }
  }

  @Test(
    "the same connection twice in one batch gets the bytes twice", arguments: RecordLayer.allCases,
    Sender.kinds)
  func twice(layer: RecordLayer, kind: Int) throws {
    guard let sender = Sender(kind: kind) else { return }
    let scene = try TLSScene(layer)
    let pair = try scene.shake()
    let other = try scene.shake()
    let (mine, its) = (pair.server.connection.descriptor, other.server.connection.descriptor)
    #expect(sender.sendTLS(Array("x".utf8), to: [mine, its, mine, mine], on: scene).isEmpty)
    scene.run { pair.client.text == "xxx" && other.client.text == "x" }
  }

  @Test("a loop without TLS has no such batch")
  func plainLoop() throws {
    let sender = try #require(Sender(kind: Int(CUV_SENDER_SEND)))
    let harness = try LoopHarness()
    var out = cuv_exception()
    #expect(unsafe cuv_tls_send_batch(harness.loop, sender.pointer, [1], 1, "x", 1, &out) == -Int(EINVAL))
  }
}

extension Sender {
  fileprivate func sendTLS(_ bytes: [UInt8], to descriptors: [Int32], on scene: TLSScene) -> [Exception] {
    var out = [cuv_exception](repeating: cuv_exception(), count: max(descriptors.count, 1))
    let count = unsafe cuv_tls_send_batch(
      scene.harness.loop, pointer, descriptors, UInt32(descriptors.count), bytes, bytes.count, &out)
    #expect(count >= 0)
    return out.prefix(max(count, 0)).map { Exception(index: $0.index, result: $0.result) }
  }
}
