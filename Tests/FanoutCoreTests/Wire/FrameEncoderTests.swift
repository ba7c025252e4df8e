import Testing

@testable import FanoutCore

@Suite("Frame encoder")
struct FrameEncoderTests {
  @Test(
    "A header has the shortest length form and no mask",
    arguments: [
      (0, [0x81, 0]), (125, [0x81, 125]), (126, [0x81, 126, 0, 126]), (65_535, [0x81, 126, 0xFF, 0xFF]),
      (65_536, [0x81, 127, 0, 0, 0, 0, 0, 1, 0, 0]),
      (16 << 20, [0x81, 127, 0, 0, 0, 0, 1, 0, 0, 0]),
    ] as [(Int, [UInt8])])
  func header(count: Int, expected: [UInt8]) {
    var output: [UInt8] = []
    FrameEncoder.appendHeader(.text, payload: count, to: &output)
    #expect(output == expected)
    #expect(FrameEncoder.headerByteCount(forPayload: count) == expected.count)
  }

  @Test("A fragment has no FIN")
  func fragment() {
    var output: [UInt8] = []
    FrameEncoder.appendHeader(.continuation, fin: false, payload: 1, to: &output)
    #expect(output == [0x00, 1])
  }

  @Test("Frames follow each other in the output")
  func frames() {
    var output: [UInt8] = []
    FrameEncoder.appendText(bytes("hi"), to: &output)
    FrameEncoder.appendBinary([1], to: &output)
    FrameEncoder.appendPing([], to: &output)
    FrameEncoder.appendPong([2, 3], to: &output)
    #expect(output == [0x81, 2, 0x68, 0x69, 0x82, 1, 1, 0x89, 0, 0x8A, 2, 2, 3])
  }

  @Test("A close frame carries code and reason, or nothing")
  func close() {
    var output: [UInt8] = []
    FrameEncoder.appendClose(.policyViolation, reason: "no", to: &output)
    FrameEncoder.appendClose(nil, reason: "unsaid", to: &output)
    #expect(output == [0x88, 4, 0x03, 0xF0, 0x6E, 0x6F, 0x88, 0])
  }

  @Test("A long reason is cut at the last whole character within 123 bytes", arguments: 118...126)
  func longReason(padding: Int) throws {
    for character in ["é", "€", "😀"] {
      let reason = String(repeating: "a", count: padding) + String(repeating: character, count: 3)
      var output: [UInt8] = []
      FrameEncoder.appendClose(.normal, reason: reason, to: &output)
      let kept = [UInt8](output[4...])
      #expect(Int(output[1]) == kept.count + 2 && kept.count <= 123)
      #expect(String(validating: kept, as: UTF8.self) != nil, "cut inside a character")
      #expect(reason.utf8.starts(with: kept))
      #expect(kept.count + character.utf8.count > 123 || kept.count == reason.utf8.count, "cut too early")
    }
  }
}
