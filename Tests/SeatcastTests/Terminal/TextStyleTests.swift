import Testing

@testable import seatcast

@Suite("TextStyle")
struct TextStyleTests {
  @Test("Colours only on a terminal that has them, and not where NO_COLOR is set")
  func colours() {
    let colourful = TextStyle(isTerminal: true, environment: ["TERM": "xterm", "NO_COLOR": ""])
    #expect(colourful.text("a", .red) == "\u{1B}[31ma\u{1B}[0m" && colourful.text("", .red).isEmpty)
    for environment in [["TERM": "dumb"], ["NO_COLOR": "1"]] {
      #expect(TextStyle(isTerminal: true, environment: environment).text("a", .red) == "a")
    }
    #expect(TextStyle(isTerminal: false, environment: [:]).text("a", .red) == "a")
  }

  @Test("Text from a server cannot command the terminal")
  func harmless() {
    #expect("a\u{1B}]0;x\u{7}\u{9B}\u{202E}b".harmless == "a\u{FFFD}]0;x\u{FFFD}\u{FFFD}\u{FFFD}b")
  }

  @Test("Texts are filled and cut to a width")
  func widths() {
    #expect("ab".padded(4) == "ab  " && "ab".aligned(4) == "  ab" && "abc".padded(2) == "abc")
    #expect("abcdef".cut(4) == "abc…" && "abcd".cut(4) == "abcd")
  }
}
