// Commands in the documents exist, and so do their flags: in blocks of code and between backticks. What commands do is tested
// elsewhere; the guides whose commands are run whole are in GuideCommandsTests.
import Foundation
import TestSupport
import Testing

@Suite("Documented commands", .timeLimit(.minutes(30)))
struct DocumentedCommandsTests {
  private let program: String
  /// What `seatcast --help` lists, longest first.
  private let commands: [[Substring]]

  init() throws {
    program = try ServerProcess.executable()
    let help = try run(program, ["--help"]).output
    commands = help.split(separator: "\n").filter { $0.hasPrefix("  ") }.map { line in
      line.dropFirst(2).prefix(18).split(separator: " ")
    }.sorted { $0.count > $1.count }
  }

  private static func documents() throws -> [String] {
    let folders = ["", "/docs", "/docs/guides"].map { SourceTree.root + $0 }
    return try folders.flatMap { folder in
      try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(".md") }.sorted()
        .map { folder + "/" + $0 }
    }
  }

  /// The words behind `seatcast` of each command in a document.
  private func mentions(_ text: String) -> [[Substring]] {
    let joined = text.replacing("\\\n", with: " ")
    let quoted = joined.matches(of: /`seatcast ([^`\n]+)`/).map { $0.output.1 }
    let lines = joined.matches(
      of: /(?m)^ *(?:docker exec seatcast |sudo -u seatcast |\$ )?seatcast ([a-z].*)$/
    )
    .map { $0.output.1.prefix { $0 != "#" } }
    return (quoted + lines).map { words in
      // Only up to where another program begins, or where words of an explanation stand for values.
      words.prefix { !"|>;&".contains($0) }.split(separator: " ").map { word in
        word.last == "," ? word.dropLast() : word
      }
    }
  }

  @Test("Each command in the documents exists, with each of its flags")
  func exist() throws {
    var (helps, checked, faults): ([[Substring]: String], Int, [String]) = ([:], 0, [])
    for path in try Self.documents() {
      let text = String(decoding: contents(of: path) ?? [], as: UTF8.self)
      for words in mentions(text)
      where words.first.map({ !$0.hasPrefix("-") && $0.allSatisfy(\.isLowercase) }) == true {
        guard let command = commands.first(where: { words.starts(with: $0) }) else {
          // A group, like `seatcast event`, or "seatcast listening on", which the server prints.
          let isGroup = commands.contains { $0.first == words.first && words.count == 1 }
          if !isGroup && words.first != "listening" {
            faults.append("\(path): seatcast \(words.joined(separator: " "))")
          }
          continue
        }
        let help = try helps[command] ?? run(program, command.map(String.init) + ["--help"]).output
        helps[command] = help
        checked += 1
        for flag in words where flag.hasPrefix("--") {
          let name = flag.prefix { $0 != "=" && $0 != "…" }
          if name != "--help" && !help.contains("\(name) ") && !help.contains("\(name)\n") {
            faults.append("\(path): \(command.joined(separator: " ")) has no \(name)")
          }
        }
      }
    }
    #expect(checked > 60)
    #expect(faults == [])
  }
}
