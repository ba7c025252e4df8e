// The numbers of the data plane for the control plane's `GET /api/server/stats`: all loops together, and the events with
// the most subscribers. Any thread; bounded work. Only `fanout` waits, for half a second at most and one caller at a time.
import ControlPlane
import FanoutCore
import Synchronization

final class PlaneInsight: ServerInsight {
  private let plane: DataPlane
  private let startedAt: Instant
  /// Held by whoever waits for loops, so that no more than one worker does.
  private let asking = Mutex(())

  /// How long loops are waited for.
  static let patience = 500

  init(plane: DataPlane, startedAt: Instant) { (self.plane, self.startedAt) = (plane, startedAt) }

  func fanout(of event: EventID) -> [PartFanout]? {
    asking.withLockIfAvailable { _ in
      let topics = Audience.allCases.map { TopicID(event, for: $0) }
      return plane.inspect(topics, within: Self.patience).map(PartFanout.init)
    }
  }

  func numbers() -> PlaneNumbers {
    var numbers = PlaneNumbers(plane.counts())
    (numbers.version, numbers.startedAt) = (Version.number, startedAt)
    let times = plane.deliveryTimes()
    numbers.commitToWire = NumberHistogram(Self.sum(times.map(\.toWire)))
    numbers.commitToLastSubscriber = NumberHistogram(Self.sum(times.map(\.toLast)))
    let memory = ProcessMemory.now
    (numbers.residentBytes, numbers.anonymousBytes) = (memory.resident, memory.anonymous)
    numbers.events = Self.audiences(plane.busiestTopics())
    return numbers
  }

  static func sum(_ histograms: [Histogram]) -> Histogram {
    guard let first = histograms.first else { return Histogram(bounds: [], counts: [0], sum: 0) }
    return histograms.dropFirst().reduce(first, +)
  }

  /// An event's topics on all loops together, largest first. An event that is among the largest of no loop is missing.
  static func audiences(_ loops: [[TopicCount]]) -> [EventAudience] {
    var audiences: [EventID: EventAudience] = [:]
    for count in loops.joined() {
      let event = EventID(count.topic)
      audiences[event, default: EventAudience(event: event, subscribers: 0, lagging: 0)].add(count)
    }
    return audiences.values.sorted {
      ($0.subscribers, $1.event.rawValue) > ($1.subscribers, $0.event.rawValue)
    }
  }
}

extension EventAudience {
  fileprivate mutating func add(_ count: TopicCount) {
    subscribers += count.subscribers
    lagging += count.behind
  }
}

extension PartFanout {
  init(_ report: LoopReport) {
    self.init(
      part: report.loop, hasAnswered: report.topics != nil,
      audiences: (report.topics ?? []).map(AudienceFanout.init))
  }
}

extension AudienceFanout {
  init(_ report: TopicReport) {
    self.init(Audience(report.topic))
    (subscribers, lagging, cohorts) = (report.subscribers, report.behind, report.cohorts)
    (head, oldest, newest) = (report.head, report.oldest, report.newest)
    (logLength, logBytes, conflations) = (report.logFrames, report.logBytes, report.conflations)
  }
}

extension NumberHistogram {
  init(_ histogram: Histogram) {
    self.init(bounds: histogram.bounds, counts: histogram.counts, sum: histogram.sum)
  }
}

extension PlaneNumbers {
  init(_ loops: [LoopCounts]) {
    func sum(_ value: (LoopCounts) -> Int) -> UInt64 { loops.reduce(0) { $0 + UInt64(clamping: value($1)) } }
    self.init()
    connectionsOpen = sum(\.connectionsOpen)
    liveConnections = sum(\.webSocketsOpen)
    eventStreamsOpen = sum(\.eventStreamsOpen)
    anonymousOpen = sum(\.anonymousOpen)
    connectionsBlocked = sum(\.connectionsBlocked)
    subscriptions = sum(\.subscriptions)
    lagging = sum { $0.subscriptions - $0.following }
    heldEvents = sum(\.topics)
    connectionsAccepted = sum(\.connectionsAccepted)
    deliveries = sum(\.framesDelivered)
    conflations = sum(\.conflations)
    refusedByLimit = AdmissionLimit.allCases.map { limit in
      (LimitSetting(limit).rawValue, sum { $0.limited[limit.rawValue] })
    }
  }
}
