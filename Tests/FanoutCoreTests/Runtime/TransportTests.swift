import Testing

@testable import FanoutCore
@testable import FanoutTestSupport

@Suite struct TransportTests {
  @Test("interest is a set")
  func interest() {
    #expect(Interest([.readable, .writable]).subtracting(.writable) == .readable)
    #expect(Interest().isEmpty)
  }

  @Test("a scripted transport behaves like a kernel: what fits is taken, the rest must wait")
  func scripted() {
    let io = ScriptedTransport()
    let socket = io.makeSocket(capacity: 5)
    #expect(io.open(socket.descriptor, slot: 0))
    let bytes = Array("abcdefgh".utf8)
    #expect(io.send(socket.descriptor, bytes.span) == 5)
    #expect(io.send(socket.descriptor, bytes.span) == ScriptedTransport.wouldBlock)
    #expect(io.readySlots().isEmpty)
    _ = io.watch(0, [.readable, .writable])
    #expect(io.readySlots().isEmpty)
    #expect(socket.read(2) == Array("ab".utf8))
    #expect(io.readySlots().map(\.readiness) == [.writable])
    socket.write("in")
    #expect(io.readySlots().map(\.readiness) == [[.readable, .writable]])
    var exceptions: [SendException] = []
    io.sendBatch([socket.descriptor], bytes.span, exceptions: &exceptions)
    #expect(exceptions == [SendException(position: 0, result: 2)])
    io.close(0, reset: false)
    #expect(io.offences.isEmpty)
    io.close(0, reset: false)
    #expect(io.offences.count == 1)
  }
}
