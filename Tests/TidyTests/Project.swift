// The project's files as the rules see them: what a person wrote, without what builds and runs leave behind.
import FoundationEssentials
import TestSupport
import Testing

struct ProjectFile: Sendable, CustomStringConvertible {
  /// From the root, with slashes.
  let path: String
  let text: String

  var description: String { path }
  var lines: [Substring] { text.split(separator: "\n", omittingEmptySubsequences: false) }
  /// `Loop+Input.swift` of `Sources/FanoutCore/Runtime/Loop+Input.swift`.
  var name: Substring { path.split(separator: "/").last ?? "" }

  func has(suffix: String) -> Bool { path.hasSuffix(suffix) }
  func isUnder(_ folder: String) -> Bool { path.hasPrefix(folder + "/") }
}

enum Project {
  static let root = SourceTree.root

  static let files: [ProjectFile] = paths(under: "").compactMap { path in
    guard let text = try? String(contentsOfFile: root + "/" + path, encoding: .utf8) else { return nil }
    return ProjectFile(path: path, text: text)
  }

  static let swiftSources = files.filter { $0.isUnder("Sources") && $0.has(suffix: ".swift") }

  static func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: root + "/" + path) }

  static func isExecutable(_ path: String) -> Bool {
    FileManager.default.isExecutableFile(atPath: root + "/" + path)
  }

  /// Hidden folders other than `.ci` are tools' own; these hold what was built or stored by runs.
  private static let skipped: Set = ["data", "node_modules", "__pycache__"]

  private static func paths(under folder: String) -> [String] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: root + "/" + folder)) ?? []
    return names.sorted().flatMap { name -> [String] in
      let path = folder.isEmpty ? name : folder + "/" + name
      if name.hasPrefix(".") && name != ".ci" || skipped.contains(name) { return [] }
      var isFolder = false
      guard FileManager.default.fileExists(atPath: root + "/" + path, isDirectory: &isFolder) else {
        return []
      }
      return isFolder ? paths(under: path) : [path]
    }
  }
}

/// Fails the test when there are any: a broken rule is a sentence that says where.
func tell(_ sentences: [String], sourceLocation: SourceLocation = #_sourceLocation) {
  if sentences.isEmpty { return }
  Issue.record(Comment(rawValue: sentences.joined(separator: "\n")), sourceLocation: sourceLocation)
}
