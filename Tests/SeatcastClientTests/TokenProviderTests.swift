import Testing

@testable import SeatcastClient

@Suite("TokenProvider")
struct TokenProviderTests {
  @Test("A fixed token is always the same, and none is none")
  func fixed() async throws {
    #expect(try await TokenProvider.fixed("t").token(.usual) == "t")
    #expect(try await TokenProvider.fixed("t").token(.another) == "t")
    #expect(try await TokenProvider.none.token(.usual) == nil)
  }
}
