import Testing

@testable import seatcast

@Suite("Flag tables")
struct FlagTests {
  @Test("Every setting stands in some table, and in none of them twice")
  func everySettingHasARow() {
    #expect(Set(CommandTable.all.flatMap { $0.flags.map(\.setting) }) == Set(Setting.allCases))
    for table in CommandTable.all {
      #expect(Set(table.flags.map(\.setting)).count == table.flags.count, "\(table.name)")
    }
  }

  @Test("Every row of serve but the demo switch can be set by a variable of its own")
  func variablesAreDistinct() {
    for table in CommandTable.all {
      let variables = table.flags.compactMap(\.variable)
      #expect(Set(variables).count == variables.count)
      #expect(variables.allSatisfy { $0.hasPrefix("SEATCAST_") })
    }
    #expect(CommandTable.serve.flags.allSatisfy { ($0.variable == nil) == ($0.setting == .demo) })
  }

  @Test(
    "A row shows itself as it is typed",
    arguments: [
      (Setting.port, "--port PORT"), (.identity, "--identity full|none"), (.demo, "--demo"),
      (.jwtSecret, "SEATCAST_JWT_SECRET"),
      (.passwordCost, "--password-cost interactive|insecure-test"),
    ])
  func usage(setting: Setting, expected: String) {
    #expect(CommandTable.serve.flags.first { $0.setting == setting }?.usage == expected)
  }
}
