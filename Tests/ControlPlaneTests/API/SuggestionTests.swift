import Testing

@testable import ControlPlane

@Suite("Suggestions")
struct SuggestionTests {
  @Test(
    "The distance counts insertions, deletions, substitutions and swaps of neighbours",
    arguments: [
      ("", "", 0), ("", "abc", 3), ("abc", "", 3), ("port", "port", 0), ("prot", "port", 1),
      ("pot", "port", 1),
      ("ports", "port", 1), ("part", "port", 1), ("kitten", "sitting", 3), ("ca", "abc", 3),
    ])
  func distance(left: String, right: String, expected: Int) {
    #expect(Suggestion.distance(left, right) == expected)
    #expect(Suggestion.distance(right, left) == expected)
  }

  @Test("The nearest word is suggested when it is near")
  func nearest() {
    #expect(Suggestion.nearest(to: "--hots", among: ["--host", "--port"]) == "--host")
    #expect(Suggestion.nearest(to: "--loop", among: ["--log", "--loops"]) == "--loops")
    #expect(Suggestion.nearest(to: "jsn", among: ["text", "json"]) == "json")
  }

  @Test("Nothing is suggested for what is far from everything")
  func far() {
    #expect(Suggestion.nearest(to: "--banana", among: ["--host", "--port"]) == nil)
    #expect(Suggestion.nearest(to: "", among: ["on"]) == nil)
    #expect(Suggestion.nearest(to: String(repeating: "a", count: 100), among: ["a"]) == nil)
    #expect(Suggestion.nearest(to: "x", among: []) == nil)
    #expect(Suggestion.sentence(for: "banana", among: ["on"]) == "")
  }
}
