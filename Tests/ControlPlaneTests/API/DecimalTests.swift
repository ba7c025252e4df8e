import Testing

@testable import ControlPlane

@Suite("Decimal")
struct DecimalTests {
  private func text(_ value: Int64) -> String {
    var bytes: [UInt8] = []
    Decimal.append(value, to: &bytes)
    return String(decoding: bytes, as: UTF8.self)
  }

  @Test(
    "Writes numbers as Swift does", arguments: [0, 1, -1, 9, 10, -10, 1_234_567_890, Int64.max, Int64.min])
  func writes(value: Int64) {
    #expect(text(value) == String(value))
  }

  @Test("Writes a fixed width with leading zeros and appends to what is there")
  func width() {
    var bytes = Array("x".utf8)
    Decimal.append(7, width: 3, to: &bytes)
    #expect(bytes == Array("x007".utf8))
  }

  @Test(
    "Nanoseconds are written as seconds",
    arguments: [
      (0, "0"), (1, "0.000000001"), (100_000, "0.0001"), (2_500_000_000, "2.5"), (10_000_000_000, "10"),
      (1_000_000_007, "1.000000007"),
    ] as [(UInt64, String)])
  func seconds(nanoseconds: UInt64, text: String) {
    var bytes: [UInt8] = []
    Decimal.append(nanoseconds: nanoseconds, to: &bytes)
    #expect(String(decoding: bytes, as: UTF8.self) == text)
  }

  @Test("Reads back what it wrote, up to the largest")
  func reads() {
    for value in [0, 1, 10, 99, UInt64.max] { #expect(Decimal.parse(String(value).utf8) == value) }
  }

  @Test(
    "Refuses signs, spaces, leading zeros, other digits, and what does not fit",
    arguments: [
      "", "-1", "+1", " 1", "1 ", "01", "00", "1.0", "0x1", "１", "18446744073709551616",
      "99999999999999999999",
    ])
  func refuses(text: String) {
    #expect(Decimal.parse(text.utf8) == nil)
  }

  @Test("A seq is 0 or positive and fits 63 bits")
  func seqs() {
    #expect(Decimal.seq("0".utf8) == 0 && UInt64(seq: "0") == 0)
    #expect(Decimal.seq("9223372036854775807".utf8) == UInt64(Int64.max))
    for text in ["9223372036854775808", "18446744073709551615", "01", "-1", ""] {
      #expect(Decimal.seq(text.utf8) == nil && UInt64(seq: text) == nil)
    }
  }

  @Test("Identifiers are positive and fit 63 bits")
  func identifiers() {
    #expect(Decimal.identifier("1".utf8) == 1)
    #expect(Decimal.identifier("9223372036854775807".utf8) == .max)
    #expect(Decimal.identifier("9223372036854775808".utf8) == nil)
    #expect(Decimal.identifier("0".utf8) == nil)
  }
}
