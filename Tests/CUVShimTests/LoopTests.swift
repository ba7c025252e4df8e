import CUVShim
import Glibc
import Synchronization
import Testing

@Suite struct LoopTests {
  @Test("a loop runs until it is stopped, although nothing else happens")
  func runsUntilStopped() throws {
    let harness = try LoopHarness()
    var ticks = 0
    harness.onTick = {
      ticks += 1
      if ticks == 3 { harness.stop() }
    }
    harness.run()
    #expect(ticks == 3)
  }

  #if DEBUG
    @Test("a call from a thread that does not run the loop ends a debug build with a sentence")
    func wrongThread() async {
      let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        let harness = try LoopHarness()
        let waker = unsafe Waker(loop: harness.loop)
        harness.onTick = {
          let thread = try? TestThread(name: "stranger") { waker.stop() }
          thread?.join()
        }
        harness.run()
      }
      let text = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
      #expect(
        text.contains(
          "cuv_loop_stop() must be called from the thread that runs the loop (cuv.h, rule 2)."), "\(text)")
    }
  #endif

  @Test("a stopped loop can be run again")
  func runsAgain() throws {
    let harness = try LoopHarness()
    var ticks = 0
    harness.onTick = {
      ticks += 1
      harness.stop()
    }
    harness.run(again: true)
    harness.run()
    #expect(ticks == 2)
  }

  @Test("a wake-up from another thread arrives after what that thread published before")
  func wakesFromAnotherThread() throws {
    let harness = try LoopHarness(tick: 1_000)
    let waker = unsafe Waker(loop: harness.loop)
    harness.onWake = { if waker.wasPublished { harness.stop() } }
    let thread = try TestThread(name: "waker") { waker.publishAndWake() }
    harness.run()
    thread.join()
    #expect(waker.wasPublished)
  }

  @Test("many wake-ups from several threads lose nothing")
  func losesNoWakeUp() throws {
    let harness = try LoopHarness(tick: 1_000)
    let counted = unsafe Waker(loop: harness.loop)
    harness.onWake = { if counted.counted == 30_000 { harness.stop() } }
    let threads = try (0..<3).map { number in
      try TestThread(name: "waker \(number)") {
        for _ in 0..<10_000 { counted.countAndWake() }
      }
    }
    harness.run()
    for thread in threads { thread.join() }
    #expect(counted.counted == 30_000)
  }

  @Test("a wake-up that comes before the loop runs is reported when it runs")
  func remembersEarlyWakeUp() throws {
    let harness = try LoopHarness(tick: 1_000)
    var wakes = 0
    harness.onWake = {
      wakes += 1
      harness.stop()
    }
    #expect(unsafe cuv_loop_wake(harness.loop) == 0)
    #expect(wakes == 0)
    harness.run()
    #expect(wakes == 1)
  }

  @Test("while a loop is prepared it calls no hook and accepts nobody, and a wake-up is told when it runs")
  func prepares() throws {
    let harness = try LoopHarness(tick: 1)
    let port = try harness.listen()
    let peer = try dial(port: port)
    var calls = 0
    harness.onAccept = { descriptor, _ in
      calls += 1
      close(descriptor)
    }
    harness.onWake = { calls += 1 }
    harness.onTick = { calls += 1 }
    harness.onTurn = { calls += 1 }
    #expect(unsafe cuv_loop_wake(harness.loop) == 0)
    for _ in 0..<5 {
      usleep(2_000)
      unsafe cuv_loop_prepare(harness.loop)
    }
    #expect(calls == 0)
    var (wakes, accepted) = (0, 0)
    harness.onWake = { wakes += 1 }
    harness.onAccept = { descriptor, _ in
      accepted += 1
      close(descriptor)
    }
    harness.onTurn = {}
    var ticks = 0
    harness.onTick = {
      ticks += 1
      if ticks == 20 { harness.stop() }
    }
    harness.run()
    #expect(wakes == 1 && accepted == 1)
    close(peer)
  }

  @Test("a busy loop takes turn after turn without waiting for the tick, an idle one does not")
  func busyTurns() throws {
    let harness = try LoopHarness(tick: 1)
    var turns = 0
    var ticks = 0
    harness.onTurn = {
      turns += 1
      if turns == 5_000 { unsafe cuv_loop_set_busy(harness.loop, 0) }
    }
    harness.onTick = {
      ticks += 1
      if turns >= 5_000 && ticks >= 3 { harness.stop() }
    }
    unsafe cuv_loop_set_busy(harness.loop, 1)
    harness.run(again: true)
    #expect(turns >= 5_000)

    let before = turns
    ticks = 0
    harness.run()
    #expect(turns - before <= 2 * ticks + 2)
  }

  @Test("the turn's hook comes after all readiness of the turn")
  func turnComesLast() throws {
    let harness = try LoopHarness()
    let (first, firstPeer) = try socketPair()
    let (second, secondPeer) = try socketPair()
    _ = try harness.open(first, token: 1)
    _ = try harness.open(second, token: 2)
    sendText("x", to: firstPeer)
    sendText("x", to: secondPeer)
    var order: [String] = []
    harness.onReady = { token, _ in order.append("ready \(token)") }
    harness.onTurn = {
      order.append("turn")
      if order.count > 1 { harness.stop() }
    }
    harness.run()
    #expect(order.last == "turn")
    #expect(Set(order.dropLast()).isSuperset(of: ["ready 1", "ready 2"]))
    close(firstPeer)
    close(secondPeer)
  }

  @Test("the clock never goes back and follows the ticks")
  func clock() throws {
    let harness = try LoopHarness(tick: 5)
    var readings: [UInt64] = []
    harness.onTick = {
      readings.append(unsafe cuv_loop_now_ms(harness.loop))
      if readings.count == 4 { harness.stop() }
    }
    harness.run()
    #expect(readings == readings.sorted())
    #expect(readings[3] - readings[0] >= 15)
  }

  @Test("a loop without a tick or without a hook is refused")
  func refusesIncompleteHooks() throws {
    var created: OpaquePointer?
    var hooks = unsafe cuv_hooks()
    #expect(unsafe cuv_loop_create(&created, &hooks, 10) == -EINVAL)
    #expect(unsafe created == nil)
  }

  @Test("destroying a loop closes its listener and every connection left")
  func destroyClosesPeers() throws {
    var harness: LoopHarness? = try LoopHarness()
    let port = try #require(try harness?.listen())
    let (mine, peer) = try socketPair()
    _ = try #require(try harness?.open(mine, token: 1))
    harness = nil
    #expect(awaitText(from: peer) == "")
    #expect(tryDial(port: port).error == ECONNREFUSED)
    close(peer)
  }

  @Test("create and destroy leave no descriptor behind")
  func leaksNoDescriptor() async {
    // In a process of its own: other tests open and close descriptors meanwhile.
    await #expect(processExitsWith: .success) {
      let rehearsal = try LoopHarness()  // libuv keeps a few descriptors of the process after its first loop
      rehearsal.onTick = { rehearsal.stop() }
      rehearsal.run()
      let before = openDescriptors()
      var peers: [Int32] = []
      for _ in 0..<5 {
        let harness = try LoopHarness()
        _ = try harness.listen()
        for token in 0..<20 {
          let (mine, peer) = try socketPair()
          _ = try harness.open(mine, token: UInt32(token))
          peers.append(peer)
        }
        harness.onTick = { harness.stop() }
        harness.run()
      }
      for peer in peers { close(peer) }
      let after = openDescriptors()
      // A leak shows five times; the runtime's own threads may open one or two meanwhile.
      guard after - before < 5 else { fatalError("\(before) descriptors before, \(after) after") }
    }
  }
}

/// What other threads may touch of a loop: its wake-up.
@safe private final class Waker: @unchecked Sendable {
  private let published = Atomic(false)
  private let count = Atomic(0)
  private let loop: OpaquePointer

  init(loop: OpaquePointer) { unsafe self.loop = loop }

  var wasPublished: Bool { published.load(ordering: .acquiring) }
  var counted: Int { count.load(ordering: .acquiring) }

  func publishAndWake() {
    published.store(true, ordering: .releasing)
    #expect(unsafe cuv_loop_wake(loop) == 0)
  }

  /// Not from this thread.
  func stop() { unsafe cuv_loop_stop(loop) }

  func countAndWake() {
    count.add(1, ordering: .releasing)
    _ = unsafe cuv_loop_wake(loop)
  }
}
