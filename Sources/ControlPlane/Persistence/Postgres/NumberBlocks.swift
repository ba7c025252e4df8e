#if Cluster
  /// Numbers that a node has taken of a sequence, in blocks.
  struct NumberBlocks {
    let size: Int64
    private var blocks: ArraySlice<Range<Int64>> = []

    init(size: Int64) { self.size = size }

    var count: Int64 { blocks.reduce(0) { $0 + Int64($1.count) } }

    mutating func add(_ starts: [Int64]) { blocks.append(contentsOf: starts.map { $0..<($0 + size) }) }

    mutating func take() -> Int64? {
      guard let first = blocks.first else { return nil }
      let rest = first.dropFirst()
      if rest.isEmpty { blocks.removeFirst() } else { blocks[blocks.startIndex] = rest }
      return first.lowerBound
    }
  }
#endif
