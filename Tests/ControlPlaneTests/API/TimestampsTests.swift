import FoundationEssentials
import Testing

@testable import ControlPlane

@Suite("Timestamps")
struct TimestampsTests {
  @Test(
    "Known moments are written as known",
    arguments: [
      (0, "1970-01-01T00:00:00.000Z"), (-1, "1969-12-31T23:59:59.999Z"),
      (1_731_321_000_000, "2024-11-11T10:30:00.000Z"), (951_782_400_000, "2000-02-29T00:00:00.000Z"),
      (951_868_799_999, "2000-02-29T23:59:59.999Z"), (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
      (-62_167_219_200_000, "0000-01-01T00:00:00.000Z"), (253_402_300_799_999, "9999-12-31T23:59:59.999Z"),
      (1_709_164_800_123, "2024-02-29T00:00:00.123Z"),
    ] as [(Int64, String)])
  func known(milliseconds: Int64, text: String) {
    #expect(Timestamps.text(Instant(milliseconds: milliseconds)) == text)
    #expect(Timestamps.parse(text) == Instant(milliseconds: milliseconds))
  }

  @Test("Moments beyond four digits of a year become the nearest that fits")
  func clamps() {
    #expect(Timestamps.text(Instant(milliseconds: .max)) == "9999-12-31T23:59:59.999Z")
    #expect(Timestamps.text(Instant(milliseconds: .min)) == "0000-01-01T00:00:00.000Z")
  }

  @Test("Agrees with the system's formatter over the centuries")
  func agrees() throws {
    let style = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
    for step in 0..<3_000 {
      // 1900 to 2300 in uneven steps, so that all days and times of day come up.
      let milliseconds = -2_208_988_800_000 + Int64(step) * 4_207_654_321
      let date = Date(timeIntervalSince1970: Double(milliseconds / 1_000))
      let whole = Instant(milliseconds: milliseconds / 1_000 * 1_000)
      #expect(Timestamps.text(whole) == date.formatted(style))
    }
  }

  @Test("Every day of 800 years goes there and back")
  func calendar() {
    var expected = Timestamps.days(year: 1600, month: 1, day: 1)
    for year in 1600..<2400 {
      for month in 1...12 {
        let first = Timestamps.days(year: year, month: month, day: 1)
        #expect(first == expected)
        let next = month == 12 ? (year + 1, 1) : (year, month + 1)
        expected = Timestamps.days(year: next.0, month: next.1, day: 1)
        let last = Timestamps.civil(fromDays: expected - 1)
        #expect(last.year == year && last.month == month && (28...31).contains(last.day))
      }
    }
  }

  @Test("Reads offsets, fractions and small letters")
  func reads() {
    let moment = Instant(milliseconds: 1_731_321_000_000)
    for text in [
      "2024-11-11T10:30:00Z", "2024-11-11t10:30:00z", "2024-11-11T11:30:00+01:00",
      "2024-11-11T05:00:00-05:30",
      "2024-11-11T10:30:00.0Z", "2024-11-11T10:30:00.000999999Z",
    ] { #expect(Timestamps.parse(text) == moment, "\(text)") }
    #expect(Timestamps.parse("2024-11-11T10:30:00.5Z") == Instant(milliseconds: 1_731_321_000_500))
  }

  @Test(
    "Refuses what is not RFC 3339",
    arguments: [
      "", "2024", "2024-11-11", "2024-11-11T10:30Z", "2024-11-11 10:30:00Z", "2024-11-11T10:30:00",
      "2024-13-01T00:00:00Z", "2024-00-01T00:00:00Z", "2024-01-32T00:00:00Z", "2023-02-29T00:00:00Z",
      "2100-02-29T00:00:00Z", "2024-04-31T00:00:00Z", "2024-01-00T00:00:00Z", "2024-01-01T24:00:00Z",
      "2024-01-01T00:60:00Z", "2024-01-01T00:00:60Z", "2024-01-01T00:00:00.Z", "2024-01-01T00:00:00+1:00",
      "2024-01-01T00:00:00+24:00", "2024-01-01T00:00:00+00:60", "2024-01-01T00:00:00Zx",
      " 2024-01-01T00:00:00Z",
      "-024-01-01T00:00:00Z", "12024-01-01T00:00:00Z", "0000-01-01T00:00:00+00:01",
      "9999-12-31T23:59:59-00:01",
    ])
  func refuses(text: String) {
    #expect(Timestamps.parse(text) == nil)
  }

  @Test("Every prefix of a moment is refused without a crash")
  func prefixes() {
    let text = "2024-11-11T10:30:00.123+01:00"
    #expect(Timestamps.parse(text) != nil)
    for count in 0..<text.count { #expect(Timestamps.parse(String(text.prefix(count))) == nil) }
  }

  @Test("Moments that repeat are written like any other")
  func repeated() {
    var stamp = RepeatedStamp()
    var text: [UInt8] = []
    for milliseconds in [0, 0, 1, 0] as [Int64] {
      stamp.append(Instant(milliseconds: milliseconds), to: &text)
    }
    #expect(
      String(decoding: text, as: UTF8.self)
        == [0, 0, 1, 0].map { Timestamps.text(Instant(milliseconds: $0)) }.joined())
  }

  @Test("A moment can be made of its text")
  func instant() {
    #expect(Instant(text: "2026-01-31T20:00:00Z") == Instant(milliseconds: 1_769_889_600_000))
    #expect(Instant(text: "2026-01-31") == nil)
  }
}
