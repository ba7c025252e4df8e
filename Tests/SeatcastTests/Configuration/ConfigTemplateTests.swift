import Testing

@testable import seatcast

@Suite("The file of 'config default'")
struct ConfigTemplateTests {
  private let lines = ConfigTemplate.text.split(separator: "\n", omittingEmptySubsequences: false)

  @Test("As it is it changes nothing")
  func inert() throws {
    let file = ConfigFile(path: "f", bytes: Array(ConfigTemplate.text.utf8))
    #expect(file.faults == [] && file.entries.isEmpty)
  }

  @Test(
    "Each setting stands in it once, with its help, variable and a value that the server takes",
    arguments: ConfigFile.rows)
  func each(row: Flag) throws {
    let starts = lines.filter { $0.hasPrefix("#\(row.setting.rawValue) = ") }
    let line = try #require(starts.first)
    #expect(starts.count == 1 && lines.contains("# \(row.summary)"))
    #expect(
      row.variable.map { variable in lines.contains { $0.contains("Environment: \(variable).") } } == true)
    let file = ConfigFile(path: "f", bytes: Array(line.dropFirst().utf8))
    #expect(file.faults == [])
    #expect(file.entries[row.setting]?.value == ConfigTemplate.sample(row))
    // Others may be missing beside it, but the value is right.
    let settings = Settings(flags: [:], environment: [:], table: .serve, file: file)
    #expect(ServeConfiguration.faults(settings).filter { $0.setting != nil } == [])
  }

  @Test("With all defaults switched on it is what holds without a file")
  func defaults() throws {
    let rows = ConfigFile.rows.filter { row in
      // These need others beside them.
      if [.tlsRecords, .backupEvery, .backupKeep, .busPrefix].contains(row.setting) { return false }
      if case .value? = row.fallback { return true } else { return false }
    }
    let text = rows.map { "\($0.setting.rawValue) = \(ConfigTemplate.sample($0))\n" }.joined()
    let file = ConfigFile(path: "f", bytes: Array(text.utf8))
    func configuration(_ file: ConfigFile?) throws -> ServeConfiguration {
      try ServeConfiguration(Settings(flags: [:], environment: [:], table: .serve, file: file))
    }
    #expect(file.entries.count == rows.count)
    #expect(try configuration(file) == configuration(nil))
  }

  @Test("No line is wider than 120 columns, and no secret has a line of its own")
  func form() {
    #expect(lines.allSatisfy { $0.count <= 120 })
    #expect(!lines.contains { $0.hasPrefix("#jwt-secret = ") || $0.hasPrefix("#admin-password = ") })
  }
}
