import TestSupport
import Testing

@testable import FanoutCore

@Suite struct SlotSetTests {
  @Test("a SlotSet has what was inserted and not removed")
  func matchesSet() {
    var (set, model, random): (SlotSet, Set<UInt32>, SeededRandom) = (SlotSet(), [], SeededRandom(seed: 3))
    for _ in 0..<3_000 {
      let slot = UInt32.random(in: 0..<300, using: &random)
      if Bool.random(using: &random) {
        set.insert(slot)
        model.insert(slot)
      } else {
        #expect(set.remove(slot) == (model.remove(slot) != nil))
      }
    }
    for slot: UInt32 in 0..<400 { #expect(set.contains(slot) == model.contains(slot)) }
    #expect(!set.contains(.max))
  }
}
