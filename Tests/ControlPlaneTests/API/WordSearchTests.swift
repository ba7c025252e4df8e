import Testing

@testable import ControlPlane

@Suite("WordSearch")
struct WordSearchTests {
  private func search(_ query: String) throws -> WordSearch? {
    try WordSearch(try Query(Array(query.utf8)[...]))
  }

  @Test("every word must stand somewhere, whatever the case and the order")
  func finds() throws {
    let search = try #require(try search("q=%C3%89va+park"))
    #expect(search.finds(["Concert of ÉVA", nil, "City Park"]) && !search.finds(["Éva", "Garden"]))
    #expect(search.parameter == "q=%c3%89va%20park")
    #expect(try self.search("") == nil && self.search("q=+") == nil)
    #expect(throws: Problem.self) { try self.search("q=" + String(repeating: "x", count: 201)) }
  }

  @Test("a request looks at a bounded number of items, and the next goes on behind them")
  func bounded() throws {
    let search = try #require(try search("q=9"))
    var reads = 0
    func find(_ count: Int, limit: Int, after start: Int?) throws -> (found: [Int], last: Int?) {
      try search.find(
        limit: limit, after: start,
        { (after: Int?, most: Int) throws(DomainError) -> [Int] in
          reads += 1
          return Array(((after ?? 0) + 1..<count + 1).prefix(most))
        }, place: { $0 }, texts: { [String($0)] })
    }
    let first = try find(5_000, limit: 3, after: nil)
    #expect(first.found == [9, 19, 29] && first.last == 29 && reads == 1)
    let few = try find(5_000, limit: 10_000, after: 1_000)
    #expect(few.last == 2_000 && few.found.first == 1_009 && reads == 1 + WordSearch.most / WordSearch.step)
    let end = try find(30, limit: 10, after: 19)
    #expect(end.found == [29] && end.last == nil)
  }
}
