import Synchronization
import TestSupport
import Testing

@testable import seatcast

@Suite("Watchdog", .timeLimit(.minutes(30)))
struct WatchdogTests {
  private final class Numbers: Sendable {
    let ledger = Atomic<UInt64>(0)
    let loop = Atomic<UInt64>(0)
    let isStuck = Atomic(false)
  }

  @Test("it is fed while every thread makes progress, and withheld and told when one is stuck")
  func withholds() throws {
    let folder = try TemporaryFolder()
    let manager = try NotifySocket(folder.path + "/notify")
    let (numbers, lines) = (Numbers(), LinesKept())
    let watchdog = Watchdog(
      [
        .init(name: "ledger") { numbers.ledger.add(1, ordering: .relaxed).newValue },
        .init(name: "loop-0") {
          numbers.isStuck.load(ordering: .relaxed)
            ? numbers.loop.load(ordering: .relaxed) : numbers.loop.add(1, ordering: .relaxed).newValue
        },
      ], every: 400_000, notifier: ServiceNotifier(address: manager.address),
      log: Log(format: .text, output: lines, now: { 0 }))
    try watchdog.start()
    defer { watchdog.stop() }
    for _ in 0..<5 { #expect(manager.next() == ["WATCHDOG=1"]) }
    numbers.isStuck.store(true, ordering: .relaxed)
    var message = manager.next()
    while message == ["WATCHDOG=1"] { message = manager.next() }
    #expect(message == ["STATUS=No progress: loop-0"])
    #expect(manager.next(within: 1_000) == nil)
    numbers.isStuck.store(false, ordering: .relaxed)
    let after = [manager.next(), manager.next()]
    #expect(after.contains(["WATCHDOG=1"]))
    #expect(after.contains(["STATUS=All threads make progress again"]))
    #expect(lines.lines.contains { $0.contains("threads make no progress threads=loop-0") })
  }
}
