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
    #expect(queue.offer(contentsOf: Array(50..<100)) == 50)
    #expect(queue.count == 80)
    #expect(queue.elements(15) == Array(20..<35))
    #expect(queue.elements(1000) == Array(35..<100))
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

  @Test("of many, as many are taken from the front as there is room for")
  func boundOfMany() {
    let queue = BoundedQueue<Int>(capacity: 5)
    #expect(queue.offer(contentsOf: [1, 2, 3]) == 3)
    #expect(queue.offer(contentsOf: [4, 5, 6, 7]) == 2)
    #expect(queue.offer(contentsOf: [8]) == 0)
    #expect(queue.offer(contentsOf: []) == 0)
    #expect(queue.elements(9) == [1, 2, 3, 4, 5])
  }

  @Test("what is given back comes out first, even when the queue is full or closed")
  func givingBack() {
    let queue = BoundedQueue<Int>(capacity: 4)
    #expect(queue.offer(contentsOf: [1, 2, 3, 4]) == 4)
    let taken = queue.elements(3)
    #expect(queue.offer(contentsOf: [5, 6, 7]) == 3)
    queue.giveBack(taken[1...])
    queue.giveBack([])
    #expect(queue.count == 6)
    #expect(queue.offer(contentsOf: [8]) == 0)
    #expect(!queue.offer(8))
    queue.close()
    #expect(queue.elements(9) == [2, 3, 4, 5, 6, 7])
  }

  @Test("a closed queue takes nothing, gives what it has, and then says that it is closed")
  func closing() {
    let queue = BoundedQueue<Int>(capacity: 2)
    #expect(queue.offer(1))
    queue.close()
    #expect(!queue.offer(2))
    #expect(queue.offer(contentsOf: [2]) == 0)
    #expect(queue.elements(5) == [1])
    var taken: [Int] = []
    #expect(queue.take(into: &taken, most: 5) == .closed)
  }

  @Test("nothing in the time given is idle")
  func idle() {
    let queue = BoundedQueue<Int>(capacity: 2)
    var taken: [Int] = []
    #expect(queue.take(into: &taken, most: 1, idleAfter: 1) == .idle)
    #expect(queue.offer(1), "an idle taker is counted as awake")
    #expect(queue.take(into: &taken, most: 1, idleAfter: 1) == .elements)
    #expect(taken == [1])
  }

  @Test("many producers and many consumers lose nothing and double nothing", arguments: [1, 7])
  func manyThreads(atOnce: Int) throws {
    let queue = BoundedQueue<Int>(capacity: 64)
    let consumers = try (0..<3).map { consumer in
      try BackgroundThread {
        var (all, taken): ([Int], [Int]) = ([], [])
        while queue.take(into: &taken, most: 5) == .elements {
          // One of the consumers gives half of it back.
          let kept = consumer == 0 && taken.count > 1 ? taken.count / 2 : taken.count
          all += taken[..<kept]
          queue.giveBack(taken[kept...])
          taken.removeAll(keepingCapacity: true)
        }
        return all
      }
    }
    _ = try concurrently(3) { producer in
      var rest = (0..<2000).map { producer * 10_000 + $0 }[...]
      while !rest.isEmpty {
        let taken = queue.offer(contentsOf: Array(rest.prefix(atOnce)))
        rest = rest.dropFirst(taken)
        if taken == 0 { pause(milliseconds: 1) }
      }
    }
    while queue.count > 0 { pause(milliseconds: 1) }
    queue.close()
    let taken = try consumers.flatMap { try $0.join() }
    let offered = (0..<3).flatMap { producer in (0..<2000).map { producer * 10_000 + $0 } }
    #expect(taken.sorted() == offered)
  }

  @Test("several takers share what came with one wake-up")
  func wakingOn() throws {
    let queue = BoundedQueue<Int>(capacity: 64)
    let takers = try (0..<3).map { _ in
      try BackgroundThread {
        var taken: [Int] = []
        return queue.take(into: &taken, most: 1) == .elements
      }
    }
    pause(milliseconds: 20)
    #expect(queue.offer(contentsOf: [1, 2, 3]) == 3)
    for taker in takers { #expect(try taker.join()) }
  }
}

extension BoundedQueue {
  fileprivate func elements(_ most: Int) -> [Element] {
    var taken: [Element] = []
    _ = poll(into: &taken, most: most)
    return taken
  }
}
