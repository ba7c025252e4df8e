import TestSupport
import Testing

@testable import ControlPlane

@Suite("BoundedQueue")
struct BoundedQueueTests {
  @Test("elements come out in the order in which they went in, up to the number asked for")
  func order() {
    let queue = BoundedQueue<Int>(capacity: 100)
    for number in 0..<50 { #expect(queue.offer(number)) }
    #expect(queue.elements(20) == Array(0..<20))
    for number in 50..<100 { #expect(queue.offer(number)) }
    #expect(queue.count == 80)
    #expect(queue.elements(1000) == Array(20..<100))
    #expect(queue.elements(1).isEmpty)
  }

  @Test("a full queue refuses, and takes again when there is room")
  func bound() {
    let queue = BoundedQueue<Int>(capacity: 2)
    #expect(queue.offer(1))
    #expect(queue.offer(2))
    #expect(!queue.offer(3))
    #expect(queue.elements(1) == [1])
    #expect(queue.offer(4))
    #expect(queue.elements(5) == [2, 4])
  }

  @Test("a closed queue takes nothing, gives what it has, and then says that it is closed")
  func closing() {
    let queue = BoundedQueue<Int>(capacity: 2)
    #expect(queue.offer(1))
    queue.close()
    #expect(!queue.offer(2))
    #expect(queue.elements(5) == [1])
    guard case .closed = queue.take(most: 5) else {
      Issue.record("a closed and empty queue keeps its takers waiting")
      return
    }
  }

  @Test("nothing in the time given is idle")
  func idle() {
    let queue = BoundedQueue<Int>(capacity: 2)
    guard case .idle = queue.take(most: 1, idleAfter: 1) else {
      Issue.record("there was nothing to take")
      return
    }
  }

  @Test("many producers and many consumers lose nothing and double nothing")
  func manyThreads() throws {
    let queue = BoundedQueue<Int>(capacity: 64)
    let consumers = try (0..<3).map { _ in
      try BackgroundThread {
        var taken: [Int] = []
        while case .elements(let some) = queue.take(most: 5) { taken += some }
        return taken
      }
    }
    _ = try concurrently(3) { producer in
      for number in 0..<2000 {
        while !queue.offer(producer * 10_000 + number) { pause(milliseconds: 1) }
      }
    }
    queue.close()
    let taken = try consumers.flatMap { try $0.join() }
    let offered = (0..<3).flatMap { producer in (0..<2000).map { producer * 10_000 + $0 } }
    #expect(taken.sorted() == offered)
  }
}

extension BoundedQueue {
  fileprivate func elements(_ most: Int) -> [Element] {
    if case .elements(let elements) = poll(most: most) { elements } else { [] }
  }
}

@Suite("Ring")
struct RingTests {
  @Test("a ring grows to its capacity while it wraps around")
  func growth() {
    var ring = Ring<Int>(capacity: 40)
    var refused: [Int] = []
    for number in 0..<10 where !ring.append(number) { refused.append(number) }
    let first = ring.takeFirst(7)
    #expect(first == Array(0..<7))
    for number in 10..<48 where !ring.append(number) { refused.append(number) }
    #expect(refused == [47])
    #expect(ring.count == 40)
    let rest = ring.takeFirst(100)
    #expect(rest == Array(7..<47))
  }
}
