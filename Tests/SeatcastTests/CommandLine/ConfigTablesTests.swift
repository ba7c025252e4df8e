import Testing

@testable import seatcast

@Suite("Tables of configuration and help")
struct ConfigTablesTests {
  @Test("config takes the server's flags wherever it looks at settings")
  func flags() {
    for table in [CommandTable.configCheck, .configPrint] {
      #expect(Set(table.flags.map(\.setting)).isSuperset(of: CommandTable.serve.flags.map(\.setting)))
      #expect(Set(table.flags.map(\.setting)).count == table.flags.count)
    }
    #expect(CommandTable.configDefault.flags.isEmpty)
  }

  @Test("Whoever takes settings can be given the file")
  func files() {
    for table in CommandTable.all where table.group == .administration || table.group == .serving {
      // Moves a folder to an address, and takes no settings.
      if table.name == "migrate" { continue }
      #expect(table.flag(named: "--config") != nil, "\(table.name)")
    }
  }

  @Test("Names are one word or two, and different")
  func names() {
    let names = CommandTable.all.map(\.name)
    #expect(Set(names).count == names.count)
    #expect(names.allSatisfy { (1...2).contains($0.split(separator: " ").count) })
  }
}
