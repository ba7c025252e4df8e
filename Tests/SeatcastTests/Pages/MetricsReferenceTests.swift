import FoundationEssentials
import TestSupport
import Testing

@testable import seatcast

@Suite("Reference of metrics")
struct MetricsReferenceTests {
  @Test("docs/METRICS.md has every family, as the code says it")
  func document() throws {
    let text = MetricsReference.render(MetricsReference.families)
    let path = sourceFolder + "/docs/METRICS.md"
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
