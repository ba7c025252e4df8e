// Makes what fails small: delta debugging (Zeller and Hildebrandt, "Simplifying and Isolating Failure-Inducing Input", IEEE
// Transactions on Software Engineering 28(2), 2002), with pieces of half the size in each round. Pure.

enum Shrinker {
  /// A part of the elements, in their order, that still fails and from which no single one can be left out, unless the attempts
  /// are used up before.
  static func shrink<Element>(
    _ elements: [Element], attempts: Int, fails: ([Element]) -> Bool
  ) -> [Element] {
    var (rest, left) = (elements, attempts)
    var piece = max(1, rest.count / 2)
    while left > 0 {
      let (smaller, hasShrunk) = withoutPieces(of: piece, rest, &left, fails)
      rest = smaller
      if piece == 1, !hasShrunk { break }
      piece = max(1, hasShrunk ? min(piece, rest.count / 2) : piece / 2)
    }
    return rest
  }

  /// Leaves out each piece whose absence does not mend the failure; from the end, where most of what is not needed stands.
  private static func withoutPieces<Element>(
    of size: Int, _ elements: [Element], _ left: inout Int, _ fails: ([Element]) -> Bool
  ) -> (rest: [Element], hasShrunk: Bool) {
    var rest = elements
    var end = rest.count
    while end > 0, left > 0 {
      let start = max(0, end - size)
      let candidate = Array(rest[..<start] + rest[end...])
      left -= 1
      if fails(candidate) { rest = candidate }
      end = start
    }
    return (rest, rest.count < elements.count)
  }
}
