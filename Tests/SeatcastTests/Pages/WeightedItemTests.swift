import Testing

@testable import seatcast

@Suite("WeightedItem")
struct WeightedItemTests {
  @Test("items of all lines are read with their parameters and weights, whatever the blanks and the case")
  func items() {
    let items = WeightedItem.all(["gzip;q=0.5 , BR", "text/plain;\tVersion=1.0.0 ; Q=0.25", ", ;q=1"])
    #expect(items.map(\.name) == ["gzip", "br", "text/plain"])
    #expect(items.map(\.weight) == [500, 1_000, 250])
    #expect(items[2].parameters == [.init(name: "version", value: "1.0.0")])
  }

  @Test("a weight that is none counts as 0", arguments: ["2", "-1", "x", "", "0.5x", "nan"])
  func unreadable(weight: String) {
    #expect(WeightedItem.all(["a;q=\(weight)"]).map(\.weight) == [0])
  }
}
