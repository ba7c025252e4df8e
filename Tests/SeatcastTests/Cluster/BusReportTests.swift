import Testing

@testable import seatcast

@Suite("BusReport")
struct BusReportTests {
  @Test("Its numbers are metrics, and without a bus there are none")
  func metrics() {
    #expect(MetricFamily.bus(nil).isEmpty)
    let report = BusReport(state: .connected, followed: 3, sent: 4, heard: 5, unsent: 6, slow: 7, losses: 8)
    let text = MetricsText.render(MetricFamily.bus(report), as: .prometheus)
    for line in [
      "seatcast_bus_connected 1", "seatcast_bus_events 3", "seatcast_bus_sent_total 4",
      "seatcast_bus_heard_total 5",
      "seatcast_bus_unsent_total 6", "seatcast_bus_slow_total 7", "seatcast_bus_losses_total 8",
    ] {
      #expect(text.contains(line + "\n"), "\(line)")
    }
  }

  @Test("Only what is bad news is a warning")
  func news() {
    let all = [BusNews.connected, .unreachable("x"), .lost("x"), .trouble("x")]
    #expect(all.map(\.entry.level) == [.info, .warning, .warning, .warning])
    #expect(all.dropFirst().allSatisfy { $0.entry.facts.contains { $0.value == "x" } })
  }
}
