/// The topics of one loop, by id and by index. An index is stable while its topic is held. One loop's thread.
struct TopicTable {
  private var topics = Slab<Topic>()
  private var indices: [TopicID: UInt32] = [:]

  var count: Int { topics.count }

  /// The index of the topic; nil when the loop does not hold it.
  func index(of id: TopicID) -> UInt32? { indices[id] }

  /// Begins to hold the topic.
  mutating func open(_ id: TopicID) -> UInt32 {
    let index = topics.insert(Topic(opening: id))
    indices[id] = index
    return index
  }

  mutating func close(_ index: UInt32) {
    guard let topic = topics.remove(index) else { return }
    indices[topic.id] = nil
  }

  /// Whether a topic is held at this index.
  func contains(_ index: UInt32) -> Bool { topics.contains(index) }

  subscript(index: UInt32) -> Topic {
    _read { yield topics[index] }
    _modify { yield &topics[index] }
  }
}
