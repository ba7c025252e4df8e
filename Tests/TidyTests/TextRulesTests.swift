// Rules for every text file: length, words, paths, and that documents lead somewhere.
import TestSupport
import Testing

@Suite("Texts")
struct TextRulesTests {
  private static let code = Project.files.filter { file in
    [".swift", ".c", ".h", ".js", ".css", ".html", ".py"].contains { file.has(suffix: $0) }
      || file.isUnder("script") || file.isUnder(".ci")
  }

  @Test("No file of code has more than 500 lines, and none of the page more than 600")
  func length() {
    // Without a build step each file of the page is a request, so they are cut less finely.
    let long = Self.code.filter { $0.lines.count > ($0.isUnder("Sources/seatcast/Web/assets") ? 600 : 500) }
    tell(long.map { "\($0) has \($0.lines.count) lines; split it by purpose." })
  }

  @Test("Each decision record has a number of its own, in its name as in its title")
  func decisions() {
    let records = Project.files.filter { $0.isUnder("docs/decisions") }
    #expect(records.count > 30)
    let numbers = records.map { $0.path.split(separator: "/").last?.prefix(4) ?? "" }
    tell(
      numbers.filter { number in numbers.count { $0 == number } > 1 }.map {
        "\($0) is the number of several."
      })
    let titled = zip(records, numbers).filter { record, number in
      Int(number).map { record.text.hasPrefix("# \($0). ") } ?? false
    }
    tell(
      Set(records.map(\.path)).subtracting(titled.map(\.0.path)).sorted().map { "\($0) has another title." })
  }

  @Test("Nothing is left to be done by somebody later")
  func leftovers() {
    // Written in halves, so that this file keeps the rule too.
    let words = ["TO" + "DO", "FIX" + "ME", "XX" + "X:", "HA" + "CK"]
    let found = Project.files.flatMap { file in
      words.filter { file.text.contains($0) }.map { "\(file) says \($0)." }
    }
    tell(found)
  }

  @Test("No file names a folder of somebody's machine")
  func machinePaths() {
    let folders = ["home", "root", "Users", "work", "tmp"].map { "/" + $0 + "/" }
    let found = Project.files.flatMap { file in
      let suspects = folders.filter { file.text.contains($0) }
      return suspects.isEmpty
        ? []
        : file.lines.enumerated().flatMap { number, line in
          suspects.filter { namesFolder($0, line) }.map { "\(file):\(number + 1) names \($0)." }
        }
    }
    tell(found)
  }

  /// At the beginning of a path, that is, not in the middle of one.
  private func namesFolder(_ folder: String, _ line: Substring) -> Bool {
    var rest = line[...]
    while let range = rest.firstRange(of: folder) {
      let before = range.lowerBound == line.startIndex ? nil : line[line.index(before: range.lowerBound)]
      if before.map({ !($0.isLetter || $0.isNumber || "._-)}".contains($0)) }) ?? true { return true }
      rest = rest[range.upperBound...]
    }
    return false
  }

  @Test("Scripts are executable")
  func executable() {
    let scripts = Project.files.filter {
      ($0.isUnder("script") || $0.isUnder(".ci")) && $0.text.hasPrefix("#!")
    }
    #expect(!scripts.isEmpty)
    let dull = scripts.filter { !Project.isExecutable($0.path) }
    tell(dull.map { "\($0) is not executable: chmod +x." })
  }

  @Test("Shell scripts are strict and pass bash -n")
  func shell() throws {
    let scripts = Project.files.filter {
      $0.lines.first?.hasSuffix("bash") == true && $0.text.hasPrefix("#!")
    }
    #expect(!scripts.isEmpty)
    for script in scripts {
      #expect(script.text.contains("set -euo pipefail"), "\(script) does not say 'set -euo pipefail'.")
      let (status, _, error) = try run("/bin/bash", ["-n", Project.root + "/" + script.path])
      #expect(status == .exited(0), "\(script): \(error)")
    }
  }
}
