import ControlPlane
import Testing

@testable import seatcast

@Suite("Metrics of the process")
struct ProcessMetricsTests {
  @Test("The version and the moment of the start are told")
  func identity() {
    let text = MetricsText.render(
      MetricFamily.process(
        ProcessMemory(resident: 9, anonymous: 4), descriptorLimit: 20_000,
        startedAt: Instant(milliseconds: 1_700_000_000_250)))
    #expect(text.contains("\nseatcast_build_info{version=\"\(Version.number)\"} 1\n"))
    #expect(text.contains("\nseatcast_start_time_seconds 1700000000.25\n"))
    #expect(text.contains("\nseatcast_resident_bytes 9\n"))
  }
}
