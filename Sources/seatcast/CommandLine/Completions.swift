// Completions for bash, zsh and fish, made from the tables: `seatcast completions SHELL`. Here is what is completed; the
// scripts are in Completions+Bash.swift and its neighbours. Pure.

enum Completions: String, CaseIterable {
  case bash, zsh, fish

  var script: String {
    switch self {
    case .bash: Self.bashScript
    case .zsh: Self.zshScript
    case .fish: Self.fishScript
    }
  }

  // MARK: Words

  /// What may stand for a flag's value or for an operand.
  enum Kind: Equatable {
    /// Nothing: the flag takes no value.
    case nothing
    case text
    case file
    case folder
    case words([String])
  }

  static func kind(_ flag: Flag) -> Kind {
    switch flag.value {
    case .none: .nothing
    case .choice(let words): .words(words)
    case .text(let word): kind(word)
    }
  }

  static func kind(_ operand: Operand) -> Kind { kind(operand.name) }

  private static func kind(_ valueName: String) -> Kind {
    switch valueName {
    case "FILE": .file
    case "DIR": .folder
    case "COMMAND": .words(firstWords.map(\.word))
    case _ where valueName.contains("|"): .words(valueName.split(separator: "|").map(String.init))
    default: .text
    }
  }

  /// The first words of commands, each with a summary; of those that several commands share, the words that may follow.
  static let firstWords: [(word: String, summary: String)] = {
    var words: [(word: String, summary: String)] = []
    for table in CommandTable.all {
      let parts = table.name.split(separator: " ").map(String.init)
      if words.contains(where: { $0.word == parts[0] }) { continue }
      words.append((parts[0], parts.count == 1 ? table.summary : followers(parts[0])))
    }
    return words
  }()

  private static func followers(_ word: String) -> String { secondWords(word).joined(separator: ", ") }

  /// The words that may follow this one to name a command.
  static func secondWords(_ word: String) -> [String] {
    CommandTable.all.map(\.name).filter { $0.hasPrefix(word + " ") }.map {
      String($0.dropFirst(word.count + 1))
    }
  }

  /// First words that name no command alone.
  static let groups = firstWords.map(\.word).filter { !secondWords($0).isEmpty }

  /// The flags of a command; each takes `--help`, too.
  static func flags(_ table: CommandTable) -> [(name: String, summary: String, kind: Kind)] {
    table.flags.filter(\.isFlag).map { ($0.name, $0.summary, kind($0)) }
      + [("--help", "Show the help of this command.", .nothing)]
  }

  /// `text` in single quotes, for any of the shells but fish.
  static func quoted(_ text: String) -> String { "'" + text.replacing("'", with: "'\\''") + "'" }
}
