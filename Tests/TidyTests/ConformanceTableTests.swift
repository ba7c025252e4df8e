// docs/CONFORMANCE.md names a test for every rule of the RFCs that a server has to keep; each of those tests exists, says
// the same section, and none is left out of the table.
import Testing

@Suite("Conformance table")
struct ConformanceTableTests {
  private struct Row: Hashable {
    let section: String
    let suite: String
    let test: String
  }

  private static let suites = ["RFC9112Tests", "RFC6455Tests", "RFC9110Tests"]

  private static let table = Project.files.first { $0.path == "docs/CONFORMANCE.md" }

  /// Rows `| section | rule | `Suite.test` |`.
  private var rows: [Row] {
    (Self.table?.lines ?? []).compactMap { line in
      let cells = line.split(separator: "|").map {
        $0.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed()
      }
      .map { String($0) }
      guard cells.count == 3, cells[2].hasPrefix("`"), cells[2].hasSuffix("`") else { return nil }
      let parts = cells[2].dropFirst().dropLast().split(separator: ".")
      guard parts.count == 2 else { return nil }
      return Row(section: cells[0], suite: String(parts[0]), test: String(parts[1]))
    }
  }

  /// The tests of a suite: the section with which the title begins, and the function's name.
  private func tests(of suite: String) -> [Row] {
    guard let file = Project.files.first(where: { $0.name == "\(suite).swift" }) else { return [] }
    return file.text.split(separator: "@Test(").dropFirst().compactMap { text in
      guard let title = text.firstIndex(of: "\""), let name = text.firstRange(of: "func ") else { return nil }
      let section = text[text.index(after: title)...].prefix { $0 != ":" }
      return Row(
        section: String(section), suite: suite, test: String(text[name.upperBound...].prefix { $0 != "(" }))
    }
  }

  @Test("Every rule of the table has the test that it names, under the same section")
  func rowsHaveTests() {
    let known = Set(Self.suites.flatMap(tests))
    #expect(rows.count > 60)
    tell(
      rows.filter { !known.contains($0) }.map {
        "\($0.suite) has no test \($0.test) of section \($0.section)."
      })
  }

  @Test("Every test of the suites stands in the table")
  func testsHaveRows() {
    let named = Set(rows)
    let all = Self.suites.flatMap(tests)
    #expect(all.count > 60)
    tell(
      all.filter { !named.contains($0) }.map { "\($0.suite).\($0.test) (\($0.section)) is not in the table." }
    )
  }
}
