import Testing

@testable import FanoutCore
@testable import FanoutTestSupport

@Suite struct TransportTests {
  @Test("interest is a set")
  func interest() {
    #expect(Interest([.readable, .writable]).subtracting(.writable) == .readable)
    #expect(Interest().isEmpty)
  }

  @Test("a scripted world behaves like a kernel: what fits is taken, the rest must wait")
  func scripted() {
    let world = ScriptedWorld()
    let socket = world.makeSocket(capacity: 5)
    #expect(world.open(socket.descriptor, slot: 0))
    let bytes = Array("abcdefgh".utf8)
    #expect(world.send(socket.descriptor, bytes.span) == 5)
    #expect(world.send(socket.descriptor, bytes.span) == ScriptedWorld.wouldBlock)
    #expect(world.readySlots().isEmpty)
    world.watch(0, [.readable, .writable])
    #expect(world.readySlots().isEmpty)
    #expect(socket.read(2) == Array("ab".utf8))
    #expect(world.readySlots().map(\.readiness) == [.writable])
    socket.write("in")
    #expect(world.readySlots().map(\.readiness) == [[.readable, .writable]])
    var exceptions: [SendException] = []
    world.sendBatch([socket.descriptor], bytes.span, exceptions: &exceptions)
    #expect(exceptions == [SendException(position: 0, result: 2)])
    world.close(0, reset: false)
    #expect(world.offences.isEmpty)
    world.close(0, reset: false)
    #expect(world.offences.count == 1)
  }
}
