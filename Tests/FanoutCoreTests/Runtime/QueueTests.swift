import Testing

@testable import FanoutCore

@Suite struct QueueTests {
  @Test("what comes first leaves first, over any number of elements")
  func order() {
    var queue = Queue<UInt32>()
    var expected: UInt32 = 0
    #expect(queue.popFirst() == nil)
    for number in UInt32(0)..<5000 {
      queue.append(number)
      if number % 3 == 0 {
        #expect(queue.popFirst() == expected)
        expected += 1
      }
    }
    while let number = queue.popFirst() {
      #expect(number == expected)
      expected += 1
    }
    #expect(expected == 5000)
    #expect(queue.isEmpty)
  }

  @Test("the first element is seen before it is taken")
  func first() {
    var queue = Queue<String>()
    #expect(queue.first == nil)
    queue.append("a")
    queue.append("b")
    #expect(queue.first == "a")
    queue.removeFirst()
    #expect(queue.first == "b")
    queue.removeFirst()
    #expect(queue.first == nil)
  }
}
