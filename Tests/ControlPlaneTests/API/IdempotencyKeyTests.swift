import Testing

@testable import ControlPlane

@Suite("IdempotencyKey")
struct IdempotencyKeyTests {
  private func parse(_ value: String) -> String? { IdempotencyKey.parse(Array(value.utf8)[...]) }

  @Test("Bare and quoted are the same key")
  func spellings() {
    #expect(parse("8e03978e-40d5") == "8e03978e-40d5")
    #expect(parse("\"8e03978e-40d5\"") == "8e03978e-40d5")
    #expect(parse(#""a\"b\\c""#) == #"a"b\c"#)
    #expect(parse("a\"b") == "a\"b")
  }

  @Test("Has 1 to 255 characters")
  func length() {
    #expect(parse(String(repeating: "k", count: 255)) != nil)
    #expect(parse(String(repeating: "k", count: 256)) == nil)
    #expect(parse("\"\(String(repeating: "k", count: 255))\"") != nil)
    #expect(parse("") == nil)
    #expect(parse("\"\"") == nil)
  }

  @Test(
    "Refuses spaces, controls, non-ASCII and broken quotes",
    arguments: ["a b", "a\tb", "é", "\u{7F}", "\"", "\"a", "\"a\"b", "\"a\\", "\"\\a\""])
  func malformed(value: String) {
    #expect(parse(value) == nil)
  }

  @Test("A request has none, one, or a problem")
  func ofRequest() throws {
    func request(_ values: String...) -> Request {
      Request(
        method: "POST", path: "/", fields: values.map { .init(name: "idempotency-key", value: $0) },
        ticket: ReplyTicket(high: 0, low: 0))
    }
    #expect(try IdempotencyKey.of(request()) == nil)
    #expect(try IdempotencyKey.of(request("k")) == "k")
    #expect(throws: Problem.self) { try IdempotencyKey.of(request("k", "k")) }
    #expect(throws: Problem.self) { try IdempotencyKey.of(request("a b")) }
  }
}
