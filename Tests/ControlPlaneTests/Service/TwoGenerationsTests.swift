import Testing

@testable import ControlPlane

@Suite("TwoGenerations")
struct TwoGenerationsTests {
  @Test("what is in use stays, what is not is forgotten, and no more than twice the capacity is held")
  func eviction() {
    var cache = TwoGenerations<Int, Int>(capacity: 10)
    cache.insert(-1, for: 0)
    for number in 1..<1_000 {
      cache.insert(-number, for: number)
      #expect(cache.find(0)?.value == -1)
      #expect(cache.count <= 20)
    }
    #expect(cache.find(1) == nil)
    #expect(cache.find(999)?.value == -999)
  }

  @Test("a removed entry is in neither generation")
  func removal() {
    var cache = TwoGenerations<Int, Int>(capacity: 2)
    for number in 0..<4 { cache.insert(number, for: number) }
    for number in 0..<4 { cache.remove(number) }
    #expect(cache.count == 0)
    #expect((0..<4).allSatisfy { cache.find($0) == nil })
  }

  @Test("a capacity below one is one")
  func smallest() {
    var cache = TwoGenerations<Int, Int>(capacity: -3)
    cache.insert(1, for: 1)
    #expect(cache.find(1)?.value == 1)
  }
}
