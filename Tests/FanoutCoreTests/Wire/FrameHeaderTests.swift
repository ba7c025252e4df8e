import Testing

@testable import FanoutCore

@Suite("Frame header")
struct FrameHeaderTests {
  private func header(_ bytes: [UInt8]) throws(DecodingFailure) -> FrameHeader {
    var header = FrameHeader()
    for byte in bytes { try header.take(byte) }
    return header
  }

  @Test("A header is complete with its mask, not before")
  func complete() throws {
    for bytes in [
      [0x81, 0x85, 1, 2, 3, 4], [0x82, 0xFE, 0, 126, 1, 2, 3, 4],
      [0x01, 0xFF, 0, 0, 0, 0, 0, 1, 0, 0, 1, 2, 3, 4],
    ] as [[UInt8]] {
      #expect(try header(bytes).isComplete)
      for count in 0..<bytes.count { #expect(try !header(Array(bytes[..<count])).isComplete) }
    }
  }

  @Test("Opcode, FIN, length and mask are read")
  func fields() throws {
    let medium = try header([0x82, 0xFE, 0x12, 0x34, 1, 2, 3, 4])
    #expect(medium.opcode == .binary && medium.isFinal && medium.length == 0x1234)
    #expect(medium.mask == 0x0403_0201)
    let long = try header([0x01, 0xFF, 0, 0, 0, 1, 2, 3, 4, 5, 9, 8, 7, 6])
    #expect(long.opcode == .text && !long.isFinal && long.length == 0x1_0203_0405)
    #expect(long.mask == 0x0607_0809)
  }

  @Test("RSV1 stands on the first frame of a message where compression was agreed on (RFC 7692, section 6.1)")
  func deflated() throws {
    for byte in UInt8.min ... .max where byte & 0x0F < 3 || (8...10).contains(byte & 0x0F) {
      var header = FrameHeader(acceptsDeflated: true)
      let isControl = byte & 0x08 != 0
      let isGood =
        byte & 0x30 == 0 && (byte & 0x40 == 0 || (1...2).contains(byte & 0x0F))
        && (!isControl || byte & 0x80 != 0)
      if isGood {
        #expect(throws: Never.self, "\(byte)") { try header.take(byte) }
        #expect(header.isDeflated == (byte & 0x40 != 0))
      } else {
        #expect(throws: DecodingFailure.self, "\(byte)") { try header.take(byte) }
      }
    }
  }

  @Test("A wrong byte fails as soon as it can be known")
  func wrong() {
    let wrong: [[UInt8]] = [
      [0x91], [0xA1], [0xC1], [0x83], [0x87], [0x8B], [0x8F], [0x09], [0x0A], [0x08], [0x81, 0x05],
      [0x89, 0xFE], [0x88, 0xFF], [0x81, 0xFE, 0, 125], [0x81, 0xFF, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF],
      [0x81, 0xFF, 0x80, 0, 0, 0, 0, 0, 0, 0],
    ]
    for bytes in wrong {
      #expect(throws: DecodingFailure.self, "\(bytes)") { try header(bytes) }
      #expect(throws: Never.self, "\(bytes)") { try header(Array(bytes.dropLast())) }
    }
  }
}
