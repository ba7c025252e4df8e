// The completions for fish. Pure.

extension Completions {
  static var fishScript: String {
    let first = firstWords.map { fishLine("__seatcast_needs", "-a \(fishQuoted($0.word))", $0.summary) }
    let second = groups.flatMap { group in
      CommandTable.all.filter { $0.name.hasPrefix(group + " ") }.map { table in
        fishLine(
          "__seatcast_needs \(group)", "-a \(fishQuoted(String(table.name.dropFirst(group.count + 1))))",
          table.summary)
      }
    }
    return fishHead + "\n" + (first + second + CommandTable.all.flatMap(fishCommand)).joined(separator: "\n")
  }

  private static let fishHead = """
    # fish completion of seatcast, made by 'seatcast completions fish'.
    function __seatcast_needs --description 'Whether these words, and no others, stand behind seatcast'
        set -l words (commandline -opc)
        set -e words[1]
        test "$words" = "$argv"
    end
    function __seatcast_in --description 'Whether the words behind seatcast begin with these'
        set -l words (commandline -opc)
        set -e words[1]
        set -l length (count $argv)
        test (count $words) -ge $length; and test "$words[1..$length]" = "$argv"
    end
    complete -c seatcast -f
    """

  private static func fishCommand(_ table: CommandTable) -> [String] {
    let condition = "__seatcast_in \(table.name)"
    let flags = flags(table).map { flag in
      fishLine(condition, "-l \(flag.name.dropFirst(2))" + fishValue(flag.kind), flag.summary)
    }
    let operands = table.operands.compactMap { operand -> String? in
      switch kind(operand) {
      case .file: "complete -c seatcast -n \(fishQuoted(condition)) -F"
      case .words(let words):
        fishLine(condition, "-a \(fishQuoted(words.joined(separator: " ")))", operand.summary)
      default: nil
      }
    }
    return flags + operands
  }

  private static func fishValue(_ kind: Kind) -> String {
    switch kind {
    case .nothing: ""
    case .text: " -x"
    case .file: " -r -F"
    case .folder: " -x -a '(__fish_complete_directories)'"
    case .words(let words): " -x -a \(fishQuoted(words.joined(separator: " ")))"
    }
  }

  private static func fishLine(_ condition: String, _ what: String, _ summary: String) -> String {
    "complete -c seatcast -n \(fishQuoted(condition)) \(what) -d \(fishQuoted(summary))"
  }

  private static func fishQuoted(_ text: String) -> String {
    "'" + text.replacing("\\", with: "\\\\").replacing("'", with: "\\'") + "'"
  }
}
