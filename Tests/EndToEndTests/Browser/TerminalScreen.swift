// What a program has written to a terminal, as a page to be drawn: the last screen, with colours. Knows what seatcast's own tools
// write: colours (SGR), "home", "clear" and carriage returns.

struct TerminalScreen {
  private let lines: [String]
  private let command: String

  /// - Parameters:
  ///   - output: everything that was written.
  ///   - command: shown above it, as it was typed.
  init(_ output: String, command: String) {
    // Pictures of a program that draws its screen again and again begin with its last "home".
    let home = "\u{1B}[H"
    let frames = output.split(separator: home, omittingEmptySubsequences: false)
    let whole = frames.last { $0.contains("\u{1B}[J") } ?? frames.last ?? ""
    lines = whole.replacing("\r\r\n", with: "\n").replacing("\r\n", with: "\n")
      .split(separator: "\n", omittingEmptySubsequences: false).map { line in
        // What was written after a return to the line's start replaces what stood there.
        String(line.split(separator: "\r").last ?? "")
      }
    self.command = command
  }

  var html: String {
    let text = lines.map(Self.marked).joined(separator: "\n")
    return """
      <!doctype html><meta charset="utf-8"><style>
      body { margin: 0; background: #16131b; color: #e8e2d9; }
      pre { margin: 0; padding: 18px 22px; font: 13px/1.35 "DejaVu Sans Mono", monospace; }
      .s1 { font-weight: 700 } .s2 { color: #a39aad } .s31 { color: #ff9a91 } .s32 { color: #5fd39b }
      .s33 { color: #ffc24d } .s34 { color: #8ab4ff } .s35 { color: #e4a0ff } .s36 { color: #6fd6e0 }
      </style><pre>$ \(Self.escaped(command))
      \(text.trimmingSuffix { $0 == "\n" || $0 == " " })</pre>
      """
  }

  private static func escaped(_ text: some StringProtocol) -> String {
    String(text).replacing("&", with: "&amp;").replacing("<", with: "&lt;")
  }

  /// A line with elements for its colours; other sequences are left out.
  private static func marked(_ line: String) -> String {
    var (made, open) = ("", 0)
    for (index, part) in line.split(separator: "\u{1B}[", omittingEmptySubsequences: false).enumerated() {
      guard index > 0 else {
        made += escaped(part)
        continue
      }
      let code = part.prefix { $0.isNumber || $0 == ";" || $0 == "?" }
      let rest = part.dropFirst(code.count)
      if rest.first == "m" {
        if code.isEmpty || code == "0" {
          made += String(repeating: "</span>", count: open)
          open = 0
        } else {
          made += "<span class=\"\(code.split(separator: ";").map { "s" + $0 }.joined(separator: " "))\">"
          open += 1
        }
      }
      made += escaped(rest.dropFirst())
    }
    return made + String(repeating: "</span>", count: open)
  }
}

extension String {
  /// Without what is at its end and fulfils the condition.
  fileprivate func trimmingSuffix(while condition: (Character) -> Bool) -> String {
    String(reversed().drop(while: condition).reversed())
  }
}
