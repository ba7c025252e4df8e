import Testing

@testable import seatcast

@Suite("Log entries")
struct LogEntryTests {
  /// 2024-11-11T10:30:00.007Z.
  private let moment: Int64 = 1_731_321_000_007

  @Test("The text form is time, level, sentence and facts")
  func text() {
    let entry = LogEntry(.warning, "a client left", ["peer": "127.0.0.1", "why": "no reason", "empty": ""])
    #expect(
      entry.rendered(as: .text, at: moment)
        == "2024-11-11T10:30:00.007Z warning a client left peer=127.0.0.1 why=\"no reason\" empty=\"\"")
  }

  @Test("The JSON form is one object with the same content")
  func json() {
    let entry = LogEntry(.info, "a client left", ["peer": "::1"])
    #expect(
      entry.rendered(as: .json, at: moment)
        == #"{"time":"2024-11-11T10:30:00.007Z","level":"info","message":"a client left","peer":"::1"}"#)
  }

  @Test(
    "Nothing from outside starts a line of its own or leaves its quotes", arguments: [LogFormat.text, .json])
  func escaping(format: LogFormat) {
    let hostile = "a\n2024 error \"owned\" \\ \u{1B}[31m\r\t\u{7F}\u{85}\u{2028}"
    let line = LogEntry(.error, "m\n", ["what": hostile]).rendered(as: format, at: 0)
    #expect(
      line.unicodeScalars.allSatisfy {
        $0.value >= 0x20 && $0 != "\u{7F}" && $0 != "\u{85}" && $0 != "\u{2028}"
      })
    #expect(line.contains(#"a\n2024 error \"owned\" \\ \u001b[31m\r\t\u007f\u0085\u2028"#))
    #expect(line.contains(#"m\n"#))
  }

  @Test(
    "Timestamps are UTC with milliseconds",
    arguments: [
      (Int64(0), "1970-01-01T00:00:00.000Z"), (1_709_251_199_999, "2024-02-29T23:59:59.999Z"),
      (1_731_321_000_120, "2024-11-11T10:30:00.120Z"),
    ])
  func timestamps(milliseconds: Int64, expected: String) {
    #expect(LogEntry.timestamp(milliseconds) == expected)
  }
}
