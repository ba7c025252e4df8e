// A binary min-heap in one array. A value; whoever owns it.

struct Heap<Element: Comparable> {
  private(set) var elements: [Element]

  /// - Complexity: linear.
  init(_ elements: [Element] = []) {
    self.elements = elements
    for position in stride(from: elements.count / 2 - 1, through: 0, by: -1) { sink(position) }
  }

  var count: Int { elements.count }
  /// The smallest.
  var first: Element? { elements.first }

  mutating func insert(_ element: Element) {
    elements.append(element)
    var position = elements.count - 1
    while position > 0, elements[position] < elements[(position - 1) / 2] {
      elements.swapAt(position, (position - 1) / 2)
      position = (position - 1) / 2
    }
  }

  mutating func popFirst() -> Element? {
    guard let first = elements.first, let last = elements.popLast() else { return nil }
    if !elements.isEmpty {
      elements[0] = last
      sink(0)
    }
    return first
  }

  private mutating func sink(_ start: Int) {
    var position = start
    while true {
      var least = position
      for child in [2 * position + 1, 2 * position + 2]
      where child < elements.count && elements[child] < elements[least] { least = child }
      if least == position { return }
      elements.swapAt(position, least)
      position = least
    }
  }
}
