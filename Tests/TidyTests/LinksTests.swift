// Documents lead somewhere: links between Markdown files, their headings, and the pages that comments point to.
import FoundationEssentials
import Testing

@Suite("Links")
struct LinksTests {
  private static let documents = Project.files.filter { $0.has(suffix: ".md") }

  /// The targets of `[text](target)` and `![text](target)`, outside of code.
  private func targets(_ file: ProjectFile) -> [String] {
    var isCode = false
    return file.lines.flatMap { line -> [String] in
      if line.hasPrefix("```") { isCode.toggle() }
      return isCode
        ? []
        : line.split(separator: "](").dropFirst().compactMap { part in
          part.contains(")") ? String(part.prefix { $0 != ")" }) : nil
        }
    }
  }

  /// The path from the root that a target means; nil when it climbs out of the project.
  private func resolved(_ target: Substring, from file: ProjectFile) -> String? {
    var parts = Array(file.path.split(separator: "/").dropLast())
    for part in target.split(separator: "/") where part != "." {
      if part == ".." {
        if parts.isEmpty { return nil }
        parts.removeLast()
      } else {
        parts.append(part)
      }
    }
    return parts.joined(separator: "/")
  }

  /// Headings as GitHub makes anchors of them.
  private func anchors(_ file: ProjectFile) -> Set<String> {
    Set(
      file.lines.filter { $0.hasPrefix("#") }.map { line in
        let heading = line.drop { $0 == "#" }.drop { $0 == " " }.lowercased()
        return String(
          heading.filter { $0.isLetter || $0.isNumber || $0 == "-" || $0 == "_" || $0 == " " }
            .map { $0 == " " ? "-" : $0 })
      })
  }

  private func isBroken(_ target: String, in file: ProjectFile) -> Bool {
    if target.contains("://") || target.hasPrefix("mailto:") { return false }
    let parts = target.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false)
    let path = parts[0].isEmpty ? file.path : resolved(parts[0], from: file)
    guard let path, Project.exists(path) else { return true }
    guard parts.count == 2, let page = Self.documents.first(where: { $0.path == path }) else { return false }
    return !anchors(page).contains(String(parts[1]))
  }

  @Test("Every link between documents resolves")
  func links() {
    let broken = Self.documents.flatMap { file in
      targets(file).filter { isBroken($0, in: file) }.map { "\(file) links to \($0), which is not there." }
    }
    tell(broken)
  }

  @Test("Every page that a comment points to exists", .enabled(if: Project.exists("docs/API.md")))
  func pointers() {
    let broken = Project.files.filter { !$0.has(suffix: ".md") && !$0.isUnder("Tests/TidyTests") }.flatMap {
      file in
      pages(file.text).filter { !Project.exists($0) }.map { "\(file) points to \($0), which is not there." }
    }
    tell(broken)
  }

  @Test("Pictures are small, in all below 1 MB, and each is shown by a document")
  func pictures() throws {
    let names = try FileManager.default.contentsOfDirectory(atPath: Project.root + "/docs/images")
    let sizes = try names.map { name in
      try Data(contentsOf: URL(fileURLWithPath: "\(Project.root)/docs/images/\(name)")).count
    }
    #expect(names.count > 10 && sizes.reduce(0, +) < 1_000_000)
    tell(zip(names, sizes).filter { $1 > 200_000 }.map { "docs/images/\($0) has \($1) bytes." })
    let shown = Set(
      Self.documents.flatMap(targets).compactMap { $0.split(separator: "/").last.map(String.init) })
    tell(names.filter { !shown.contains($0) }.map { "No document shows docs/images/\($0)." })
  }

  private func pages(_ text: String) -> [String] {
    text.split(separator: "docs/").dropFirst().compactMap { rest in
      let name = rest.prefix { $0.isLetter || $0.isNumber || "_-./".contains($0) }
      return name.contains(".md") ? "docs/" + name.prefix { $0 != "." } + ".md" : nil
    }
  }
}
