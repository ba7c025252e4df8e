// The numbers of a server at one moment (`GET /api/server/stats`), and what became of them between two moments. Pure.
import SeatcastClient

struct StatsSample: Sendable {
  /// A histogram as the server tells it: counts by bucket, one more than there are bounds.
  struct Histogram: Sendable, Equatable {
    var bounds: [Double] = []
    var counts: [Double] = []

    /// The bound of the bucket in which this part of all observations ends; nil: there are none, or it is above all bounds.
    func quantile(_ part: Double) -> Double? {
      let all = counts.reduce(0, +)
      guard all > 0 else { return nil }
      var sum = 0.0
      for (bound, count) in zip(bounds, counts) {
        sum += count
        if sum >= all * part { return bound }
      }
      return nil
    }

    /// What was observed since `earlier`; nil when that is of another run.
    func since(_ earlier: Histogram) -> Histogram? {
      guard bounds == earlier.bounds, counts.count == earlier.counts.count else { return nil }
      let added = zip(counts, earlier.counts).map { $0 - $1 }
      return added.allSatisfy { $0 >= 0 } ? Histogram(bounds: bounds, counts: added) : nil
    }
  }

  struct Audience: Sendable, Equatable {
    let eventID: Int
    let subscribers: Int
    let lagging: Int
  }

  static let totalNames = [
    "bookings", "cancellations", "confirmations", "expiries", "deliveries", "conflations", "requests",
    "refusals", "commits",
  ]
  static let gaugeNames = ["open", "webSockets", "eventStreams", "anonymous", "lagging", "blocked"]
  static let histogramNames = ["commitToWire", "commitToLastSubscriber", "sync"]

  let version: String
  let startedAt: String
  /// Milliseconds since 1970, by the server's clock.
  let time: Int64
  let uptimeSeconds: Int
  private(set) var gauges: [String: Double] = [:]
  private(set) var totals: [String: Double] = [:]
  private(set) var refusals: [(name: String, count: Double)] = []
  private(set) var histograms: [String: Histogram] = [:]
  let subscriptions: Double
  let topics: Double
  let memory: Double?
  private(set) var audiences: [Audience] = []

  /// Nil: this is no answer of that kind.
  init?(_ body: [UInt8]) {
    guard let stats = JSONReading(body), let time = stats.moment("time"),
      let uptime = stats.number("uptimeSeconds")
    else { return nil }
    (self.time, uptimeSeconds) = (time, Numbers.whole(uptime))
    version = stats.text("version") ?? ""
    startedAt = stats.text("startedAt") ?? ""
    subscriptions = stats.number("subscriptions") ?? 0
    topics = stats.number("topics") ?? 0
    memory = stats.member("memory")?.number("residentBytes")
    for name in Self.gaugeNames { gauges[name] = stats.member("connections")?.number(name) }
    for name in Self.totalNames { totals[name] = stats.member("totals")?.number(name) }
    for group in ["refusals", "rateLimited"] {
      guard let counts = stats.member(group) else { continue }
      refusals += counts.names.map { (name: $0, count: counts.number($0) ?? 0) }
    }
    for name in Self.histogramNames {
      guard let histogram = stats.member("histograms")?.member(name) else { continue }
      histograms[name] = Histogram(bounds: histogram.numbers("bounds"), counts: histogram.numbers("counts"))
    }
    audiences = (stats.elements("events")).compactMap { row in
      guard let event = row.number("eventId"), let subscribers = row.number("subscribers") else { return nil }
      return Audience(
        eventID: Numbers.whole(event), subscribers: Numbers.whole(subscribers),
        lagging: Numbers.whole(row.number("lagging") ?? 0))
    }
  }

  // MARK: Between two moments

  /// Whether `earlier` is of the same run of the server and before this.
  func continues(_ earlier: StatsSample) -> Bool { startedAt == earlier.startedAt && time > earlier.time }

  /// By how much a total grew per second; nil: nobody knows.
  func rate(_ name: String, since earlier: StatsSample?) -> Double? {
    guard let earlier, continues(earlier), let now = totals[name], let before = earlier.totals[name],
      now >= before
    else { return nil }
    return (now - before) * 1_000 / Double(time - earlier.time)
  }

  /// The reasons of refusals that grew, with their rates, the greatest first.
  func refusalRates(since earlier: StatsSample?) -> [(name: String, rate: Double)] {
    guard let earlier, continues(earlier) else { return [] }
    let before = Dictionary(earlier.refusals.map { ($0.name, $0.count) }) { first, _ in first }
    return refusals.compactMap { name, count in
      let grown = count - (before[name] ?? 0)
      return grown > 0 ? (name, grown * 1_000 / Double(time - earlier.time)) : nil
    }.sorted { $0.rate > $1.rate }
  }

  /// What a histogram observed in between.
  func observed(_ name: String, since earlier: StatsSample?) -> Histogram? {
    guard let earlier, continues(earlier), let before = earlier.histograms[name] else { return nil }
    return histograms[name]?.since(before)
  }
}
