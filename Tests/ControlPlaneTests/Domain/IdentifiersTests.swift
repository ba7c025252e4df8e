import Testing

@testable import ControlPlane

@Suite("Identifiers")
struct IdentifiersTests {
  @Test("instants are ordered, also before 1970")
  func order() {
    let instants = [5, -3, 0, .max, .min].map { Instant(milliseconds: $0) }
    #expect(instants.sorted().map(\.milliseconds) == [.min, -3, 0, 5, .max])
  }
}
