import TestSupport
import Testing

@testable import seatcast

@Suite("Man pages")
struct ManualPageTests {
  @Test("The program's page has every command and every flag")
  func program() {
    let text = ManualPage.program.text
    for table in CommandTable.all {
      #expect(text.contains("\\fBseatcast \(ManualPage.roff(table.name))\\fR"), "\(table.name)")
      #expect(text.contains(ManualPage.roff(table.summary)), "\(table.name)")
    }
    for row in CommandTable.all.flatMap(\.flags) {
      #expect(text.contains(ManualPage.roff(row.name)), "\(row.name)")
      if let variable = row.variable { #expect(text.contains(variable), "\(variable)") }
    }
    for row in CommandTable.serve.flags {
      #expect(row.credential.map { text.contains(".B \(ManualPage.roff($0))\n") } ?? true)
    }
  }

  @Test("The file's page has every key with its help, and nothing else", arguments: CommandTable.serve.flags)
  func file(row: Flag) {
    let text = ManualPage.file.text
    let title = "\n\\fB\(ManualPage.roff(row.setting.rawValue + " ="))\\fR"
    #expect(text.contains(title) == row.isKey)
    if row.isKey { #expect(text.contains(ManualPage.roff(row.summary))) }
  }

  @Test("Characters of roff are shown as they are")
  func escaping() {
    #expect(ManualPage.roff("./a-b \\ 'c' `d`…") == "\\&./a\\-b \\e \\(aqc\\(aq \\(gad\\(ga...")
    let long = ManualPage.roff(String(repeating: ".word ", count: 40))
    #expect(long.split(separator: "\n").allSatisfy { $0.count <= 80 && $0.hasPrefix("\\&.") })
  }

  @Test("groff has no warning", .enabled(if: isInstalled("groff")), arguments: ManualPage.allCases)
  func groff(page: ManualPage) throws {
    let answer = try checked(page, "groff", ["-ww", "-man", "-Tutf8", "-z"])
    #expect(answer.error == "" && answer.status == .exited(0))
  }

  @Test("mandoc has nothing to say", .enabled(if: isInstalled("mandoc")), arguments: ManualPage.allCases)
  func mandoc(page: ManualPage) throws {
    let answer = try checked(page, "mandoc", ["-T", "lint", "-W", "warning"])
    #expect(answer.output == "" && answer.error == "" && answer.status == .exited(0))
  }

  private func checked(
    _ page: ManualPage, _ tool: String, _ arguments: [String]
  ) throws -> (status: TestSupport.ExitStatus, output: String, error: String) {
    let folder = try TemporaryFolder()
    try put(page.text + "\n", at: folder.path + "/page")
    return try run(tool, arguments + [folder.path + "/page"])
  }
}
