// Elements at stable indices, in pages that never move: growing costs one page, not a copy of everything, so a loop
// with a hundred thousand connections takes the next one as quickly as its first. An element is read and changed
// where it lies; a connection or a topic holds many references, and a copy would touch the count of each.
// Invariant: the memory of index i is initialized exactly when bit i of `present` is set. One thread.

/// Elements at stable indices; freed places are used again, latest first.
@safe struct Slab<Element>: ~Copyable {
  /// Elements of a page; a multiple of 64.
  private static var page: Int { 256 }

  private var pages: [UnsafeMutablePointer<Element>] = unsafe []
  private var present: [UInt64] = []
  private var free: [UInt32] = []
  /// One more than the highest index ever used.
  private(set) var capacity = 0

  init() {}

  deinit {
    for index in indices { unsafe place(of: index).deinitialize(count: 1) }
    for number in unsafe pages.indices { unsafe pages[number].deallocate() }
  }

  /// Elements that are present.
  var count: Int { capacity - free.count }

  /// Puts the element at a free index and returns the index.
  mutating func insert(_ element: consuming Element) -> UInt32 {
    let index = free.popLast() ?? newIndex()
    unsafe place(of: index).initialize(to: element)
    present[Int(index) / 64] |= 1 << UInt64(index % 64)
    return index
  }

  private mutating func newIndex() -> UInt32 {
    if capacity % Self.page == 0 {
      unsafe pages.append(.allocate(capacity: Self.page))
      present.append(contentsOf: repeatElement(0, count: Self.page / 64))
    }
    capacity += 1
    return UInt32(capacity - 1)
  }

  /// Takes the element out; its index may be given to another. Nil when nothing is there.
  @discardableResult
  mutating func remove(_ index: UInt32) -> Element? {
    guard contains(index) else { return nil }
    present[Int(index) / 64] &= ~(1 << UInt64(index % 64))
    free.append(index)
    return unsafe place(of: index).move()
  }

  /// Whether an element is at `index`.
  func contains(_ index: UInt32) -> Bool {
    Int(index) < capacity && present[Int(index) / 64] >> UInt64(index % 64) & 1 == 1
  }

  /// A copy of the element at `index`; nil when nothing is there or never was.
  func at(_ index: UInt32) -> Element? {
    contains(index) ? unsafe place(of: index).pointee : nil
  }

  /// The element at `index`, where it lies; it must be present.
  subscript(index: UInt32) -> Element {
    unsafeAddress { unsafe address(of: index) }
    unsafeMutableAddress { unsafe mutableAddress(of: index) }
  }

  /// For the addressor of a type around this slab. The element must be present; the address holds until it is removed.
  func address(of index: UInt32) -> UnsafePointer<Element> { unsafe UnsafePointer(checkedPlace(of: index)) }
  mutating func mutableAddress(of index: UInt32) -> UnsafeMutablePointer<Element> {
    unsafe checkedPlace(of: index)
  }

  /// The indices in use, ascending.
  var indices: [UInt32] { (0..<UInt32(capacity)).filter { contains($0) } }

  private func checkedPlace(of index: UInt32) -> UnsafeMutablePointer<Element> {
    precondition(contains(index), "nothing is at this index of the slab")
    return unsafe place(of: index)
  }

  private func place(of index: UInt32) -> UnsafeMutablePointer<Element> {
    unsafe pages[Int(index) / Self.page] + Int(index) % Self.page
  }
}
