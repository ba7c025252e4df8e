import Testing

@testable import seatcast

@Suite("Metric families")
struct MetricFamilyTests {
  @Test("The unit is the last word of the name, before the ending of its kind")
  func units() {
    #expect(MetricFamily.counter("sent_bytes_total", "x", 0).unit == "bytes")
    #expect(MetricFamily.gauge("age_seconds", "x", 0).unit == "seconds")
    #expect(MetricFamily.gauge("bytes_waiting", "x", 0).unit == nil)
    #expect(MetricFamily.info("build_info", "x", []).stem == "build")
    #expect(MetricFamily.counter("sent_bytes_total", "x", 0).stem == "sent_bytes")
  }

  @Test("Counters by a label have a sample each")
  func byLabel() {
    let family = MetricFamily.counters("x_total", "x", by: "reason", [("a", 1), ("b", 2)])
    #expect(family.samples.map(\.value) == [1, 2])
    #expect(family.samples.last?.labels == [.init(name: "reason", value: "b")])
  }
}
