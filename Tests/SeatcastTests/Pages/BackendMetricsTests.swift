import Testing

@testable import ControlPlane
@testable import seatcast

@Suite("Metrics of the control plane")
struct BackendMetricsTests {
  @Test("Refusals have a sample for each reason, also for those that never came")
  func refusals() throws {
    var counters = ControlCounters.none
    counters.refusedBy[RefusalReason.soldOut.index] = 3
    let family = try #require(MetricFamily.backend(counters).first { $0.name == "refusals_total" })
    #expect(family.samples.count == RefusalReason.allCases.count)
    #expect(family.samples.first == .init(labels: [.init(name: "reason", value: "sold-out")], value: 3))
  }

  @Test("Commit times are told in seconds")
  func commits() {
    var counters = ControlCounters.none
    counters.commitTimes.record(1_500_000)
    let text = MetricsText.render(MetricFamily.backend(counters))
    #expect(text.contains("\nseatcast_ledger_commit_seconds_sum 0.0015\n"))
    #expect(text.contains("\nseatcast_ledger_commit_seconds_bucket{le=\"0.0025\"} 1\n"))
  }
}
