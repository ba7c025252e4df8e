import Testing

@testable import FanoutCore

@Suite("HTTP characters")
struct HTTPCharactersTests {
  @Test("Digits and their values are those of ASCII alone")
  func digits() {
    for byte in UInt8.min ... .max {
      let character = Character(Unicode.Scalar(byte))
      #expect(HTTPByte.isDigit(byte) == ("0"..."9").contains(character))
      #expect(HTTPByte.hexValue(byte) == (byte < 128 ? character.hexDigitValue : nil))
    }
  }

  @Test("A set holds its own characters and nothing above ASCII")
  func members() {
    let set = ASCIISet("@A\u{7F}\u{0}?\u{E9}")
    #expect((0...255).filter { set.contains($0) } == [0x00, 0x3F, 0x40, 0x41, 0x7F])
  }

  @Test("Tokens are the 77 characters of RFC 9110, section 5.6.2")
  func tokens() {
    let delimiters = Set("\"(),/:;<=>?@[\\]{}".utf8)
    let expected = (0x21...0x7E).filter { !delimiters.contains(UInt8($0)) }
    #expect((0...255).filter { ASCIISet.token.contains(UInt8($0)) } == expected)
    #expect(expected.count == 77)
  }

  @Test("A target holds every visible character but the fragment sign, quotes and angle brackets")
  func targets() {
    let outside = Set("#\"<>".utf8)
    let expected = (0x21...0x7E).filter { !outside.contains(UInt8($0)) }
    #expect((0...255).filter { ASCIISet.target.contains(UInt8($0)) } == expected)
  }

  @Test("Text is a tab and everything from the space on but DEL")
  func text() {
    #expect((0...255).filter { !HTTPByte.isText(UInt8($0)) } == (0..<32).filter { $0 != 9 } + [127])
  }

  @Test("of eight bytes, those before the first that is no text or a tab are counted")
  func words() {
    for byte in UInt8.min...UInt8.max {
      for position in 0..<8 {
        for filler in [UInt8(0x20), 0x7E, 0x80, 0xFF] {
          var bytes = [UInt8](repeating: filler, count: 8)
          bytes[position] = byte
          let isText = HTTPByte.isText(byte) && byte != HTTPByte.tab
          #expect(
            HTTPByte.textBytes(of: bytes.span.word(at: 0)) == (isText ? 8 : position),
            "\(byte) at \(position)")
          // What stands above it makes no difference.
          for above in position..<8 { bytes[above] = byte }
          #expect(
            HTTPByte.textBytes(of: bytes.span.word(at: 0)) == (isText ? 8 : position),
            "\(byte) from \(position)")
        }
      }
    }
  }
}
