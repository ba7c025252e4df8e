import Testing

@testable import FanoutCore

@Suite("HTTP lines and field lines")
struct HTTPLineTests {
  @Test(
    "Only CRLF ends a line, and no control byte stands inside one",
    arguments: [
      "a\n", "a\rb", "a\r\r\n", "\n", "a\u{0}b\r\n", "a\u{7F}\r\n", "a\u{1B}[31m\r\n", "a\u{B}b\r\n",
    ])
  func refused(line: String) {
    #expect(throws: HTTPFailure.self) { try take(line, limit: 100) }
  }

  @Test("A tab and bytes above 127 may stand in a line")
  func accepted() throws {
    #expect(try take("a\tb\u{E9}\r\nrest", limit: 100) == "a\tb\u{E9}")
  }

  @Test("A line may be as long as its limit with CRLF and not one byte longer")
  func limit() throws {
    #expect(try take("abc\r\n", limit: 5) == "abc")
    #expect(throws: HTTPFailure(status: 431, sentence: "long")) { try take("abcd\r\n", limit: 5) }
    #expect(try take("abc\r", limit: 5) == nil)
  }

  private func take(_ text: String, limit: Int) throws -> String? {
    var (buffer, position): ([UInt8], Int) = ([], 0)
    let line = try HTTPLine.take(
      from: bytes(text).span, at: &position, into: &buffer, lineStart: 0, limit: limit,
      tooLong: HTTPFailure(status: 431, sentence: "long"))
    return line.map { String(decoding: buffer[$0], as: UTF8.self) }
  }

  @Test("A field's value loses the blanks around it and keeps those inside")
  func fieldValue() throws {
    let line = bytes("X-Name: \t a  b \t")
    let field = try HTTPFieldLine.parse(0..<line.count, of: line)
    #expect(text([UInt8](line[field.name])) == "X-Name")
    #expect(text([UInt8](line[field.value])) == "a  b")
  }

  @Test("A field may be empty")
  func emptyValue() throws {
    for line in [bytes("X:"), bytes("X: \t ")] {
      let field = try HTTPFieldLine.parse(0..<line.count, of: line)
      #expect(field.value.isEmpty)
    }
  }

  @Test(
    "A name must be a token right before its colon",
    arguments: ["X : a", " X: a", "\tX: a", ": a", "no colon", "X\u{E9}: a", "X(: a", "\"X\": a", "X\tY: a"])
  func wrongName(line: String) {
    #expect(throws: HTTPFailure.self) {
      try HTTPFieldLine.parse(0..<line.utf8.count, of: bytes(line))
    }
  }
}
