import Testing

@testable import FanoutCore

@Suite("Bytes")
struct BytesTests {
  @Test(
    "A number is appended in decimal digits", arguments: [0, 1, 9, 10, 99, 100, 1_000_000_007, UInt64.max])
  func decimal(number: UInt64) {
    var output = bytes("n=")
    output.appendDecimal(number)
    #expect(text(output) == "n=\(number)")
  }

  @Test("Two digits are padded with a zero")
  func twoDigits() {
    var output: [UInt8] = []
    for number in [0, 7, 10, 99] { output.appendTwoDigits(number) }
    #expect(text(output) == "00071099")
  }

  @Test("A span is appended as a whole", arguments: [0, 1, 7, 1000])
  func span(count: Int) {
    var generator = SeededGenerator(seed: UInt64(count))
    let piece = generator.bytes(count)
    var output: [UInt8] = [1, 2, 3]
    output.append(piece.span)
    #expect(output == [1, 2, 3] + piece)
  }

  @Test("A word has its first byte lowest")
  func word() {
    let source: [UInt8] = [0xFF, 1, 2, 3, 4, 5, 6, 7, 8, 0xFF]
    #expect(source.span.word(at: 1) == 0x0807_0605_0403_0201)
  }
}
