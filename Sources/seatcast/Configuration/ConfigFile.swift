// The configuration file: lines `key = value` and comments (docs/decisions/0028-a-file-of-keys-and-values.md). A key is one
// of the server's settings. Parsing is pure and finds every fault, each with its line; nothing is taken from a file with one.
import ControlPlane

struct ConfigFile: Equatable, Sendable {
  struct Entry: Equatable, Sendable {
    let value: String
    let line: Int
  }

  /// More is no configuration.
  static let maximumBytes = 262_144

  /// As it was named.
  let path: String
  private(set) var entries: [Setting: Entry] = [:]
  /// One sentence each, in the order of the lines.
  private(set) var faults: [String] = []

  /// The rows that a file may set.
  static let rows = CommandTable.serve.flags.filter(\.isKey)

  static func read(_ path: String) throws(UsageError) -> ConfigFile {
    do {
      return ConfigFile(path: path, bytes: try BoundedFile.read(path, atMost: maximumBytes, isPlain: true))
    } catch {
      throw UsageError("The configuration file \(printable(path)) \(error.why).")
    }
  }

  init(path: String, bytes: [UInt8]) {
    self.path = path
    var rest = bytes[...]
    if rest.starts(with: [0xEF, 0xBB, 0xBF]) { rest = rest.dropFirst(3) }
    let lines = rest.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    for (index, line) in lines.enumerated() {
      do throws(LineFault) {
        try take(line, number: index + 1)
      } catch {
        faults.append("\(printable(path)):\(index + 1): \(error.sentence)")
      }
    }
  }

  /// Throws when the file has a fault: the first one, and how many follow.
  func check() throws(UsageError) {
    guard let first = faults.first else { return }
    let more = faults.count - 1
    throw UsageError(
      more == 0
        ? first
        : first + " \(more) more \(more == 1 ? "line is" : "lines are") wrong; see 'seatcast config check'.")
  }

  // MARK: Lines

  private mutating func take(_ bytes: ArraySlice<UInt8>, number: Int) throws(LineFault) {
    guard let line = try Self.text(bytes) else { return }
    guard let equals = line.firstIndex(of: "=") else { throw LineFault(Self.complaint(about: line)) }
    let key = String(Self.trimmed(line[..<equals]))
    let row = try Self.row(key)
    let value = try Self.value(Self.trimmed(line[line.index(after: equals)...]), of: key)
    if let before = entries[row.setting] {
      throw LineFault("'\(key)' stands in line \(before.line) already.")
    }
    entries[row.setting] = Entry(value: value, line: number)
  }

  /// The line without blanks around it; nil: nothing, or a comment.
  private static func text(_ bytes: ArraySlice<UInt8>) throws(LineFault) -> Substring? {
    var bytes = bytes
    if bytes.last == UInt8(ascii: "\r") { bytes.removeLast() }
    guard let line = String(validating: bytes, as: UTF8.self) else {
      throw LineFault("The line is not UTF-8.")
    }
    let isClean = line.unicodeScalars.allSatisfy {
      $0 == "\t" || $0.properties.generalCategory != .control
    }
    guard isClean else { throw LineFault("The line has a control character.") }
    let text = trimmed(line[...])
    return text.isEmpty || text.hasPrefix("#") ? nil : text
  }

  private static func trimmed(_ text: Substring) -> Substring {
    var text = text.drop { $0 == " " || $0 == "\t" }
    while text.last == " " || text.last == "\t" { text.removeLast() }
    return text
  }

  /// What a line without an equals sign may have been meant to be.
  private static func complaint(about line: Substring) -> String {
    if line.hasPrefix("[") { return "There are no sections; a line is 'key = value'." }
    if line.hasPrefix(";") || line.hasPrefix("//") { return "A comment begins with '#'." }
    return "A line is 'key = value', not '\(printable(String(line)))'."
  }

  private static func row(_ key: String) throws(LineFault) -> Flag {
    if let row = rows.first(where: { $0.setting.rawValue == key }) { return row }
    if let row = CommandTable.serve.flags.first(where: { $0.setting.rawValue == key }) {
      throw LineFault(
        row.isSecret
          ? "'\(key)' does not stand in this file; name a file that has it with '\(key)-file'."
          : "'\(key)' is no key of the file; use \(row.name).")
    }
    let keys = rows.map(\.setting.rawValue)
    let meant = canonical(key)
    let hint =
      keys.contains(meant) ? " Did you mean '\(meant)'?" : Suggestion.sentence(for: meant, among: keys)
    throw LineFault("There is no setting '\(printable(key))'.\(hint)")
  }

  /// A flag or a variable as the key that belongs to it.
  private static func canonical(_ key: String) -> String {
    var key = String(key.lowercased().map { $0 == "_" || $0 == "." ? "-" : $0 })
    for prefix in ["--", "seatcast-"] where key.hasPrefix(prefix) { key.removeFirst(prefix.count) }
    return key
  }

  // MARK: Values

  private static func value(_ text: Substring, of key: String) throws(LineFault) -> String {
    if text.hasPrefix("\"") { return try quoted(text.dropFirst(), of: key) }
    if text.hasPrefix("'") { throw LineFault("The quotes of '\(key)' must be double ones, or none.") }
    if text.hasPrefix("[") {
      throw LineFault("The list of '\(key)' is written without brackets, its items separated by commas.")
    }
    let value = trimmed(withoutComment(text))
    if value.isEmpty { throw LineFault("'\(key)' has no value; remove the line to have the default.") }
    return String(value)
  }

  /// A comment begins with `#` at the start or behind a blank.
  private static func withoutComment(_ text: Substring) -> Substring {
    var before: Character = " "
    for index in text.indices {
      if text[index] == "#", before == " " || before == "\t" { return text[..<index] }
      before = text[index]
    }
    return text
  }

  /// - Parameter text: what stands behind the first quote.
  private static func quoted(_ text: Substring, of key: String) throws(LineFault) -> String {
    var (value, rest) = ("", text)
    while let next = rest.popFirst() {
      switch next {
      case "\"":
        guard trimmed(withoutComment(rest)).isEmpty else {
          throw LineFault("Something stands behind the quotes of '\(key)'.")
        }
        if value.isEmpty { throw LineFault("'\(key)' has no value; remove the line to have the default.") }
        return value
      case "\\":
        guard let escaped = rest.popFirst(), escaped == "\"" || escaped == "\\" else {
          throw LineFault("In quotes a backslash stands before a quote or a backslash only.")
        }
        value.append(escaped)
      default: value.append(next)
      }
    }
    throw LineFault("The quotes of '\(key)' do not end.")
  }

  /// `value` as a line may have it.
  static func written(_ value: String) -> String {
    let isPlain =
      !value.isEmpty && !["\"", "'", "["].contains(value.first) && withoutComment(value[...]) == value
      && trimmed(value[...]) == value
    if isPlain { return value }
    return "\"" + value.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\""
  }
}

/// What is wrong with one line.
private struct LineFault: Error {
  let sentence: String
  init(_ sentence: String) { self.sentence = sentence }
}
