import FoundationEssentials
import Testing

@testable import ControlPlane

@Suite("JSONWriter")
struct JSONWriterTests {
  private func text(_ content: (inout JSONWriter) -> Void) -> String {
    String(decoding: JSONWriter.object(content), as: UTF8.self)
  }

  @Test("Commas stand between members and elements and nowhere else")
  func commas() {
    let written = text { writer in
      writer.member("a", 1)
      writer.name("b")
      writer.array { writer in
        writer.integer(-2)
        writer.object { $0.member("c", true) }
        writer.array { _ in }
      }
      writer.name("d")
      writer.object { _ in }
      writer.members(verbatim: Array("\"e\":5".utf8))
      writer.members(verbatim: [])
      writer.member("f", orNull: nil as String?)
    }
    #expect(written == #"{"a":1,"b":[-2,{"c":true},[]],"d":{},"e":5,"f":null}"#)
  }

  @Test("Strings are escaped so that a JSON parser gives them back")
  func strings() throws {
    let strings = [
      "", "plain", "\"quoted\"", "back\\slash", "a\nb\rc\td", "\u{0}\u{1F}\u{7F}", "é€😀", "\u{2028}\u{2029}",
      "</script>", "e\u{301}",
    ]
    for string in strings {
      let bytes = JSONWriter.object { $0.member("s", string) }
      let decoded = try JSONDecoder().decode([String: String].self, from: Data(bytes))
      #expect(decoded["s"].map { Array($0.unicodeScalars) } == Array(string.unicodeScalars))
      #expect(!bytes.contains { $0 < 0x20 })
    }
    #expect(text { $0.member("s", "\u{1}\u{1F}\n") } == #"{"s":"\u0001\u001f\n"}"#)
  }

  @Test("Numbers and moments are written in full")
  func numbers() {
    let written = text { writer in
      writer.member("min", Int64.min)
      writer.member("max", UInt64.max)
      writer.member("at", Instant(milliseconds: 0))
      writer.member("never", orNull: nil as Instant?)
      writer.member("then", orNull: Instant(milliseconds: 1))
    }
    #expect(
      written
        == #"{"min":-9223372036854775808,"max":18446744073709551615,"at":"1970-01-01T00:00:00.000Z","#
        + #""never":null,"then":"1970-01-01T00:00:00.001Z"}"#)
  }
}
