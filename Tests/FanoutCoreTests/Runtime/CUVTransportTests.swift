import TestSupport
import Testing

@testable import FanoutCore
@testable import FanoutTestSupport

#if canImport(Glibc)
  import Glibc
#endif

/// The calls that need no running loop; what runs is tested through `DataPlane`.
@Suite struct CUVTransportTests {
  /// Two connected stream sockets.
  private func pair() throws -> (Int32, Int32) {
    var descriptors: [Int32] = [0, 0]
    guard unsafe socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &descriptors) == 0 else {
      throw TestFailure("no socket pair")
    }
    return (descriptors[0], descriptors[1])
  }

  @Test("both senders say their name, and the automatic one is one of them")
  func senders() throws {
    #expect(try CUVTransport(tick: 100, sender: .send).senderName == "send")
    #expect(["send", "io_uring"].contains(try CUVTransport(tick: 100, sender: .automatic).senderName))
  }

  @Test("bytes go out and come in, and an empty socket would block")
  func sendAndReceive() throws {
    let transport = try CUVTransport(tick: 100, sender: .send)
    let (near, far) = try pair()
    defer { Glibc.close(far) }
    #expect(transport.open(near, slot: 7))
    var buffer = [UInt8](repeating: 0, count: 16)
    #expect(transport.receive(near, into: &buffer) == CUVTransport.wouldBlock)
    #expect(transport.send(near, Array("hello".utf8).span) == 5)
    #expect(unsafe read(far, &buffer, 16) == 5)
    #expect(Array(buffer.prefix(5)) == Array("hello".utf8))
    #expect(unsafe write(far, "ab", 2) == 2)
    #expect(transport.receive(near, into: &buffer) == 2)
    transport.shutdownWrite(7)
    #expect(unsafe read(far, &buffer, 16) == 0)
    transport.close(7, reset: false)
    transport.close(7, reset: false)
    _ = transport.watch(7, .readable)
    transport.shutdownWrite(7)
  }

  @Test("a peer that is gone is an error, never a signal")
  func brokenPipe() throws {
    let transport = try CUVTransport(tick: 100, sender: .send)
    let (near, far) = try pair()
    #expect(transport.open(near, slot: 0))
    Glibc.close(far)
    #expect(transport.send(near, Array("x".utf8).span) == -Int(EPIPE))
    var buffer = [UInt8](repeating: 0, count: 4)
    #expect(transport.receive(near, into: &buffer) == 0)
  }

  @Test(
    "a batch tells of each socket that did not take everything", arguments: [SenderKind.send, .automatic])
  func batch(sender: SenderKind) throws {
    let transport = try CUVTransport(tick: 100, sender: sender)
    let pairs = try (0..<4).map { _ in try pair() }
    for (slot, pair) in pairs.enumerated() { #expect(transport.open(pair.0, slot: UInt32(slot))) }
    Glibc.close(pairs[1].1)
    let filling = [UInt8](repeating: 0, count: 1 << 16)
    while transport.send(pairs[3].0, filling.span) > 0 {}
    var exceptions: [SendException] = []
    transport.sendBatch(pairs.map(\.0), Array("notice".utf8).span, exceptions: &exceptions)
    #expect(
      exceptions == [
        SendException(position: 1, result: -Int(EPIPE)), SendException(position: 3, result: 0),
      ])
    for number in [0, 2] {
      var buffer = [UInt8](repeating: 0, count: 16)
      #expect(unsafe read(pairs[number].1, &buffer, 16) == 6)
    }
    for (number, pair) in pairs.enumerated() where number != 1 { Glibc.close(pair.1) }
  }

  @Test("the accept value is that of RFC 6455, section 1.3")
  func accept() throws {
    let transport = try CUVTransport(tick: 100, sender: .send)
    let accept = transport.webSocketAccept(Array("dGhlIHNhbXBsZSBub25jZQ==".utf8))
    #expect(String(decoding: accept, as: UTF8.self) == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
    #expect(transport.webSocketAccept([UInt8](repeating: 65, count: 65)).isEmpty)
  }

  @Test("a port that is taken is a sentence")
  func listen() throws {
    let first = try CUVTransport(tick: 100, sender: .send)
    let port = try first.listen(host: "127.0.0.1", port: 0, limits: Limits())
    #expect(port > 0)
    let failure = #expect(throws: DataPlaneFailure.self) {
      _ = try first.listen(host: "127.0.0.1", port: 0, limits: Limits())
    }
    #expect(failure?.description.hasPrefix("cannot listen on 127.0.0.1 port 0: ") == true)
    first.stopListening()
    first.stopListening()
    #expect(first.acceptFailures == 0)
  }

  @Test("the clocks go forward")
  func clocks() throws {
    let transport = try CUVTransport(tick: 100, sender: .send)
    #expect(transport.wallClock > 1_700_000_000_000)
    #expect(transport.now <= transport.now)
  }
}
