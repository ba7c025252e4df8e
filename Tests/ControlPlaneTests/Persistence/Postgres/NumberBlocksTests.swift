#if Cluster
  import Testing

  @testable import ControlPlane

  @Suite("NumberBlocks")
  struct NumberBlocksTests {
    @Test("numbers are given once, in order, block after block")
    func order() {
      var numbers = NumberBlocks(size: 3)
      #expect(numbers.take() == nil)
      numbers.add([1, 7])
      #expect(numbers.count == 6)
      #expect((0..<7).map { _ in numbers.take() } == [1, 2, 3, 7, 8, 9, nil])
      #expect(numbers.count == 0)
    }
  }
#endif
