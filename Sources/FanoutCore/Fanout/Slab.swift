/// Elements at stable indices; freed places are used again, latest first. One thread.
struct Slab<Element> {
  private var places: [Element?] = []
  private var free: [UInt32] = []

  /// Elements that are present.
  var count: Int { places.count - free.count }
  /// One more than the highest index ever used.
  var capacity: Int { places.count }

  /// Puts the element at a free index and returns the index.
  mutating func insert(_ element: Element) -> UInt32 {
    if let index = free.popLast() {
      places[Int(index)] = element
      return index
    }
    places.append(element)
    return UInt32(places.count - 1)
  }

  /// Takes the element out; its index may be given to another. Nil when nothing is there.
  @discardableResult
  mutating func remove(_ index: UInt32) -> Element? {
    guard let element = places[Int(index)] else { return nil }
    places[Int(index)] = nil
    free.append(index)
    return element
  }

  /// The element at `index`; nil when nothing is there or never was.
  func at(_ index: UInt32) -> Element? {
    Int(index) < places.count ? places[Int(index)] : nil
  }

  /// The element at `index`, which must be present.
  subscript(index: UInt32) -> Element {
    _read { yield places[Int(index)]! }
    _modify { yield &places[Int(index)]! }
  }

  /// The indices in use, ascending.
  var indices: [UInt32] { places.indices.filter { places[$0] != nil }.map { UInt32($0) } }
}
