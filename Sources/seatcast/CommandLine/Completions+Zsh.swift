// The completions for zsh: to be sourced, or put as `_seatcast` into a folder of `fpath`. Pure.

extension Completions {
  static var zshScript: String {
    """
    #compdef seatcast
    # zsh completion of seatcast, made by 'seatcast completions zsh'.
    _seatcast() {
      local command
      local -a commands
      if (( CURRENT == 2 )); then
        commands=(
    \(firstWords.map { "      " + quoted("\($0.word):\($0.summary)") }.joined(separator: "\n"))
        )
        _describe -t commands command commands
        return
      fi
      command=$words[2]
      case $command in
    \(groups.map(zshGroup).joined(separator: "\n"))
        (*)
          shift words
          (( CURRENT-- ))
          ;;
      esac
      case $command in
    \(CommandTable.all.map(zshCommand).joined(separator: "\n"))
      esac
    }
    if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
      _seatcast "$@"
    else
      compdef _seatcast seatcast
    fi
    """
  }

  private static func zshGroup(_ word: String) -> String {
    let tables = CommandTable.all.filter { $0.name.hasPrefix(word + " ") }
    let lines = tables.map { "          " + quoted("\($0.name.dropFirst(word.count + 1)):\($0.summary)") }
    return """
          (\(word))
            if (( CURRENT == 3 )); then
              commands=(
      \(lines.joined(separator: "\n"))
              )
              _describe -t commands command commands
              return
            fi
            command="$words[2] $words[3]"
            shift 2 words
            (( CURRENT -= 2 ))
            ;;
      """
  }

  private static func zshCommand(_ table: CommandTable) -> String {
    let specs =
      flags(table).map(zshFlag)
      + table.operands.map { operand in
        quoted(
          "\(operand.isOptional ? ":" : "")\(":" + zshEscaped(operand.name)):\(zshAction(kind(operand)))")
      }
    return "    (\(quoted(table.name)))\n      _arguments \\\n        "
      + specs.joined(separator: " \\\n        ") + "\n      ;;"
  }

  private static func zshFlag(_ flag: (name: String, summary: String, kind: Kind)) -> String {
    let summary = zshEscaped(flag.summary)
    return flag.kind == .nothing
      ? quoted("\(flag.name)[\(summary)]")
      : quoted("\(flag.name)=[\(summary)]:value:\(zshAction(flag.kind))")
  }

  private static func zshAction(_ kind: Kind) -> String {
    switch kind {
    case .nothing, .text: ""
    case .file: "_files"
    case .folder: "_files -/"
    case .words(let words): "(\(words.joined(separator: " ")))"
    }
  }

  /// What `_arguments` would read as its own.
  private static func zshEscaped(_ text: String) -> String {
    text.replacing("\\", with: "\\\\").replacing(":", with: "\\:").replacing("[", with: "\\[")
      .replacing("]", with: "\\]")
  }
}
