import Testing

@testable import ControlPlane

@Suite("UnicodeProfiles")
struct UnicodeProfilesTests {
  private func scalars(_ text: String) -> [UInt32] { text.unicodeScalars.map(\.value) }

  // From the Unicode Character Database's NormalizationTest.txt: source and NFC.
  @Test(
    "texts are composed as the normalization tests of Unicode have it",
    arguments: [
      ("\u{1E0A}", "\u{1E0A}"), ("D\u{307}", "\u{1E0A}"), ("\u{1E0C}\u{307}", "\u{1E0C}\u{307}"),
      ("D\u{307}\u{323}", "\u{1E0C}\u{307}"), ("\u{1E14}", "\u{1E14}"), ("E\u{304}\u{300}", "\u{1E14}"),
      (
        "\u{5B8}\u{5B9}\u{5B1}\u{591}\u{5C3}\u{5B0}\u{5AC}\u{59F}",
        "\u{5B1}\u{5B8}\u{5B9}\u{591}\u{5C3}\u{5B0}\u{5AC}\u{59F}"
      ),
      ("\u{212B}", "\u{C5}"), ("\u{2126}", "\u{3A9}"), ("\u{1100}\u{1161}\u{11A8}", "\u{AC01}"),
      ("\u{AC00}\u{11A7}", "\u{AC00}\u{11A7}"), ("\u{958}", "\u{915}\u{93C}"), ("\u{FB1D}", "\u{5D9}\u{5B4}"),
      ("\u{2ADC}", "\u{2ADD}\u{338}"), ("\u{1D15E}", "\u{1D157}\u{1D165}"), ("\u{FB01}", "\u{FB01}"),
      ("a\u{315}\u{300}\u{5AE}\u{300}\u{62}", "\u{E0}\u{5AE}\u{300}\u{315}\u{62}"), ("a\u{0}b", "a\u{0}b"),
      ("a\u{301}\u{F73}", "\u{E1}\u{F71}\u{F72}"), ("q\u{301}\u{F73}", "q\u{F71}\u{F72}\u{301}"),
      ("q\u{301}\u{F75}", "q\u{F71}\u{F74}\u{301}"), ("q\u{301}\u{F81}", "q\u{F71}\u{F80}\u{301}"),
    ])
  func composition(source: String, expected: String) {
    #expect(scalars(UnicodeProfiles.composed(source)) == scalars(expected))
    #expect(scalars(UnicodeProfiles.composed(expected)) == scalars(expected))
  }

  @Test("a password's spaces become U+0020 and it is composed; case, width and the rest stay")
  func opaque() {
    #expect(scalars(UnicodeProfiles.opaque("a\u{3000}\u{a0}\u{1680}\u{2009}b")) == scalars("a    b"))
    #expect(scalars(UnicodeProfiles.opaque("e\u{301}")) == scalars("\u{e9}"))
    for text in [" Ab\u{ff21}\u{fb01}\u{200d} ", "\u{1f600}", "\t\u{0}", "correct horse battery staple"] {
      #expect(scalars(UnicodeProfiles.opaque(text)) == scalars(text))
    }
  }

  @Test("control characters are found wherever they stand")
  func controls() {
    #expect(!UnicodeProfiles.hasControl("p\u{e9} \u{1f600}"))
    for text in ["a\u{0}", "a\nb", "\u{7f}", "\u{85}"] { #expect(UnicodeProfiles.hasControl(text)) }
  }

  @Test(
    "a text keeps to its line without breaks, controls and directional overrides; words keep what they need")
  func lines() {
    for text in ["a\nb", "a\u{1B}[0m", "\u{9B}", "\u{2028}", "\u{202E}abc", "\u{2067}a"] {
      #expect(!UnicodeProfiles.isOneLine(text))
    }
    for text in ["", "می\u{200C}خواهم", "👨\u{200D}👩\u{200D}👧", "א\u{200F}!"] {
      #expect(UnicodeProfiles.isOneLine(text) && UnicodeProfiles.areLines(text))
    }
    #expect(UnicodeProfiles.areLines("a\r\nb\tc") && !UnicodeProfiles.areLines("a\n\u{202E}b"))
  }

  @Test(
    "wide and narrow forms, capitals and decomposed letters are one address",
    arguments: [
      ("\u{ff21}nn", "ann"), ("ANN", "ann"), ("\u{c9}", "\u{e9}"), ("E\u{301}", "\u{e9}"),
      ("\u{212B}", "\u{e5}"),
      ("\u{ff76}\u{ff9e}", "\u{30ac}"), ("\u{ff20}", "@"), ("\u{3000}", " "), ("\u{ffe6}", "\u{20a9}"),
      ("\u{ffa1}", "\u{3131}"), ("\u{ff5f}", "\u{2985}"), ("\u{130}", "i\u{307}"), ("\u{df}", "\u{df}"),
      ("\u{fb01}", "\u{fb01}"),
    ])
  func caseMapped(text: String, expected: String) {
    #expect(scalars(UnicodeProfiles.caseMapped(text)) == scalars(expected))
    #expect(scalars(UnicodeProfiles.caseMapped(expected)) == scalars(expected))
  }

  @Test("a mapped address is mapped to itself, whatever it was")
  func idempotent() {
    for value in stride(from: UInt32(0x80), to: 0x1_2000, by: 7) {
      guard let scalar = Unicode.Scalar(value) else { continue }
      let once = UnicodeProfiles.caseMapped("a\(scalar)\u{345}")
      #expect(scalars(UnicodeProfiles.caseMapped(once)) == scalars(once), "U+\(String(value, radix: 16))")
    }
  }
}
