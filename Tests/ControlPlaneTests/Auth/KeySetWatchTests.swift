import TestSupport
import Testing

@testable import ControlPlane

@Suite("KeySetWatch")
struct KeySetWatchTests {
  @Test("It looks soon after it was asked, at most once per interval, and from time to time")
  func looks() throws {
    let looks = Guarded(0)
    let watch = KeySetWatch { looks.withLock { $0 += 1 } }
    let thread = try BackgroundThread { watch.run(interval: 60_000, shortestInterval: 400) }
    for _ in 0..<100 { watch.ask() }
    try eventually("a look") { looks.withLock { $0 } == 1 }
    for _ in 0..<100 { watch.ask() }
    pause(milliseconds: 100)
    #expect(looks.withLock { $0 } == 1)
    try eventually("a second look") { looks.withLock { $0 } == 2 }
    watch.close()
    _ = try thread.join()

    let regular = KeySetWatch { looks.withLock { $0 += 1 } }
    let other = try BackgroundThread { regular.run(interval: 1, shortestInterval: 1) }
    try eventually("looks that nobody asked for") { looks.withLock { $0 } > 5 }
    regular.close()
    _ = try other.join()
  }

  @Test("Without a thread it looks when it is pumped and was asked")
  func inline() throws {
    let looks = Guarded(0)
    let watch = KeySetWatch { looks.withLock { $0 += 1 } }
    #expect(!watch.pump())
    watch.ask()
    watch.ask()
    #expect(watch.pump() && !watch.pump())
    #expect(looks.withLock { $0 } == 1)
  }

  @Test("Its thread ends when it is closed")
  func closing() throws {
    let thread = try KeySetThread(KeySetWatch {}, threads: .own)
    thread.close()
  }
}
