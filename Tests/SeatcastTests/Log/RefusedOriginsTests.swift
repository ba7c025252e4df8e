import Testing

@testable import seatcast

@Suite("Refused origins")
struct RefusedOriginsTests {
  @Test("Each origin has one line")
  func once() {
    var origins = RefusedOrigins()
    #expect(origins.add("https://a.example")?.facts.map(\.value) == ["https://a.example"])
    #expect(origins.add("https://b.example") != nil)
    #expect(origins.add("https://a.example") == nil)
  }

  @Test("A full table writes one more line and then none, and a long origin is cut")
  func bounds() {
    var origins = RefusedOrigins()
    let lines = (0..<1_000).compactMap { origins.add("https://\($0).example") }
    #expect(lines.count == RefusedOrigins.capacity + 1)
    #expect(lines.last?.facts.isEmpty == true)
    var other = RefusedOrigins()
    #expect(other.add(String(repeating: "a", count: 9_000))?.facts[0].value.utf8.count == 300)
  }
}
