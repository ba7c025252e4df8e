import Synchronization
import TestSupport
import Testing

@testable import seatcast

@Suite("Cached text")
struct CachedTextTests {
  private let time = Guarded<UInt64>(1_000)
  private let made = Guarded(0)

  private func cached() -> CachedText {
    CachedText(lifetime: 100, now: { [time] in time.withLock { $0 } }) { [made] in
      "text \(made.withLock { $0 += 1; return $0 })"
    }
  }

  @Test("A text is made once within its lifetime and anew after it")
  func lifetime() {
    let cached = cached()
    #expect(cached.text == "text 1")
    time.withLock { $0 = 1_099 }
    #expect(cached.text == "text 1")
    time.withLock { $0 = 1_100 }
    #expect(cached.text == "text 2")
    #expect(made.withLock { $0 } == 2)
  }

  @Test("While one thread makes the next text, others get the one before")
  func making() throws {
    let (time, entered, leave) = (time, Guarded(false), Guarded(false))
    let cached = CachedText(lifetime: 100, now: { time.withLock { $0 } }) {
      if time.withLock({ $0 }) == 1_000 { return "old" }
      entered.withLock { $0 = true }
      try? eventually("the test lets go") { leave.withLock { $0 } }
      return "new"
    }
    #expect(cached.text == "old")
    time.withLock { $0 = 2_000 }
    let maker = try BackgroundThread { cached.text }
    try eventually("the maker is at work") { entered.withLock { $0 } }
    #expect(cached.text == "old")
    leave.withLock { $0 = true }
    #expect(try maker.join() == "new")
    #expect(cached.text == "new")
  }
}
