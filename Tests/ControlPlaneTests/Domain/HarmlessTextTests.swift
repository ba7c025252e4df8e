import Testing

@testable import ControlPlane

@Suite("HarmlessText")
struct HarmlessTextTests {
  @Test(
    "what commands a terminal, breaks a line or turns its order around is replaced",
    arguments: [
      "\u{1B}", "\n", "\r", "\t", "\u{7F}", "\u{9B}", "\u{85}", "\u{2028}", "\u{2029}", "\u{202E}",
      "\u{2066}",
      "\u{200F}", "\u{FEFF}", "\u{E0041}",
    ])
  func replaced(_ scalar: String) {
    #expect(HarmlessText.of("a\(scalar)b") == "a\u{FFFD}b")
  }

  @Test("what is shown and does nothing besides stays")
  func kept() {
    for text in ["", "An evening", "Éva 東京 שלום 🎭", "a\u{A0}b"] { #expect(HarmlessText.of(text) == text) }
  }
}
