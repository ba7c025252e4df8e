import Testing

@testable import ControlPlane

@Suite("RequestTarget")
struct RequestTargetTests {
  private func decode(_ text: String, plusIsSpace: Bool = false) -> String? {
    PercentEncoding.decode(text.utf8, plusIsSpace: plusIsSpace)
  }

  @Test(
    "What is encoded decodes to itself, whatever it is", arguments: ["", "a-Z_0.9~", "ö@x y+%&=/?#\u{0}"])
  func encode(text: String) {
    let encoded = PercentEncoding.encode(text)
    #expect(PercentEncoding.decode(encoded.utf8, plusIsSpace: true) == text)
    #expect(!encoded.contains { " +&=/?#@".contains($0) })
  }

  @Test("Percent escapes are decoded, broken ones refused")
  func percent() {
    #expect(decode("a%20b%C3%A9%2f") == "a bé/")
    #expect(decode("a+b") == "a+b")
    #expect(decode("a+b", plusIsSpace: true) == "a b")
    for text in ["%", "%1", "%G1", "%1G", "a%", "%C3", "%FF", "%-1"] {
      #expect(decode(text) == nil, "\(text)")
    }
  }

  @Test("A query gives each parameter's value")
  func query() throws {
    let query = try Query("a=1&b=x%26y&c&=z&&d=a=b&%65=+")
    #expect(query.value("a") == "1")
    #expect(query.value("b") == "x&y")
    #expect(query.value("c") == "")
    #expect(query.value("d") == "a=b")
    #expect(query.value("e") == " ")
    #expect(query.value("missing") == nil)
    #expect(Query().value("a") == nil)
  }

  @Test(
    "A parameter that stands twice is refused, however it is spelled and whatever its values",
    arguments: ["a=1&a=1", "b=2&a=1&c&a", "a=1&%61=2", "a&a="])
  func repeated(text: String) {
    #expect(throws: QueryFailure.repeated(name: "a")) { try Query(text) }
  }

  @Test("A broken escape is refused, in a name and in a value", arguments: ["a=%", "%zz=1", "a=1&b=%FF"])
  func brokenEscape(text: String) {
    #expect(throws: QueryFailure.brokenEscape) { try Query(text) }
  }

  @Test("The problem of a repeated parameter names it, unless it is long")
  func problems() {
    #expect(Problem(QueryFailure.repeated(name: "since")).detail == "since must be given once.")
    #expect(Problem(QueryFailure.brokenEscape).type == .invalidParameter)
    let long = Problem(QueryFailure.repeated(name: String(repeating: "n", count: 65)))
    #expect(long.type == .invalidParameter && !long.detail.contains("nn"))
  }

  @Test("Many parameters cost no more than their length")
  func many() throws {
    let query = try Query((0..<3_000).map { "\($0)=\($0)" }.joined(separator: "&"))
    #expect(query.value("2999") == "2999")
  }

  @Test("Numbers are canonical and within bounds")
  func numbers() throws {
    let query = try Query("a=5&zero=0&bad=05&word=x&neg=-1&empty=")
    #expect(try query.number("a", in: 1...5) == 5)
    #expect(try query.number("missing", in: 1...5) == nil)
    for name in ["zero", "bad", "word", "neg", "empty"] {
      let problem = #expect(throws: Problem.self) { try query.number(name, in: 1...5) }
      #expect(problem?.type == .invalidParameter)
      #expect(problem?.members == [.init("parameter", .text(name))])
    }
    #expect(throws: Problem.self) { try query.number("a", in: 1...4) }
  }

  /// What a pattern captures of a path that stands in the middle of other bytes.
  private func match(_ pattern: String, _ path: String) -> String? {
    let bytes = Array("/x\(path)/y".utf8)
    let range = 2..<bytes.count - 2
    let found = PathPattern(pattern).match(bytes, range)
    if !path.contains("%") {
      #expect(PathPattern(pattern).match(bytes, range, isPlain: true) == found, "the short way")
    }
    return found.map { String(decoding: bytes[$0], as: UTF8.self) }
  }

  @Test("Patterns match whole paths, segment by segment")
  func patterns() {
    let pattern = "/api/events/{id}/stream"
    #expect(match(pattern, "/api/events/7/stream") == "7")
    for path in [
      "/api/events/7", "/api/events//stream", "/api/events/7/stream/", "/api/Events/7/stream", "",
      "/api/events/7/streams", "/api/events/7/strea", "api/events/7/stream",
    ] { #expect(match(pattern, path) == nil, "\(path)") }
    #expect(match("/api/events", "/api/events") == "")
    #expect(match("/api/events", "/api/events/") == nil)
    #expect(match("/api/events/{id}", "/api/events/a") == "a")
  }

  @Test("An escaped byte is the byte, but an escaped slash separates nothing")
  func escapedPatterns() {
    #expect(match("/api/events/{id}", "/%61pi/e%76ents/%37") == "%37")
    #expect(match("/api/events/{id}", "/api/events/a%2Fb") == "a%2Fb")
    #expect(match("/api/events/{id}", "/api%2Fevents/7") == nil)
    #expect(match("/api/events", "/api/event%7") == nil)
  }

  @Test("A path is well-formed when its escapes are whole and UTF-8")
  func wellFormed() {
    func isWellFormed(_ path: String) -> Bool {
      PathPattern.isWellFormed(Array(path.utf8), 0..<path.utf8.count)
    }
    for path in ["/", "/a", "/%C3%A9/x", "/%2F"] { #expect(isWellFormed(path), "\(path)") }
    for path in ["/%", "/%zz", "/%FF", "/a/%C3/%A9"] { #expect(!isWellFormed(path), "\(path)") }
  }
}
