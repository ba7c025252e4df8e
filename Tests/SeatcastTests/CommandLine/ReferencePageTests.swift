import TestSupport
import Testing

@testable import seatcast

@Suite("The reference")
struct ReferencePageTests {
  @Test(
    "docs/REFERENCE.md is what the tables say; 'seatcast help reference > docs/REFERENCE.md' makes it anew")
  func file() {
    let bytes = contents(of: SourceTree.root + "/docs/REFERENCE.md") ?? []
    #expect(String(decoding: bytes, as: UTF8.self) == ReferencePage.text + "\n")
  }

  @Test("Every setting has a row with its names, default and meaning", arguments: CommandTable.serve.flags)
  func settings(row: Flag) throws {
    let name = row.isFlag ? row.usage : row.name
    let start = "| `\(name.replacing("|", with: "\\|"))`"
    let line = try #require(ReferencePage.text.split(separator: "\n").first { $0.hasPrefix(start) })
    #expect(line.contains(row.effect == .onReload ? "| yes |" : "| no |"))
    #expect(row.variable.map { line.contains("`\($0)`") } ?? true)
    #expect(row.isKey == line.contains("<br>`\(row.setting.rawValue)`"))
    if case .value(let text)? = row.fallback { #expect(line.contains("| `\(text)` |")) }
  }

  @Test("Every command has a heading, and every table's rows have as many cells as its head")
  func commands() {
    let lines = ReferencePage.text.split(separator: "\n", omittingEmptySubsequences: false)
    for table in CommandTable.all { #expect(lines.contains("### seatcast \(table.name)")) }
    var cells = 0
    for line in lines {
      guard line.hasPrefix("|") else {
        cells = 0
        continue
      }
      let found = line.replacing("\\|", with: "").count { $0 == "|" }
      if cells > 0 { #expect(found == cells, "\(line)") }
      cells = found
    }
  }
}
