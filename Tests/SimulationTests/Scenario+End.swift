// The end of a run: everything comes to rest, what everybody was told is held against the log, and the server says goodbye.

import TestSupport

@testable import ControlPlane
@testable import FanoutCore
@testable import FanoutTestSupport

extension Scenario {
  /// Everybody reads, nobody asks, until nothing moves any more.
  func settle() {
    server.disk.heal()
    server.syncTime = 0
    for loop in server.loops { loop.io.partialSends = nil }
    outliveGhosts()
    var quiet = 0
    for round in 0..<3000 where quiet < 4 {
      server.finishWork()
      for loop in server.loops { loop.turn() }
      if readAll() { quiet = 0 } else { quiet += 1 }
      if round % 16 == 15 {
        server.advance(by: 100)
        server.backend.ledger.rest()
      }
    }
    if quiet < 4 { record.fault("the server does not come to rest") }
    // Two rounds of viewer counts: the loops show their numbers with a tick, and the next round tells them.
    for _ in 0..<30 {
      server.advance(by: 100)
      for loop in server.loops { loop.turn() }
      _ = readAll()
    }
    if !server.backend.isReady { record.fault("the disk is well, and the server is not ready") }
    for fault in server.faults() + server.excess() { record.fault("at rest: \(fault)") }
  }

  /// Connections whose other end is gone are closed in time, and nobody else's is.
  private func outliveGhosts() {
    for _ in 0..<80 {
      server.finishWork()
      for loop in server.loops { loop.turn() }
      _ = readAll()
      server.advance(by: 500)
      server.backend.ledger.rest()
    }
    for viewer in viewers where viewer.ghosts.contains(where: \.isOpen) {
      record.fault("\(viewer.name) vanished, and its connection is kept")
    }
  }

  func readAll() -> Bool {
    var hasRead = false
    for viewer in viewers {
      viewer.client?.socket.capacity = 1 << 20
      if viewer.read() { hasRead = true }
    }
    for listener in listeners {
      listener.socket?.capacity = 1 << 20
      if listener.read() { hasRead = true }
    }
    for caller in callers {
      caller.socket?.capacity = 1 << 20
      if caller.read() { hasRead = true }
    }
    return hasRead
  }

  func check() throws {
    let reader = try server.backend.openReader()
    for viewer in viewers { viewer.noteEnd() }
    for listener in listeners { listener.noteEnd() }
    record.history.rest()
    for event in watchable {
      let log = try reader.notices(
        of: EventID(event), after: 0, through: .max >> 1, limit: 1_000_000)
      record.history.testify(log, epoch: server.backend.epoch)
      if let first = firstStates[event] { record.check(event, against: log, from: first) }
      let head = UInt64(log.count)
      let next = try reader.events(after: EventID(event - 1), .all, limit: 1).first
      if next?.id != EventID(event) {
        for viewer in viewers where viewer.watching.cursors[event] != nil && viewer.isWatching {
          record.fault("\(viewer.name) is still subscribed to \(event), which was deleted")
        }
        deletions += 1
        continue
      }
      for viewer in viewers where viewer.isWatching { checkConverged(viewer, event, head) }
      checkViewers(event)
      for listener in listeners where listener.isListening && listener.event == event {
        guard let cursor = listener.watching.cursors[event], cursor != head else { continue }
        record.fault("\(listener.name) rests at \(cursor) of \(event), whose head is \(head)")
      }
    }
    for caller in callers where caller.isConnected && !caller.waiting.isEmpty {
      record.fault("\(caller.name): \(caller.waiting.count) requests were not answered")
    }
    record.judgeHistory()
    if !record.isMuted { sayGoodbye() }
  }

  /// Everybody who watches the event was told last how many do.
  private func checkViewers(_ event: Int64) {
    let number = Int64(server.viewers(of: event))
    for viewer in viewers where viewer.isWatching && viewer.watching.cursors[event] != nil {
      guard viewer.watching.viewers[event] != number else { continue }
      record.fault(
        "\(viewer.name) was told \(viewer.watching.viewers[event] ?? 0) viewers of \(event), which has \(number)"
      )
    }
    for listener in listeners where listener.isListening && listener.event == event {
      guard listener.watching.viewers[event] != number else { continue }
      record.fault("\(listener.name) was not told that \(number) watch \(event)")
    }
  }

  private func checkConverged(_ viewer: Viewer, _ event: Int64, _ head: UInt64) {
    let cursor = viewer.watching.cursors[event]
    if viewer.wishes[event] == true && cursor == nil {
      record.fault("\(viewer.name) asked for \(event) and is not subscribed")
    }
    if viewer.wishes[event] == false && cursor != nil {
      record.fault("\(viewer.name) is subscribed to \(event) and did not ask")
    }
    if let cursor, cursor != head {
      record.fault("\(viewer.name) rests at \(cursor) of \(event), whose head is \(head)")
    }
  }

  /// The server is closed as the executable closes it: everybody is told, and all loops end.
  private func sayGoodbye() {
    let guests = viewers.filter(\.isWatching)
    for proxy in server.proxies { proxy.post(.stopAccepting) }
    server.backend.close()
    for proxy in server.proxies { proxy.post(.closeAll) }
    for _ in 0..<30 {
      for loop in server.loops where !loop.io.isStopped { loop.turn() }
      _ = readAll()
      server.advance(by: 100)
    }
    for guest in guests where guest.closeCode != 1012 || !guest.sawDraining {
      record.fault("\(guest.name) was not told goodbye: \(guest.closeCode ?? 0)")
    }
    for loop in server.loops where !loop.io.isStopped || loop.io.openSockets > 0 {
      record.fault("a loop does not end")
    }
  }
}
