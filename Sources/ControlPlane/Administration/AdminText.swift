// Results of administrators' commands as text for people: tables whose columns are aligned, and lists of facts. Text that
// came from outside may not control a terminal. Pure; any thread.

enum AdminText {
  /// - Parameter rows: each with as many cells as there are titles.
  static func table(_ titles: [String], _ rows: [[String]], empty: String) -> String {
    guard !rows.isEmpty else { return empty + "\n" }
    let lines = ([titles] + rows).map { $0.map(HarmlessText.of) }
    let widths = titles.indices.map { column in lines.map { width($0[column]) }.max() ?? 0 }
    return lines.map { cells in
      var line = ""
      for (column, cell) in cells.enumerated() {
        let isLast = column == cells.count - 1
        line += cell + (isLast ? "" : String(repeating: " ", count: widths[column] - width(cell) + 2))
      }
      return line + "\n"
    }.joined()
  }

  /// A line per fact that has a value.
  static func facts(_ facts: [(name: String, value: String?)]) -> String {
    let known = facts.compactMap { fact in fact.value.map { (fact.name, HarmlessText.of($0)) } }
    let width = known.map { $0.0.count }.max() ?? 0
    return known.map { name, value in
      name + String(repeating: " ", count: width - name.count + 2) + value + "\n"
    }.joined()
  }

  /// Characters, which is columns for all but the widest scripts.
  private static func width(_ text: String) -> Int { text.count }
}
