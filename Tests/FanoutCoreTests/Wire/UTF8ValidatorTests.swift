import Testing

@testable import FanoutCore

@Suite("UTF-8 validator")
struct UTF8ValidatorTests {
  private func isValid(_ bytes: [UInt8]) -> Bool {
    var validator = UTF8Validator()
    return validator.accepts(bytes.span) && validator.isComplete
  }

  private func agrees(_ bytes: [UInt8]) -> Bool {
    isValid(bytes) == (String(validating: bytes, as: UTF8.self) != nil)
  }

  @Test("Every one and two bytes are judged as Swift judges them")
  func twoBytes() {
    for first in 0...255 {
      #expect(agrees([UInt8(first)]))
      for second in 0...255 where !agrees([UInt8(first), UInt8(second)]) {
        Issue.record("\(first) \(second)")
      }
    }
  }

  @Test("Every second byte after a lead byte is judged as Swift judges it, with the rest complete")
  func leads() {
    for first in 0xE0...0xFF {
      for second in 0x70...0xCF {
        for rest in [[], [0x80], [0x80, 0xBF], [0x80, 0x80, 0x80]] as [[UInt8]] {
          let bytes = [UInt8(first), UInt8(second)] + rest
          if !agrees(bytes) { Issue.record("\(bytes)") }
        }
      }
    }
  }

  @Test("Random mixtures are judged as Swift judges them", arguments: 0..<100)
  func random(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    let parts = ["a", "é", "€", "😀", "\u{10FFFF}", "\u{7FF}", "\u{800}", "\u{FFFF}", "\u{D7FF}", "\u{E000}"]
    for _ in 0..<50 {
      var input: [UInt8] = []
      for _ in 0..<generator.next() % 40 { input += bytes(parts[Int(generator.next() % 10)]) }
      input += [UInt8](repeating: 0x61, count: Int(generator.next() % 70))
      if generator.next() % 2 == 0, !input.isEmpty {
        input[Int(generator.next() % UInt64(input.count))] = UInt8(truncatingIfNeeded: generator.next())
      }
      if !agrees(input) { Issue.record("\(input)") }
      // The same in pieces.
      var (validator, fine) = (UTF8Validator(), true)
      for range in Cut(lengths: [1, 5, 33]).ranges(of: input.count) where fine {
        fine = validator.accepts(input.span.extracting(range))
      }
      #expect((fine && validator.isComplete) == isValid(input))
    }
  }

  @Test("A wrong byte is found in every place of a long ASCII text")
  func longASCII() {
    let plain = [UInt8](repeating: 0x61, count: 100)
    #expect(isValid(plain))
    for index in plain.indices {
      var wrong = plain
      wrong[index] = 0x80
      #expect(!isValid(wrong), "at \(index)")
    }
  }

  @Test("A byte that no valid text can go on with fails at once")
  func failsFast() {
    for bytes in [[0xC0], [0xE0, 0x9F], [0xED, 0xA0], [0xF0, 0x8F], [0xF4, 0x90], [0xF5], [0xC2, 0x20]]
      as [[UInt8]]
    {
      var validator = UTF8Validator()
      let begun = validator.accepts(bytes.span.extracting(droppingLast: 1))
      let wentOn = validator.accepts(bytes.span.extracting(last: 1))
      #expect(begun && !wentOn, "\(bytes)")
    }
  }

  @Test("A text that ends inside a character is incomplete, not wrong")
  func incomplete() {
    let character = bytes("😀")
    for count in 1..<4 {
      var validator = UTF8Validator()
      let accepted = validator.accepts(character.span.extracting(first: count))
      #expect(accepted && !validator.isComplete)
    }
  }
}
