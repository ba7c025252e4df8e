// Elements at stable indices, in pages that never move: growing costs one page, not a copy of everything, so a loop
// with a hundred thousand connections takes the next one as quickly as its first. One thread.

/// Elements at stable indices; freed places are used again, latest first.
struct Slab<Element> {
  /// Elements of a page; a power of two.
  private static var page: Int { 256 }

  private var pages: [[Element?]] = []
  private var used = 0
  private var free: [UInt32] = []

  /// Elements that are present.
  var count: Int { used - free.count }
  /// One more than the highest index ever used.
  var capacity: Int { used }

  /// Puts the element at a free index and returns the index.
  mutating func insert(_ element: consuming Element) -> UInt32 {
    if let index = free.popLast() {
      pages[Int(index) / Self.page][Int(index) % Self.page] = element
      return index
    }
    if used == pages.count * Self.page {
      pages.append([])
      pages[pages.count - 1].reserveCapacity(Self.page)
    }
    pages[used / Self.page].append(element)
    used += 1
    return UInt32(used - 1)
  }

  /// Takes the element out; its index may be given to another. Nil when nothing is there.
  @discardableResult
  mutating func remove(_ index: UInt32) -> Element? {
    guard let element = pages[Int(index) / Self.page][Int(index) % Self.page].take() else { return nil }
    free.append(index)
    return element
  }

  /// Whether an element is at `index`.
  func contains(_ index: UInt32) -> Bool {
    Int(index) < used && pages[Int(index) / Self.page][Int(index) % Self.page] != nil
  }

  /// The element at `index`; nil when nothing is there or never was.
  func at(_ index: UInt32) -> Element? {
    Int(index) < used ? pages[Int(index) / Self.page][Int(index) % Self.page] : nil
  }

  /// The element at `index`, which must be present.
  subscript(index: UInt32) -> Element {
    _read { yield pages[Int(index) / Self.page][Int(index) % Self.page]! }
    _modify { yield &pages[Int(index) / Self.page][Int(index) % Self.page]! }
  }

  /// The indices in use, ascending.
  var indices: [UInt32] { (0..<UInt32(used)).filter { contains($0) } }
}
