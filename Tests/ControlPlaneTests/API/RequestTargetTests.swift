import Testing

@testable import ControlPlane

@Suite("RequestTarget")
struct RequestTargetTests {
  @Test("Percent escapes are decoded, broken ones refused")
  func percent() {
    #expect(PercentEncoding.decode("a%20b%C3%A9%2f") == "a bé/")
    #expect(PercentEncoding.decode("a+b") == "a+b")
    #expect(PercentEncoding.decode("a+b", plusIsSpace: true) == "a b")
    for text in ["%", "%1", "%G1", "%1G", "a%", "%C3", "%FF", "%-1"] {
      #expect(PercentEncoding.decode(text) == nil, "\(text)")
    }
  }

  @Test("A query gives each parameter's value, and fails for one that stands twice")
  func query() throws {
    let query = try #require(Query("a=1&b=x%26y&c&=z&&d=a=b&e=1&e=2"))
    #expect(try query.value("a") == "1")
    #expect(try query.value("b") == "x&y")
    #expect(try query.value("c") == "")
    #expect(try query.value("d") == "a=b")
    #expect(try query.value("missing") == nil)
    #expect(throws: Problem.self) { try query.value("e") }
    #expect(Query("a=%") == nil)
    #expect(try #require(Query(nil)).value("a") == nil)
  }

  @Test("Numbers are canonical and within bounds")
  func numbers() throws {
    let query = try #require(Query("a=5&zero=0&bad=05&word=x&neg=-1&empty="))
    #expect(try query.number("a", in: 1...5) == 5)
    #expect(try query.number("missing", in: 1...5) == nil)
    for name in ["zero", "bad", "word", "neg", "empty"] {
      let problem = #expect(throws: Problem.self) { try query.number(name, in: 1...5) }
      #expect(problem?.type == .invalidParameter)
      #expect(problem?.members == [.init("parameter", .text(name))])
    }
    #expect(throws: Problem.self) { try query.number("a", in: 1...4) }
  }

  @Test("Patterns match whole paths, segment by segment")
  func patterns() {
    let pattern = PathPattern("/api/events/{id}/stream")
    #expect(pattern.match(["api", "events", "7", "stream"]) == "7")
    #expect(pattern.match(["api", "events", "7"]) == nil)
    #expect(pattern.match(["api", "events", "", "stream"]) == nil)
    #expect(pattern.match(["api", "events", "7", "stream", ""]) == nil)
    #expect(pattern.match(["api", "Events", "7", "stream"]) == nil)
    #expect(PathPattern("/api/events").match(["api", "events"]) == "")
  }
}
