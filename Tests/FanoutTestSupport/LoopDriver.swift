// Drives one loop on a scripted transport turn by turn, as libuv would: readiness, the turn's end, and a tick when
// time has moved. The test's thread.
@testable import FanoutCore

final class LoopDriver {
  let io: ScriptedTransport
  let loop: Loop<ScriptedTransport>
  private var ticked: UInt64
  /// A planted fault: deadlines are judged before what has arrived is read.
  var judgesFirst = false

  init(_ loop: Loop<ScriptedTransport>) {
    self.loop = loop
    io = loop.io
    ticked = io.now
  }

  func turn() {
    if judgesFirst, io.now >= ticked + loop.limits.tick {
      for slot in loop.connections.due() where loop.connections.contains(slot) { loop.deadlines.judge(slot) }
    }
    for (slot, readiness, hangup) in io.readySlots() where io.isOpen(slot) {
      loop.ready(slot, readiness, hangup: hangup)
    }
    loop.turn()
    guard io.now >= ticked + loop.limits.tick else { return }
    ticked = io.now
    loop.tick()
  }

  func connect(capacity: Int = 1 << 20) -> ScriptedSocket {
    let socket = io.makeSocket(capacity: capacity)
    loop.accept(socket.descriptor, from: PeerAddress(ipv4: UInt32(socket.descriptor)))
    return socket
  }

  /// Everything that is not as it must be, the world's complaints included.
  func faults() -> [String] { io.offences + loop.brokenInvariants() }
}
