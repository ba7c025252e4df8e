// The completions for bash 4 and later. Pure.

extension Completions {
  static var bashScript: String {
    """
    # bash completion of seatcast, made by 'seatcast completions bash'.
    _seatcast() {
      local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} command=${COMP_WORDS[1]} flags operands
      COMPREPLY=()
      # --flag=value comes as three words.
      if [[ $word == '=' ]]; then
        word=''
      elif [[ $before == '=' ]]; then
        before=${COMP_WORDS[COMP_CWORD-2]}
      fi
      if ((COMP_CWORD == 1)); then
        mapfile -t COMPREPLY < <(compgen -W '\((firstWords.map(\.word) + ["--help"]).joined(separator: " "))' -- "$word")
        return
      fi
      case $command in
    \(groups.map(bashGroup).joined(separator: "\n"))
      esac
      case $before in
    \(bashValues.joined(separator: "\n"))
      esac
      case $command in
    \(CommandTable.all.map(bashCommand).joined(separator: "\n"))
        *) return ;;
      esac
      if [[ $word == -* || -z $operands ]]; then
        mapfile -t COMPREPLY < <(compgen -W "$flags" -- "$word")
      elif [[ $operands == FILE ]]; then
        compopt -o filenames 2>/dev/null
        mapfile -t COMPREPLY < <(compgen -f -- "$word")
      elif [[ $operands != TEXT ]]; then
        mapfile -t COMPREPLY < <(compgen -W "$operands" -- "$word")
      fi
    }
    complete -F _seatcast seatcast
    """
  }

  private static func bashGroup(_ word: String) -> String {
    """
        \(word))
          if ((COMP_CWORD == 2)); then
            mapfile -t COMPREPLY < <(compgen -W '\((secondWords(word) + ["--help"]).joined(separator: " "))' -- "$word")
            return
          fi
          command="$command ${COMP_WORDS[2]}"
          ;;
    """
  }

  /// What may follow a flag; a flag has the same values wherever it stands.
  private static var bashValues: [String] {
    var seen: Set<String> = []
    return CommandTable.all.flatMap(flags).compactMap { flag in
      guard seen.insert(flag.name).inserted, let action = bashAction(flag.kind) else { return nil }
      return "    \(flag.name)) \(action); return ;;"
    }
  }

  /// Nil: no value follows.
  private static func bashAction(_ kind: Kind) -> String? {
    switch kind {
    case .nothing: nil
    case .text: ":"
    case .file:
      "compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -f -- \"$word\")"
    case .folder:
      "compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -d -- \"$word\")"
    case .words(let words):
      "mapfile -t COMPREPLY < <(compgen -W '\(words.joined(separator: " "))' -- \"$word\")"
    }
  }

  private static func bashCommand(_ table: CommandTable) -> String {
    let names = flags(table).map(\.name).joined(separator: " ")
    return "    \(quoted(table.name))) flags=\(quoted(names)) operands=\(quoted(bashOperands(table))) ;;"
  }

  /// `FILE`, `TEXT`, or the words of all operands.
  private static func bashOperands(_ table: CommandTable) -> String {
    let kinds = table.operands.map(kind)
    if kinds.contains(.file) { return "FILE" }
    let words = kinds.flatMap { kind in
      if case .words(let words) = kind { words } else { [String]() }
    }
    return words.isEmpty ? (kinds.isEmpty ? "" : "TEXT") : words.joined(separator: " ")
  }
}
