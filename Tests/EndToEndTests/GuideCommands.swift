// The commands of a guide, run one after the other in a folder of their own, as somebody does who follows it. What differs from
// the guide: programs are not built again, ports are free ones, and what runs until Ctrl-C runs in the background.
import TestSupport

/// A guide's commands as one shell script, and what they printed.
struct GuideCommands {
  let folder: TemporaryFolder
  let port: Int
  /// The port of a guide's own server, 8080 there.
  let otherPort: Int
  private let blocks: [String]

  /// - Parameters:
  ///   - guide: its name in docs/guides.
  ///   - other: a word of blocks that are tested elsewhere.
  init(_ guide: String, without other: String? = nil) throws {
    guard let bytes = contents(of: "\(SourceTree.root)/docs/guides/\(guide)") else {
      throw TestFailure("no \(guide)")
    }
    (folder, port, otherPort) = (try TemporaryFolder(), try freePort(), try freePort())
    blocks = Self.blocks(String(decoding: bytes, as: UTF8.self)).filter { block in
      other.map { !block.contains($0) } ?? true
    }
  }

  /// The blocks of commands, without the indentation of the lists that they stand in.
  private static func blocks(_ text: String) -> [String] {
    var (found, open): ([[Substring]], (indent: Int, lines: [Substring])?) = ([], nil)
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      let words = line.drop { $0 == " " }
      if let block = open {
        if words == "```" {
          found.append(block.lines)
          open = nil
        } else {
          open?.lines.append(line.dropFirst(block.indent))
        }
      } else if words == "```sh" {
        open = (line.count - words.count, [])
      }
    }
    return found.map { $0.joined(separator: "\n") }
  }

  /// Runs all of them and then `more`, which may look at what they left.
  /// - Returns: what they printed.
  func run(_ more: String = "") throws -> String {
    try prepare()
    let script = prelude + blocks.map(step).joined(separator: "\n") + "\n" + more
    try put(script, at: folder.path + "/guide")
    try put("correct horse battery\n", at: folder.path + "/typed")
    let shell = try ChildProcess(
      "bash", ["-euo", "pipefail", folder.path + "/guide"],
      environment: [
        "SEATCAST_PORT": String(port), "SEATCAST_PASSWORD_COST": "insecure-test",
        "PYTHONDONTWRITEBYTECODE": "1",
      ], input: folder.path + "/typed")
    let status = try shell.wait(within: .seconds(120))
    try shell.waitForOutput()
    guard status == .exited(0) else {
      throw TestFailure("\(status): \(shell.standardOutput)\n\(shell.standardError)")
    }
    return shell.standardOutput
  }

  /// The checkout as the guide sees it, with scripts that build nothing.
  private func prepare() throws {
    let program = try ServerProcess.executable()
    let words = """
      mkdir script bin && ln -s "$1/docs" docs && ln -s "$2" bin/seatcast
      printf '#!/bin/bash\\nexec seatcast serve --demo "$@"\\n' > script/server
      printf '#!/bin/bash\\n' | tee script/bootstrap > bin/swift
      chmod +x script/* bin/swift
      """
    let made = try TestSupport.run(
      "bash", ["-euc", "cd \"$0\"\n" + words, folder.path, SourceTree.root, program])
    guard made.status == .exited(0) else { throw TestFailure(made.error) }
  }

  /// Starts what runs until Ctrl-C, in the place of what was there before, and waits until its port answers.
  private var prelude: String {
    """
    cd "\(folder.path)"; export PATH="$PWD/bin:$PATH"
    declare -A running=()
    trap 'kill -9 "${running[@]}" 2>/dev/null || true' EXIT
    start() {
      if [[ -n "${running[$1]:-}" ]]; then kill "${running[$1]}"; wait "${running[$1]}" || true; fi
      bash -euo pipefail -c "$3" > "$1.out" 2> "$1.err" &
      running[$1]=$!
      for _ in {1..600}; do
        if (: < "/dev/tcp/127.0.0.1/$2") 2>/dev/null; then return; fi
        kill -0 "${running[$1]}" || { cat "$1.out" "$1.err"; exit 1; }
        sleep 0.05
      done
      exit 1
    }
    export -f start
    # As the guides say: the line below the admin's address.
    admin() { sed -n '/^  admin@demo/{n;s/ //gp}' server.out; }

    """
  }

  /// One block as a step of the script.
  private func step(_ block: String) -> String {
    let here = block.replacing("127.0.0.1:3000", with: "127.0.0.1:\(port)")
      .replacing("127.0.0.1:8080", with: "127.0.0.1:\(otherPort)")
    let last = (here.replacing("\\\n", with: " ").split(separator: "\n").last ?? "").drop { $0 == " " }
    // `exec`, so that the process which is stopped is the one that serves.
    let running = here.replacing(last.prefix(20), with: "exec " + last.prefix(20))
    if last.hasPrefix("script/server") || last.hasPrefix("seatcast serve") {
      return "start server \(port) '\(running)'\nADMIN=$(admin)"
    }
    if last.hasPrefix("python3 -m http.server 8080 ") {
      return "start site \(otherPort) '\(running.replacing(" 8080 ", with: " \(otherPort) "))'"
    }
    let isAnswer = ["--print-keys", "--summary"].contains { here.contains($0) }
    if last.hasPrefix("python3 docs/guides/") && !isAnswer {
      let isConsumer = last.contains("feed_consumer")
      let url = (isConsumer ? " --url" : " --port \(otherPort) --seatcast") + " http://127.0.0.1:\(port)"
      return "start \(isConsumer ? "consumer" : "site") \(isConsumer ? port : otherPort) '\(running)\(url)'"
    }
    return here
  }
}
