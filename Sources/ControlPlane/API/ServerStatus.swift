// The numbers of both planes as one JSON object, for administrators: `GET /api/server/stats` and the WebSocket message
// `get_stats`. Any thread; bounded work: a copy of each number, and at most 50 events.
import Synchronization

final class ServerStatus: Sendable {
  /// Events that are told.
  static let events = 50

  /// Nil: there is no data plane.
  private let insight: (any ServerInsight)?
  private let clock: any Clock
  /// Set once, when the plane is put together.
  private let counters = Mutex<@Sendable () -> ControlCounters>({ ControlCounters() })

  init(insight: (any ServerInsight)?, clock: any Clock) { (self.insight, self.clock) = (insight, clock) }

  func count(by counters: @escaping @Sendable () -> ControlCounters) {
    self.counters.withLock { $0 = counters }
  }

  /// One JSON object; nil: there is no data plane.
  func stats() -> [UInt8]? {
    guard let plane = insight?.numbers() else { return nil }
    let read = counters.withLock { $0 }
    return JSONWriter.object { Self.write(plane, read(), at: clock.now, to: &$0) }
  }

  /// How loops broadcast an event; nil: too many are asking, or there is no data plane.
  func fanout(of event: EventID) -> [PartFanout]? { insight?.fanout(of: event) }

  private static func write(
    _ plane: PlaneNumbers, _ control: ControlCounters, at now: Instant, to writer: inout JSONWriter
  ) {
    writer.member("time", now)
    writer.member("startedAt", plane.startedAt)
    let uptime = max(0, now.milliseconds - plane.startedAt.milliseconds)
    writer.member("uptimeSeconds", uptime / 1_000)
    writer.member("version", plane.version)
    writer.name("connections")
    writer.object { writer in
      writer.member("open", plane.connectionsOpen)
      writer.member("webSockets", plane.liveConnections)
      writer.member("eventStreams", plane.eventStreamsOpen)
      writer.member("anonymous", plane.anonymousOpen)
      writer.member("lagging", plane.lagging)
      writer.member("blocked", plane.connectionsBlocked)
    }
    writer.member("subscriptions", plane.subscriptions)
    writer.member("topics", plane.heldEvents)
    counts(plane, control, to: &writer)
    writer.name("histograms")
    writer.object { histograms(plane, control, to: &$0) }
    writer.name("queues")
    writer.object { queues(control, to: &$0) }
    writer.name("memory")
    writer.object { writer in
      writer.member("residentBytes", plane.residentBytes)
      writer.member("anonymousBytes", plane.anonymousBytes)
    }
    writer.member("events", Array(plane.events.prefix(events)))
  }

  private static func counts(
    _ plane: PlaneNumbers, _ control: ControlCounters, to writer: inout JSONWriter
  ) {
    writer.name("totals")
    writer.object { totals(plane, control, to: &$0) }
    writer.name("refusals")
    writer.object { counts(zip(RefusalReason.allCases.map(\.rawValue), control.refusedBy), to: &$0) }
    writer.name("rateLimited")
    writer.object { writer in
      counts(zip(LimitName.allCases.map(\.rawValue), control.rateLimited), to: &writer)
      counts(plane.refusedByLimit.lazy.map { ($0.name, $0.count) }, to: &writer)
    }
  }

  private static func totals(
    _ plane: PlaneNumbers, _ control: ControlCounters, to writer: inout JSONWriter
  ) {
    writer.member("bookings", control.bookings)
    writer.member("cancellations", control.cancellations)
    writer.member("confirmations", control.confirmations)
    writer.member("expiries", control.expiries)
    writer.member("deliveries", plane.deliveries)
    writer.member("conflations", plane.conflations)
    writer.member("commits", control.commits)
    writer.member("failedCommits", control.failedCommits)
    writer.member("commands", control.commands)
    writer.member("refusals", control.refusals)
    writer.member("requests", control.requests)
    writer.member("overloaded", control.overloaded)
    writer.member("connectionsAccepted", plane.connectionsAccepted)
  }

  private static func counts(_ counts: some Sequence<(String, UInt64)>, to writer: inout JSONWriter) {
    for (name, count) in counts { writer.member(name, count) }
  }

  private static func histograms(
    _ plane: PlaneNumbers, _ control: ControlCounters, to writer: inout JSONWriter
  ) {
    writer.member("commitToWire", Seconds(plane.commitToWire))
    writer.member("commitToLastSubscriber", Seconds(plane.commitToLastSubscriber))
    writer.member("sync", Seconds(control.commitTimes))
    writer.name("batchSize")
    writer.object { writer in
      numbers("bounds", control.batchSizes.bounds, to: &writer)
      numbers("counts", control.batchSizes.counts, to: &writer)
      writer.member("sum", control.batchSizes.sum)
      writer.member("count", control.batchSizes.count)
    }
  }

  private static func numbers(_ name: String, _ values: [UInt64], to writer: inout JSONWriter) {
    writer.name(name)
    writer.array { writer in for value in values { writer.integer(value) } }
  }

  private static func queues(_ control: ControlCounters, to writer: inout JSONWriter) {
    writer.member("requests", control.requestsWaiting)
    writer.member("commands", control.commandsWaiting)
    writer.member("passwords", control.passwordsWaiting)
    writer.member("feed", control.feedWaiting)
  }

  /// A histogram of times, written in seconds.
  private struct Seconds: JSONWritable {
    let histogram: NumberHistogram
    init(_ histogram: NumberHistogram) { self.histogram = histogram }

    func write(to writer: inout JSONWriter) {
      writer.object { writer in
        writer.name("bounds")
        writer.array { writer in
          for bound in histogram.bounds { writer.verbatim { Decimal.append(nanoseconds: bound, to: &$0) } }
        }
        numbers("counts", histogram.counts, to: &writer)
        writer.name("sum")
        writer.verbatim { Decimal.append(nanoseconds: histogram.sum, to: &$0) }
        writer.member("count", histogram.count)
      }
    }
  }
}

extension EventAudience: JSONWritable {
  func write(to writer: inout JSONWriter) {
    writer.object { writer in
      writer.member("eventId", event.rawValue)
      writer.member("subscribers", subscribers)
      writer.member("lagging", lagging)
    }
  }
}
