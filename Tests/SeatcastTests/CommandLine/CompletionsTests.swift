// The completions in the shells that are installed: each is asked what it would complete.
import TestSupport
import Testing

@testable import seatcast

@Suite("Completions")
struct CompletionsTests {
  /// A line up to the cursor, and what may follow.
  private static let cases: [(line: [String], expected: Set<String>)] = [
    (["seatcast", "se"], ["serve"]), (["seatcast", "event", "c"], ["create", "capacity", "cancel"]),
    (["seatcast", "serve", "--lo"], ["--log", "--log-level", "--loops"]),
    (["seatcast", "serve", "--log", "j"], ["json"]), (["seatcast", "user", "role", "--js"], ["--json"]),
    (["seatcast", "user", "role", "x", "ad"], ["admin"]), (["seatcast", "completions", "z"], ["zsh"]),
    (["seatcast", "serve", "--demo", "--dat"], ["--data"]), (["seatcast", "help", "tok"], ["token"]),
    (["seatcast", "config", "print", "--eff"], ["--effective"]),
    (["seatcast", "serve", "--config", "a-f"], ["a-file"]),
    (["seatcast", "serve", "--data", "a-fo"], ["a-folder/"]), (["seatcast", "backup", "a-f"], ["a-file"]),
  ]

  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
    try put("", at: folder.path + "/a-file")
    _ = try run("/bin/mkdir", [folder.path + "/a-folder"])
    for shell in Completions.allCases { try put(shell.script + "\n", at: folder.path + "/\(shell.rawValue)") }
  }

  /// What a shell's script prints, one word per line, when it is run in the folder with the words of a line.
  private func words(_ shell: String, _ script: String, _ line: [String]) throws -> Set<String> {
    try put(script, at: folder.path + "/script")
    let command = "cd \"$0\" && exec \(shell) ./script \"$@\""
    let answer = try run("/bin/sh", ["-c", command, folder.path] + line)
    #expect(answer.error == "", "\(line)")
    return Set(answer.output.split(separator: "\n").map(String.init))
  }

  @Test("bash completes commands, flags, values, files and folders", .enabled(if: isInstalled("bash")))
  func bash() throws {
    let script = """
      source ./bash
      COMP_WORDS=("$@")
      COMP_CWORD=$(($# - 1))
      _seatcast
      printf '%s\\n' "${COMPREPLY[@]}"
      """
    for (line, expected) in Self.cases {
      let found = try words("bash", script, line)
      // It adds slashes by itself, and offers a folder where a file may be in it.
      let plain = Set(expected.map { $0.hasSuffix("/") ? String($0.dropLast()) : $0 })
      #expect(found.subtracting(["a-folder"]) == plain.subtracting(["a-folder"]), "\(line)")
    }
    #expect(try words("bash", script, ["seatcast", "serve", "--log", "="]) == ["text", "json"])
    #expect(try words("bash", script, ["seatcast", "serve", "--log", "=", "t"]) == ["text"])
    #expect(try words("bash", script, ["seatcast", "serve", "--port", ""]) == [])
    #expect(try words("bash", script, ["seatcast", "nonsense", ""]) == [])
  }

  @Test("fish completes commands, flags, values, files and folders", .enabled(if: isInstalled("fish")))
  func fish() throws {
    let script = "source ./fish\ncomplete -C \"$argv\" | string split -f 1 \\t\n"
    for (line, expected) in Self.cases {
      let found = try words("fish", script, line)
      #expect(found.subtracting(["a-folder/"]) == expected.subtracting(["a-folder/"]), "\(line)")
    }
    #expect(try words("fish", script, ["seatcast", "serve", "--log=t"]) == ["--log=text"])
    #expect(try words("fish", script, ["seatcast", "serve", "--data", "a-fo"]) == ["a-folder/"])
  }

  /// zsh completes on a terminal only, so it gets one.
  private static let zshScript = """
    zmodload zsh/zpty
    zpty shell zsh -f -i
    zpty -w shell 'PROMPT= ; autoload -Uz compinit; compinit -u -D; source ./zsh'
    zpty -w shell 'compadd() { local -a f; builtin compadd -O f "$@"; print -rl -- "" "<<" $f ">>"; builtin compadd "$@" }'
    zpty -n -w shell "$*"$'\\t'
    while zpty -r shell line; do
      line=${line//[$'\\r\\n']/}
      if [[ $line == '>>' ]]; then
        inside=
        [[ -n $found ]] && break
      elif [[ -n $inside ]]; then
        print -r -- $line
        found=1
      fi
      [[ $line == '<<' ]] && inside=1
    done
    zpty -d shell
    """

  @Test("zsh completes commands, flags, values, files and folders", .enabled(if: isInstalled("zsh")))
  func zsh() throws {
    for (line, expected) in Self.cases {
      let found = try words("zsh", Self.zshScript, line).map {
        $0.hasSuffix("=") ? String($0.dropLast()) : $0
      }
      let plain = Set(expected.map { $0.hasSuffix("/") ? String($0.dropLast()) : $0 })
      #expect(Set(found).subtracting(["a-folder"]) == plain.subtracting(["a-folder"]), "\(line)")
    }
  }

  @Test("Every command and every flag stands in every script", arguments: Completions.allCases)
  func complete(shell: Completions) {
    let script = shell.script
    for table in CommandTable.all {
      for flag in table.flags where flag.isFlag {
        #expect(script.contains(shell == .fish ? "-l \(flag.setting.rawValue) " : flag.name), "\(flag.name)")
      }
      #expect(table.name.split(separator: " ").allSatisfy { script.contains($0) })
      #expect(!script.contains("--jwt-secret "))
    }
  }

  @Test("What is completed follows from the name of the value")
  func kinds() {
    #expect(Completions.kind(Operand("user|admin", "")) == .words(["user", "admin"]))
    #expect(Completions.kind(Operand("FILE", "")) == .file)
    #expect(Completions.kind(Operand("ID", "")) == .text)
    #expect(Completions.kind(CommandTable.data) == .folder)
    #expect(Completions.kind(CommandTable.json) == .nothing)
    #expect(Completions.groups == ["config", "event", "user", "token", "record"])
    #expect(Completions.secondWords("token") == ["mint", "inspect"])
  }
}
