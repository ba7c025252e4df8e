// The documents that say what is proven: each test that they name exists, and the models' faults are those of their table.
import Testing

@Suite("Proof")
struct ProofTests {
  private static let documents = ["docs/THREAT_MODEL.md", "docs/PROOF.md"]
  private static let tests = Project.files.filter { $0.isUnder("Tests") && $0.has(suffix: ".swift") }

  /// `FileTests: the test's sentence`, as the documents write it between backticks.
  private func named(in text: String) -> [(file: Substring, sentence: Substring)] {
    text.split(separator: "`").compactMap { part in
      guard let colon = part.firstRange(of: "Tests: ") else { return nil }
      let name = part[..<colon.lowerBound]
      let isName = !name.isEmpty && name.allSatisfy { $0.isLetter || $0 == "+" }
      return isName ? (part[..<part.index(colon.lowerBound, offsetBy: 5)], part[colon.upperBound...]) : nil
    }
  }

  private func exists(_ file: Substring, _ sentence: Substring) -> Bool {
    Self.tests.contains { $0.name == "\(file).swift" && $0.text.contains("\"\(sentence)\"") }
  }

  @Test("Each test that the threat model and the proof name exists", arguments: documents)
  func testsExist(_ path: String) throws {
    let document = try #require(Project.files.first { $0.path == path })
    let names = named(in: document.text)
    #expect(names.count > 5, "\(path) names hardly any test.")
    tell(
      names.filter { !exists($0.file, $0.sentence) }.map {
        "\(path) names the test '\($0.file): \($0.sentence)', which is not there."
      })
  }

  @Test(
    "Each entry of the threat model has a number of its own and a test, or stands among what nothing holds")
  func entries() throws {
    let document = try #require(Project.files.first { $0.path == "docs/THREAT_MODEL.md" })
    let rows = document.lines.filter { $0.hasPrefix("| T") }
    #expect(rows.count > 30)
    let numbers = rows.map { $0.dropFirst(2).prefix { $0 != " " } }
    #expect(Set(numbers).count == numbers.count, "Two entries of the threat model have one number.")
    tell(
      rows.filter { named(in: String($0)).isEmpty && !$0.contains("](#what-no-test-holds)") }.map {
        "docs/THREAT_MODEL.md: no test is named in '\($0.prefix(60))'."
      })
  }

  @Test(
    "Each fault of a model stands in the table of those that were found",
    arguments: [("sale", "ledger"), ("broadcast", "loop")])
  func faults(_ model: String, _ part: String) throws {
    let sources = Project.files.filter {
      $0.path == "Tests/Model/\(model).pml" || $0.path == "Tests/Model/\(part).pml"
    }
    #expect(sources.count == 2)
    let results = try #require(Project.files.first { $0.path == "Tests/Model/RESULTS.md" })
    let planted = Set(sources.flatMap { faults(in: $0.text) })
    #expect(planted.count > 9)
    tell(
      planted.sorted().filter { !results.text.contains("| \(model) | \($0) |") }.map {
        "Tests/Model/RESULTS.md does not tell whether fault \($0) of \(model) is found."
      })
  }

  /// The numbers behind `FAULT ==` and `FAULT !=`.
  private func faults(in text: String) -> [Int] {
    text.split(separator: "FAULT ").dropFirst().compactMap { part in
      guard part.hasPrefix("== ") || part.hasPrefix("!= ") else { return nil }
      return Int(part.dropFirst(3).prefix { $0.isNumber })
    }
  }
}
