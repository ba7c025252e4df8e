import Synchronization
import TestSupport
import Testing

@testable import FanoutCore
@testable import FanoutTestSupport

private final class CountingWaker: LoopWaker {
  let rings = Atomic(0)
  func ring() { rings.add(1, ordering: .relaxed) }
}

@Suite struct LoopProxyTests {
  /// The number in a parcel that carries one.
  private func number(_ parcel: Parcel?) -> Int64? {
    if case .grant(let topic, _) = parcel { topic.rawValue } else { nil }
  }

  @Test("parcels come out as they went in, and each rings")
  func order() {
    let bell = CountingWaker()
    let proxy = LoopProxy(id: LoopID(3), capacity: 8, waker: bell)
    for number in Int64(0)..<8 { proxy.post(.grant(TopicID(number), nil)) }
    #expect(bell.rings.load(ordering: .relaxed) == 8)
    for expected in Int64(0)..<8 { #expect(number(proxy.take()) == expected) }
    #expect(proxy.take() == nil)
    #expect(proxy.id == LoopID(3))
  }

  @Test("a full mailbox makes its producer wait, and nothing is lost")
  func full() throws {
    let proxy = LoopProxy(id: LoopID(0), capacity: 2, waker: SilentWaker())
    let thread = try BackgroundThread {
      for number in Int64(0)..<500 { proxy.post(.grant(TopicID(number), nil)) }
    }
    var expected: Int64 = 0
    try eventually("all parcels arrive") {
      while let number = number(proxy.take()) {
        #expect(number == expected)
        expected += 1
      }
      return expected == 500
    }
    try thread.join()
  }

  @Test("each producer's parcels keep their order")
  func producers() throws {
    let proxy = LoopProxy(id: LoopID(0), capacity: 16, waker: SilentWaker())
    let threads = try (0..<3).map { producer in
      try BackgroundThread {
        for number in 0..<400 { proxy.post(.grant(TopicID(Int64(producer * 1000 + number)), nil)) }
      }
    }
    var next = [Int64](repeating: 0, count: 3)
    var count = 0
    try eventually("all parcels arrive") {
      while let number = number(proxy.take()) {
        #expect(number % 1000 == next[Int(number / 1000)])
        next[Int(number / 1000)] += 1
        count += 1
      }
      return count == 1200
    }
    for thread in threads { try thread.join() }
  }

  @Test("a loop that has ended takes nothing, and nobody waits for it")
  func closed() {
    let proxy = LoopProxy(id: LoopID(0), capacity: 2, waker: SilentWaker())
    proxy.close()
    for _ in 0..<10 { proxy.post(.stopAccepting) }
    #expect(proxy.take() == nil)
  }

  @Test("a producer that waits is let go when the loop ends")
  func closedWhileFull() throws {
    let proxy = LoopProxy(id: LoopID(0), capacity: 2, waker: SilentWaker())
    for _ in 0..<2 { proxy.post(.stopAccepting) }
    let (isAboutToPost, isClosed) = (Guarded(false), Guarded(false))
    let thread = try BackgroundThread {
      isAboutToPost.withLock { $0 = true }
      proxy.post(.stopAccepting)
      return isClosed.withLock { $0 }
    }
    try eventually("the producer is about to post") { isAboutToPost.withLock { $0 } }
    // Long enough for a producer that does not wait to return.
    pause(milliseconds: 20)
    isClosed.withLock { $0 = true }
    proxy.close()
    #expect(try thread.join())
  }
}
