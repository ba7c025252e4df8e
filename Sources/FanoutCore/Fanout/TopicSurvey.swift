// Which topics of a loop have the most subscribers, found out a piece at a time: each tick looks at a bounded number of
// topics, and a list is complete when all have been looked at. One loop's thread.

/// What one loop has of a topic.
public struct TopicCount: Sendable, Equatable {
  public let topic: TopicID
  public let subscribers: Int
  /// Of the subscribers, those that are not at the head: they wait for a greeting, resume, or are behind.
  public let behind: Int
  public init(topic: TopicID, subscribers: Int, behind: Int) {
    (self.topic, self.subscribers, self.behind) = (topic, subscribers, behind)
  }
}

/// The survey that is under way.
struct TopicSurvey {
  /// Topics of a list at most.
  static let most = 100
  /// Places of the topic table that one tick looks at.
  static let placesPerTick = 1_024

  private var next: UInt32 = 0
  private var found: [TopicCount] = []
  /// The position in `found` of the topic with the fewest subscribers, once it is full.
  private var least = 0

  /// Looks at the next places. Returns the list, largest first, when that was the end of the table.
  mutating func advance(_ topics: borrowing TopicTable) -> [TopicCount]? {
    let end = min(topics.capacity, next + UInt32(Self.placesPerTick))
    while next < end {
      if topics.contains(next), topics[next].subscribers > 0 { take(topics[next].count) }
      next += 1
    }
    guard next >= topics.capacity else { return nil }
    defer { self = TopicSurvey() }
    return found.sorted { $0.subscribers > $1.subscribers }
  }

  private mutating func take(_ count: TopicCount) {
    if found.count < Self.most {
      found.append(count)
    } else if count.subscribers > found[least].subscribers {
      found[least] = count
    } else {
      return
    }
    if found.count == Self.most {
      least = found.indices.min { found[$0].subscribers < found[$1].subscribers } ?? 0
    }
  }
}

extension Topic {
  /// For `Inspection`.
  var report: TopicReport {
    var report = TopicReport(topic: id, subscribers: subscribers, behind: count.behind, head: live.head)
    let cohorts = (feeds.flatMap(\.cohorts) + (live.paced?.cohorts ?? [])).filter { $0.count > 0 }
    report.cohorts = cohorts.count
    (report.oldest, report.newest) = (cohorts.map(\.cursor).min(), cohorts.map(\.cursor).max())
    report.logFrames = feeds.reduce(0) { $0 + $1.log.count }
    (report.logBytes, report.conflations) = (live.logBytes, conflations)
    return report
  }

  /// Subscribers at the head, or in a cohort that the pass brings there, be it in its time.
  var following: Int {
    live.webSocket.count + live.eventStream.count
      + (live.deflated.map { $0.standalone.count + $0.shared.count } ?? 0) + (live.paced?.count ?? 0)
  }
  private var feeds: [Feed] {
    [live.webSocket, live.eventStream] + (live.deflated.map { [$0.standalone, $0.shared] } ?? [])
  }
  var count: TopicCount {
    TopicCount(topic: id, subscribers: subscribers, behind: max(0, subscribers - following))
  }
}
