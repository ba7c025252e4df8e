import Testing

@testable import seatcast

@Suite("The server's settings")
struct ServeTableTests {
  @Test(
    "Secrets have a variable, no flag and no key; the name of the file and the demo switch have no key either"
  )
  func places() throws {
    let rows = CommandTable.serve.flags
    #expect(rows.filter { !$0.isKey }.map(\.setting) == [.config, .adminPassword, .jwtSecret, .demo])
    #expect(rows.filter { !$0.isFlag }.map(\.setting) == [.adminPassword, .jwtSecret])
    #expect(CommandTable.serve.flag(named: "SEATCAST_JWT_SECRET") == nil)
    #expect(CommandTable.serve.flag(named: "--jwt-secret") == nil)
    let names = rows.compactMap(\.credential)
    #expect(Set(names).count == names.count)
  }

  @Test(
    "Every row of serve has a section, and what a document can show of a value", arguments: ConfigFile.rows)
  func documented(row: Flag) {
    #expect(row.section != nil)
    #expect(row.summary.hasSuffix(".") && row.summary.first?.isWhitespace == false)
    var hasValue = row.example != nil
    if case .value? = row.fallback { hasValue = true }
    if case .choice = row.value { hasValue = true }
    #expect(hasValue, "\(row.name) has neither a default nor an example.")
  }

  @Test("The choices in the table are those that the configuration knows")
  func choicesAgree() {
    func words(_ setting: Setting) -> Flag.Value? {
      CommandTable.serve.flags.first { $0.setting == setting }?.value
    }
    #expect(words(.identity) == .choice(ServeConfiguration.Identity.allCases.map(\.rawValue)))
    #expect(words(.watch) == .choice(Watch.allCases.map(\.rawValue)))
    #expect(
      words(.viewerCounts) == .choice(ServeConfiguration.ViewerCounting.allCases.map(\.rawValue)))
    #expect(words(.log) == .choice(LogFormat.allCases.map(\.rawValue)))
    #expect(words(.logLevel) == .choice(LogLevel.allCases.map(\.rawValue)))
    #expect(words(.rateLimits) == .choice(ServeConfiguration.RateLimits.allCases.map(\.rawValue)))
    #expect(words(.passwordCost) == .choice(ServeConfiguration.PasswordCostChoice.allCases.map(\.rawValue)))
  }
}
