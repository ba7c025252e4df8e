import Testing

@testable import SeatcastClient

@Suite("JSONReading")
struct JSONReadingTests {
  @Test("Members are read by name, and what has another type is as if it were not there")
  func reads() throws {
    let text =
      #"{"a":1,"b":2.5,"c":"x","d":{"e":[1,2.5,"y"]},"f":[{"g":true},3],"#
      + #""t":"2026-01-31T20:00:00.250Z"}"#
    let reading = try #require(JSONReading(Array(text.utf8)))
    #expect(reading.names == ["a", "b", "c", "d", "f", "t"])
    #expect(reading.integer("a") == 1 && reading.number("b") == 2.5 && reading.text("c") == "x")
    #expect(reading.text("a") == nil && reading.number("c") == nil && reading.member("a") == nil)
    #expect(reading.member("d")?.numbers("e") == [1, 2.5] && reading.elements("f").count == 1)
    #expect(reading.elements("f").first?.bool("g") == true && reading.moment("t") == 1_769_889_600_250)
    #expect(reading.member("d").map { String(decoding: $0.bytes, as: UTF8.self) } == #"{"e":[1,2.5,"y"]}"#)
    #expect(JSONReading(Array("[]".utf8)) == nil && JSONReading([]) == nil)
  }
}
