import TestSupport
import Testing

@Suite("Scripts of simulations")
struct ScriptTests {
  @Test("a script is printed and read again")
  func texts() throws {
    let script = Script(seed: 42, count: 2_000)
    #expect(try Script(parsing: script.description) == script)
    #expect(
      try Script(parsing: "# found by a soak\nseed 7\nbook caller=1 key=17").steps == [Step(.book, 1, 17)])
    #expect(Step(.clock, -1_500).description == "clock ms=-1500")
  }

  @Test(
    "what is no script is refused",
    arguments: ["", "book caller=1 key=17", "seed 1\nfly", "seed 1\nbook caller=1", "seed 1\nturn loop=x"])
  func refusals(text: String) {
    #expect(throws: TestFailure.self) { try Script(parsing: text) }
  }

  @Test("the same seed writes the same steps, and every verb is used")
  func seeds() {
    #expect(Script(seed: 5, count: 300) == Script(seed: 5, count: 300))
    #expect(Script(seed: 5, count: 300) != Script(seed: 6, count: 300))
    let used = Set(Script(seed: 1, count: 20_000).steps.map(\.verb))
    #expect(Step.Verb.allCases.filter { !used.contains($0) } == [])
  }
}
