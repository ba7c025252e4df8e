import TestSupport
import Testing

@testable import FanoutCore

@Suite struct SlabTests {
  @Test("an index stays until its element is removed, and is then used again, latest first")
  func reuse() {
    var slab = Slab<String>()
    #expect(slab.insert("a") == 0)
    #expect(slab.insert("b") == 1)
    #expect(slab.insert("c") == 2)
    #expect(slab.remove(0) == "a")
    #expect(slab.remove(1) == "b")
    #expect(slab.count == 1)
    #expect(slab.indices == [2])
    #expect(slab.insert("d") == 1)
    #expect(slab.insert("e") == 0)
    #expect(slab.insert("f") == 3)
    #expect(slab[0] == "e")
    #expect(slab.capacity == 4)
  }

  @Test("nothing is found where nothing is or never was")
  func absent() {
    var slab = Slab<Int>()
    #expect(slab.at(0) == nil)
    #expect(slab.at(.max) == nil)
    let index = slab.insert(7)
    slab[index] += 1
    #expect(slab.at(index) == 8)
    #expect(slab.remove(index) == 8)
    #expect(slab.at(index) == nil)
    #expect(slab.remove(index) == nil)
    #expect(slab.count == 0)
  }

  @Test("elements are let go when they are removed, and the rest with the slab")
  func lifetimes() {
    final class Element {}
    weak var removed: Element?
    weak var kept: Element?
    do {
      var slab = Slab<Element>()
      for number in 0..<300 {
        let element = Element()
        if number == 7 { removed = element }
        if number == 299 { kept = element }
        _ = slab.insert(element)
      }
      slab.remove(7)
      #expect(removed == nil)
      #expect(kept != nil)
      #expect(slab.count == 299)
    }
    #expect(kept == nil)
  }

  @Test("what is not there cannot be reached")
  func absentAccess() async {
    await #expect(processExitsWith: .failure) {
      var slab = Slab<Int>()
      slab.remove(slab.insert(1))
      slab[0] += 1
    }
  }

  @Test("a slab agrees with a dictionary under random use", arguments: 1...10)
  func random(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    var slab = Slab<UInt64>()
    var model: [UInt32: UInt64] = [:]
    for value in UInt64(0)..<400 {
      if let index = model.keys.sorted().randomElement(using: &random), Bool.random(using: &random) {
        #expect(slab.remove(index) == model.removeValue(forKey: index))
      } else {
        let index = slab.insert(value)
        #expect(model.updateValue(value, forKey: index) == nil)
      }
      #expect(slab.count == model.count)
    }
    #expect(slab.indices == model.keys.sorted())
    for (index, value) in model { #expect(slab.at(index) == value) }
  }
}
