// "Did you mean …?" for mistyped members, commands and flags: the nearest known word by optimal string alignment distance (insertions, deletions,
// substitutions and swaps of neighbours count one each).

public enum Suggestion {
  /// ` Did you mean 'serve'?`, or nothing when no candidate is near enough to be a slip of the fingers.
  public static func sentence(for word: String, among candidates: [String]) -> String {
    nearest(to: word, among: candidates).map { " Did you mean '\($0)'?" } ?? ""
  }

  /// The candidate with the smallest distance, when that is at most a third of the longer word (and at least 1
  /// is always allowed). The first one wins among equals.
  public static func nearest(to word: String, among candidates: [String]) -> String? {
    // Longer words are no slips, and the table below would grow with them.
    guard !word.isEmpty, word.utf8.count <= 64 else { return nil }
    let ranked = candidates.map { (candidate: $0, distance: distance(word, $0)) }
    guard let best = ranked.min(by: { $0.distance < $1.distance }) else { return nil }
    let allowed = max(1, max(word.utf8.count, best.candidate.utf8.count) / 3)
    return best.distance <= allowed ? best.candidate : nil
  }

  static func distance(_ left: String, _ right: String) -> Int {
    let (a, b) = (Array(left.utf8), Array(right.utf8))
    var beforeLast = [Int](repeating: 0, count: b.count + 1)
    var last = Array(0...b.count)
    for i in a.indices {
      var row = [i + 1]
      row.reserveCapacity(b.count + 1)
      for j in b.indices {
        var cost = min(row[j] + 1, last[j + 1] + 1, last[j] + (a[i] == b[j] ? 0 : 1))
        if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { cost = min(cost, beforeLast[j - 1] + 1) }
        row.append(cost)
      }
      (beforeLast, last) = (last, row)
    }
    return last[b.count]
  }
}
