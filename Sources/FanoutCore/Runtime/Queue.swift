/// First in, first out, without a wrap-around: taken elements leave the front together. One thread.
struct Queue<Element> {
  private var elements: [Element] = []
  private var taken = 0

  var isEmpty: Bool { taken == elements.count }
  var count: Int { elements.count - taken }
  /// The oldest element.
  var first: Element? { isEmpty ? nil : elements[taken] }

  mutating func append(_ element: Element) { elements.append(element) }

  /// Drops the oldest element, which must be there.
  mutating func removeFirst() {
    taken += 1
    if taken == elements.count {
      elements.removeAll(keepingCapacity: taken <= 1024)
      taken = 0
    } else if taken >= 1024 && taken * 2 >= elements.count {
      elements.removeFirst(taken)
      taken = 0
    }
  }

  mutating func popFirst() -> Element? {
    guard let first else { return nil }
    removeFirst()
    return first
  }
}
