// docs/METRICS.md is made from the families as they are, so that no metric is missing there.
import FoundationEssentials
import TestSupport
import Testing

@testable import ControlPlane
@testable import FanoutCore
@testable import seatcast

@Suite("Reference of metrics")
struct MetricsReferenceTests {
  @Test("docs/METRICS.md has every family, as the code says it")
  func document() throws {
    let text = MetricsReference.render(MetricsReference.families)
    let path = SourceTree.root + "/docs/METRICS.md"
    if ProcessInfo.processInfo.environment["SEATCAST_WRITE_DOCUMENTS"] != nil {
      try Data(text.utf8).write(to: URL(filePath: path))
    }
    let kept = contents(of: path).map { String(decoding: $0, as: UTF8.self) }
    #expect(kept == text, "write it anew: SEATCAST_WRITE_DOCUMENTS=1 swift test --filter MetricsReference")
  }

  @Test("A family's labels stand once each, without those of buckets")
  func labels() {
    let family = MetricFamily.histogram(
      "x_seconds", "A time",
      [
        .init(
          labels: [.init(name: "route", value: "a")], bounds: [1], counts: [0, 0], sum: 0, scale: .nanoseconds
        )
      ])
    #expect(
      MetricsReference.render([family]).contains("| `seatcast_x_seconds` | histogram | `route` | A time |\n"))
  }
}

enum MetricsReference {
  /// Every family that a server tells, each with at least one sample.
  static var families: [MetricFamily] {
    var counters = ControlCounters.none
    let request = RequestTimes(
      kind: 0, statusClass: 2, times: Histogram(bounds: [1], counts: [1, 0], sum: 1))
    counters.backupAgeSeconds = 0
    counters.nodes = ControlCounters.Nodes()
    return MetricFamily.process(
      ProcessMemory(resident: 0, anonymous: 0), descriptorLimit: 0, startedAt: Instant(milliseconds: 0))
      + MetricFamily.plane([LoopCounts()], sender: "send") + MetricFamily.delivery([])
      + MetricFamily.backend(counters) + MetricFamily.bus(BusReport()) + [.requests([request], .ofServer)]
  }

  static func render(_ families: [MetricFamily]) -> String {
    let rows = families.sorted { $0.name < $1.name }.map { family in
      "| `\(MetricsText.prefix)\(family.name)` | \(family.kind.rawValue) | \(labels(of: family)) | \(family.help) |\n"
    }
    return """
      # Metrics

      What `/metrics` tells, in the Prometheus text format, or as OpenMetrics 1.0 for whoever asks for
      `application/openmetrics-text`. Times are in seconds, sizes in bytes. Counters begin at zero with the process. Numbers with
      the label `loop` are as of the loop's last tick, a tenth of a second ago at most. What to watch is in
      [OPERATING.md](OPERATING.md#monitoring). This page is made from the code.

      | metric | type | labels | meaning |
      |---|---|---|---|
      \(rows.joined())
      """
  }

  /// In the order in which they stand, each once.
  private static func labels(of family: MetricFamily) -> String {
    var names: [String] = []
    for name in family.samples.flatMap({ $0.labels.map(\.name) }) where name != "le" && !names.contains(name)
    {
      names.append(name)
    }
    return names.map { "`\($0)`" }.joined(separator: ", ")
  }
}
