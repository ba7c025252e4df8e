import Synchronization
import TestSupport
import Testing

@testable import FanoutCore

@Suite struct LoopThreadTests {
  @Test("a thread runs its body once, and joining waits for its end")
  func runs() throws {
    let counted = Counter()
    let thread = try LoopThread(name: "a-name-longer-than-the-kernel-keeps") {
      pause(milliseconds: 20)
      counted.value.add(1, ordering: .relaxed)
    }
    thread.join()
    #expect(counted.value.load(ordering: .relaxed) == 1)
    thread.join()
  }

  @Test("a body's captures die with it")
  func frees() throws {
    weak var left: Counter?
    do {
      let counted = Counter()
      left = counted
      let thread = try LoopThread(name: "short") { counted.value.add(1, ordering: .relaxed) }
      thread.join()
    }
    #expect(left == nil)
  }

  private final class Counter: Sendable {
    let value = Atomic(0)
  }
}
