import Testing

@testable import seatcast

@Suite("JSONText")
struct JSONTextTests {
  @Test("Strings are escaped, and numbers are numbers")
  func json() {
    #expect(JSONText.string("a\"b\\c\n\u{1}é") == #""a\"b\\c\n\u0001é""#)
    #expect(JSONText.object([("a", "1"), ("b", JSONText.array(["2", "null"]))]) == #"{"a":1,"b":[2,null]}"#)
    #expect(JSONText.number(1.23456) == "1.235" && JSONText.number(.infinity) == "null")
  }

  @Test("What could command a terminal is escaped, also in JSON from elsewhere, which stays on one line")
  func harmless() {
    #expect(JSONText.string("\u{7F}\u{9B}\u{202E}\u{E0041}") == #""\u007f\u009b\u202e\udb40\udc41""#)
    #expect(
      JSONText.line(Array("{\n\t\"a\": \"\u{9B}2J\u{202E}é\"\r}".utf8)) == #"{  "a": "\u009b2J\u202eé" }"#)
    #expect(JSONText.line([0x1B, 0x5B, 0x63, 0xFF]) == "\\u001b[c\u{FFFD}")
  }

  @Test("Numbers that no integer holds end at the greatest that one does")
  func anyNumber() {
    #expect(Numbers.whole(.nan) == 0 && Numbers.whole(1e300) > 0 && Numbers.whole(-.infinity) < 0)
    #expect(Numbers.grouped(.min).hasPrefix("-9,223"))
    for value in [1e300, -1e300, .infinity, .nan] {
      #expect(!Numbers.fixed(value, digits: 3).isEmpty && !Numbers.milliseconds(value).isEmpty)
      #expect(!Numbers.bytes(value).isEmpty)
    }
  }

  @Test("Numbers for people")
  func numbers() {
    #expect(Numbers.fixed(-0.25, digits: 1) == "-0.3" || Numbers.fixed(-0.25, digits: 1) == "-0.2")
    #expect(Numbers.fixed(12, digits: 0) == "12" && Numbers.fixed(1.05, digits: 3) == "1.050")
    #expect([0, 999, 1_000, -1_234_567].map(Numbers.grouped) == ["0", "999", "1,000", "-1,234,567"])
    #expect([0.44, 12.4, 12_345].map(Numbers.milliseconds) == ["0.4 ms", "12 ms", "12.3 s"])
    #expect([12, 2_048, 3_565_158].map(Numbers.bytes) == ["12 B", "2.0 KiB", "3.4 MiB"])
    #expect([5, 180, 11_100, 187_200].map(Numbers.span) == ["5 s", "3 min", "3 h 5 min", "2 d 4 h"])
    #expect(Numbers.timeOfDay(1_769_889_600_250) == "20:00:00.250")
  }
}
