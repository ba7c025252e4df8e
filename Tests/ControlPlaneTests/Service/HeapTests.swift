import TestSupport
import Testing

@testable import ControlPlane

@Suite("Heap")
struct HeapTests {
  @Test("gives the smallest first, whatever went in", arguments: 1...20 as ClosedRange<UInt64>)
  func order(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    var expected = (0..<Int.random(in: 0...40, using: &random)).map { _ in
      Int.random(in: 0...9, using: &random)
    }
    var heap = Heap(expected)
    for _ in 0..<30 {
      let number = Int.random(in: 0...9, using: &random)
      heap.insert(number)
      expected.append(number)
      if Bool.random(using: &random) {
        expected.sort()
        #expect(heap.first == expected.first)
        #expect(heap.popFirst() == expected.removeFirst())
      }
    }
    expected.sort()
    while let number = heap.popFirst() { #expect(number == expected.removeFirst()) }
    #expect(expected.isEmpty && heap.count == 0 && heap.popFirst() == nil)
  }
}
