/// The topics of one loop, by id and by index. An index is stable while its topic is held. One loop's thread.
struct TopicTable: ~Copyable {
  private var topics = Slab<Topic>()
  private var byID: [TopicID: UInt32] = [:]

  var count: Int { topics.count }
  /// One more than the highest index ever used.
  var capacity: UInt32 { UInt32(topics.capacity) }

  /// The index of the topic; nil when the loop does not hold it.
  func index(of id: TopicID) -> UInt32? { byID[id] }

  /// Begins to hold the topic.
  mutating func open(_ id: TopicID, limits: Limits) -> UInt32 {
    let index = topics.insert(Topic(opening: id, limits: limits))
    byID[id] = index
    return index
  }

  mutating func close(_ index: UInt32) {
    guard let topic = topics.remove(index) else { return }
    byID[topic.id] = nil
  }

  /// The indices of all topics, ascending.
  var indices: [UInt32] { topics.indices }

  /// Whether a topic is held at this index.
  func contains(_ index: UInt32) -> Bool { topics.contains(index) }

  /// The topic at an index, where it lies. By its address: a coroutine would yield a copy of it in the coroutine's frame, which
  /// the compiler (Swift 6.3) lets go before an expression like `table[index].live.webSocket.log.head` has read it.
  subscript(index: UInt32) -> Topic {
    unsafeAddress { unsafe topics.address(of: index) }
    unsafeMutableAddress { unsafe topics.mutableAddress(of: index) }
  }
}
