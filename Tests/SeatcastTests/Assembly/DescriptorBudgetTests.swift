import Testing

@testable import seatcast

@Suite("Descriptors that may be had")
struct DescriptorBudgetTests {
  @Test("Enough of them are not worth a word")
  func enough() {
    #expect(DescriptorBudget(limit: 1_048_576, tables: 1).warning == nil)
    #expect(DescriptorBudget(limit: 20_000, tables: 4).warning == nil)
  }

  @Test("Few of them are told with the number that was reached and what helps")
  func few() throws {
    let shared = try #require(DescriptorBudget(limit: 20_000, tables: 1).warning)
    #expect(shared.contains("20000 descriptors"))
    #expect(shared.contains("--descriptor-tables private"))
    let own = try #require(DescriptorBudget(limit: 20_000, tables: 2).warning)
    #expect(own.contains("2 x 20000 descriptors"))
    #expect(!own.contains("--descriptor-tables"))
  }
}
