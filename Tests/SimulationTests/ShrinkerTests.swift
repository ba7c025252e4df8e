import Testing

@Suite("Shrinking what fails")
struct ShrinkerTests {
  @Test("what is left cannot be left out")
  func minimal() {
    var attempts = 0
    let small = Shrinker.shrink(Array(1...500), attempts: 2_000) { numbers in
      attempts += 1
      return numbers.contains(3) && numbers.contains(407) && numbers.count { $0 % 7 == 0 } >= 2
    }
    #expect(small.count == 4 && small == small.sorted())
    #expect(small.contains(3) && small.contains(407))
    #expect(attempts < 500)
  }

  @Test("order is kept, and a failure of everything becomes nothing")
  func ends() {
    let small = Shrinker.shrink([5, 1, 4, 2, 3], attempts: 100) { numbers in
      guard let four = numbers.firstIndex(of: 4), let three = numbers.firstIndex(of: 3) else { return false }
      return four < three
    }
    #expect(small == [4, 3])
    #expect(Shrinker.shrink([1, 2, 3], attempts: 100) { _ in true }.isEmpty)
    #expect(Shrinker.shrink([1, 2, 3], attempts: 100) { $0.count == 3 } == [1, 2, 3])
  }

  @Test("it stops when the attempts are used up")
  func bounded() {
    var attempts = 0
    _ = Shrinker.shrink(Array(0..<1_000), attempts: 20) { _ in
      attempts += 1
      return false
    }
    #expect(attempts == 20)
  }
}
