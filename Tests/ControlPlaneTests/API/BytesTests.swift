import Testing

@testable import ControlPlane

@Suite("Bytes")
struct BytesTests {
  private let bytes = Array("xx Content-Type yy".utf8)

  @Test("A range matches a word of the same bytes and no other")
  func matches() {
    #expect(bytes.matches(3..<15, "Content-Type"))
    for (range, word) in [
      (3..<15, "content-type"), (3..<14, "Content-Type"), (3..<15, ""), (2..<14, "Content-Type"),
    ] {
      #expect(!bytes.matches(range, word))
    }
    #expect(bytes.matches(4..<4, ""))
  }

  @Test("A field's name is compared without regard to the case of letters, and of letters only")
  func names() {
    #expect(bytes.equals(3..<15, lowercased: "content-type"))
    #expect(!bytes.equals(3..<15, lowercased: "content-typf"))
    #expect(![0x0D].equals(0..<1, lowercased: "-"), "a control byte is no punctuation in lower case")
    #expect(!Array("K\u{212A}".utf8).equals(1..<4, lowercased: "kkk"))
  }

  @Test("Spaces and tabs are trimmed at both ends")
  func trimming() {
    let text = Array(" \t a b\t ".utf8)
    #expect(text.trimmingBlanks(0..<text.count) == 3..<6)
    #expect(text.trimmingBlanks(0..<3).isEmpty)
  }

  @Test("Hexadecimal digits have values, other bytes none")
  func hexDigits() {
    #expect("09afAF".utf8.map(\.hexDigit) == [0, 9, 10, 15, 10, 15])
    #expect("/:@GgÿF".utf8.dropLast().allSatisfy { $0.hexDigit == nil })
  }
}
