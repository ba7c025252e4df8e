import Testing

@testable import FanoutCore

@Suite("Masking")
struct MaskingTests {
  @Test("Every length at every place in the output is unmasked byte by byte alike", arguments: 0..<40)
  func lengths(count: Int) {
    var generator = SeededGenerator(seed: UInt64(count))
    let payload = generator.bytes(count)
    let mask: [UInt8] = [0x11, 0x22, 0x44, 0x88]
    let expected = payload.enumerated().map { $1 ^ mask[$0 % 4] }
    for offset in 0..<9 {
      let before = generator.bytes(offset)
      var output = before
      var rotating: UInt32 = 0x8844_2211
      Masking.append(payload.span, mask: &rotating, to: &output)
      #expect(output == before + expected)
    }
  }

  @Test("A payload in two pieces is unmasked like one")
  func pieces() {
    var generator = SeededGenerator(seed: 1)
    let payload = generator.bytes(37)
    var (whole, mask): ([UInt8], UInt32) = ([], 0xDEAD_BEEF)
    Masking.append(payload.span, mask: &mask, to: &whole)
    for index in 0...37 {
      var (output, mask): ([UInt8], UInt32) = ([], 0xDEAD_BEEF)
      Masking.append(payload.span.extracting(first: index), mask: &mask, to: &output)
      Masking.append(payload.span.extracting(droppingFirst: index), mask: &mask, to: &output)
      #expect(output == whole)
    }
  }
}
