// Drives one loop on a scripted world turn by turn, as libuv would: readiness, the turn's end, and a tick when
// time has moved. The test's thread.
@testable import FanoutCore

final class LoopDriver {
  let world: ScriptedWorld
  let loop: Loop<ScriptedWorld>
  private var ticked: UInt64

  init(_ loop: Loop<ScriptedWorld>) {
    self.loop = loop
    world = loop.world
    ticked = world.now
  }

  func turn() {
    for (slot, readiness, hangup) in world.readySlots() where world.isOpen(slot) {
      loop.ready(slot, readiness, hangup: hangup)
    }
    loop.turn()
    guard world.now >= ticked + loop.limits.tick else { return }
    ticked = world.now
    loop.tick()
  }

  func connect(capacity: Int = 1 << 20) -> ScriptedSocket {
    let socket = world.makeSocket(capacity: capacity)
    loop.accept(socket.descriptor, from: PeerAddress(ipv4: UInt32(socket.descriptor)))
    return socket
  }

  /// Everything that is not as it must be, the world's complaints included.
  func faults() -> [String] { world.offences + loop.brokenInvariants() }
}
