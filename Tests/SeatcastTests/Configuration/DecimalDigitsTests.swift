import Testing

@testable import seatcast

@Suite("DecimalDigits")
struct DecimalDigitsTests {
  @Test("digits are a number, and nothing else is")
  func digits() {
    #expect("0".decimal == 0 && "007".decimal == 7 && "65535".dropLast().decimal == 6_553)
    for text in ["", "+1", "-1", " 1", "1 ", "0x1", "1_000", "٣", "1.0", "99999999999999999999"] {
      #expect(text.decimal == nil)
    }
  }
}
