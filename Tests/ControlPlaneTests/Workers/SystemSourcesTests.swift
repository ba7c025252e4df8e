import Testing

@testable import ControlPlane

@Suite("SystemSources")
struct SystemSourcesTests {
  @Test("the clock tells a time of our days, in milliseconds")
  func clock() {
    let now = SystemClock().now.milliseconds
    // 2024 to 2100.
    #expect((1_704_067_200_000...4_102_444_800_000).contains(now))
  }

  @Test("uptime does not go back")
  func uptime() {
    let clock = SystemClock()
    var last = clock.uptime
    for _ in 0..<1000 {
      let next = clock.uptime
      #expect(next >= last)
      last = next
    }
  }

  @Test("random bytes are as many as asked for, and differ")
  func random() {
    let source = SystemRandom()
    #expect(source.randomBytes(0).isEmpty)
    #expect(source.randomBytes(33).count == 33)
    #expect(source.randomBytes(8) != source.randomBytes(8))
  }

  @Test("hexadecimal has two small digits per byte")
  func hexadecimal() {
    #expect(hex([0x00, 0x0F, 0xA5, 0xFF]) == "000fa5ff")
    #expect(bytes(hex: "000fa5ff") == [0x00, 0x0F, 0xA5, 0xFF])
    #expect(bytes(hex: "") == [])
    for text in ["0", "0g", "000", "é"] { #expect(bytes(hex: text) == nil, "\(text)") }
  }
}
