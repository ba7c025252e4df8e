import Testing

@testable import seatcast

@Suite("Help")
struct HelpTests {
  @Test("The overview names every command")
  func overview() {
    for table in CommandTable.all {
      #expect(Help.overview().contains("  \(table.name)"))
      #expect(Help.overview().contains(table.summary))
    }
  }

  @Test("A command's help names every flag, its default and its variables")
  func everyFlag() {
    for table in CommandTable.all {
      let lines = Help.text(for: table).split(separator: "\n").map(String.init)
      for flag in table.flags {
        #expect(lines.contains("  " + flag.usage))
        #expect(lines.contains("      " + flag.summary))
        #expect(
          flag.fallback.map { fallback in lines.contains { $0.contains("Default: \(fallback.text).") } }
            ?? true)
        if let variable = flag.variable, flag.isFlag {
          #expect(lines.contains { $0.contains("Environment: \(variable).") })
        }
        if let credential = flag.credential {
          #expect(lines.contains { $0.hasSuffix("Credential: \(credential).") })
        }
      }
    }
  }

  @Test("No line is wider than a terminal of 110 columns")
  func width() {
    for text in [Help.overview()] + CommandTable.all.map(Help.text) {
      #expect(text.split(separator: "\n").allSatisfy { $0.count <= 110 })
    }
  }

  @Test("The server's rows stand under the headings of their sections, in their order")
  func sections() {
    let lines = Help.text(for: .serve).split(separator: "\n").map(String.init)
    #expect(
      lines.filter { $0.hasSuffix(":") && !$0.hasPrefix(" ") } == Section.allCases.map { $0.rawValue + ":" })
  }

  @Test("Which source beats which is told of those that the command has")
  func precedence() {
    #expect(Help.text(for: .serve).contains("that beats the file"))
    #expect(!Help.text(for: .conformanceEcho).contains("that beats the file"))
  }

  @Test("A command without flags promises none")
  func withoutFlags() {
    #expect(Help.text(for: .version) == "Print the version.\n\nUsage: seatcast version")
  }
}
