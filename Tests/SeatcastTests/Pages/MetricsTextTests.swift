import Testing

@testable import seatcast

@Suite("Metrics text")
struct MetricsTextTests {
  @Test("Each family has its help, its type, then its samples")
  func families() {
    let text = MetricsText.render([
      .counter("requests_total", "Requests taken", 3),
      MetricFamily(
        name: "loop_connections", kind: .gauge, help: "Open connections",
        samples: [
          .init(labels: [.init(name: "loop", value: "0")], value: 1),
          .init(labels: [.init(name: "loop", value: "1"), .init(name: "x", value: "y")], value: .max),
        ]),
    ])
    #expect(
      text == """
        # HELP seatcast_requests_total Requests taken
        # TYPE seatcast_requests_total counter
        seatcast_requests_total 3
        # HELP seatcast_loop_connections Open connections
        # TYPE seatcast_loop_connections gauge
        seatcast_loop_connections{loop="0"} 1
        seatcast_loop_connections{loop="1",x="y"} 18446744073709551615

        """)
  }

  @Test("What would break a line or a label is escaped")
  func escaping() {
    let text = MetricsText.render([
      MetricFamily(
        name: "x", kind: .gauge, help: "a\n\"b\"\\",
        samples: [.init(labels: [.init(name: "l", value: "a\n\"b\"\\")], value: 0)])
    ])
    #expect(text.contains(#"# HELP seatcast_x a\n"b"\\"#))
    #expect(text.contains(#"seatcast_x{l="a\n\"b\"\\"} 0"#))
    #expect(text.split(separator: "\n").count == 3)
  }

  @Test("OpenMetrics names the family without its ending, tells units, and has an end")
  func openMetrics() {
    let families: [MetricFamily] = [
      .counter("idle_seconds_total", "Idle \"time\"", 1_250, .milliseconds),
      .info("build_info", "The version", [.init(name: "version", value: "1")]),
      .gauge("sent_bytes", "Bytes", 3),
    ]
    #expect(
      MetricsText.render(families, as: .openMetrics) == """
        # HELP seatcast_idle_seconds Idle \\"time\\"
        # TYPE seatcast_idle_seconds counter
        # UNIT seatcast_idle_seconds seconds
        seatcast_idle_seconds_total 1.25
        # HELP seatcast_build The version
        # TYPE seatcast_build info
        seatcast_build_info{version="1"} 1
        # HELP seatcast_sent_bytes Bytes
        # TYPE seatcast_sent_bytes gauge
        # UNIT seatcast_sent_bytes bytes
        seatcast_sent_bytes 3
        # EOF

        """)
    #expect(MetricsText.render(families).contains("# TYPE seatcast_build_info gauge\n"))
  }

  @Test("A histogram's buckets add up, and its bounds are in the base unit")
  func histogram() {
    let family = MetricFamily.histogram(
      "x_seconds", "A time",
      [.init(bounds: [500_000, 2_000_000_000], counts: [1, 2, 3], sum: 12_000_000_001, scale: .nanoseconds)])
    #expect(
      MetricsText.render([family]) == """
        # HELP seatcast_x_seconds A time
        # TYPE seatcast_x_seconds histogram
        seatcast_x_seconds_bucket{le="0.0005"} 1
        seatcast_x_seconds_bucket{le="2"} 3
        seatcast_x_seconds_bucket{le="+Inf"} 6
        seatcast_x_seconds_sum 12.000000001
        seatcast_x_seconds_count 6

        """)
    #expect(MetricsText.render([family], as: .openMetrics).contains(#"_bucket{le="2.0"} 3"#))
  }

  @Test(
    "OpenMetrics is for whoever prefers it",
    arguments: [
      ("", false), ("*/*", false), ("text/plain", false), ("application/openmetrics-text", true),
      ("application/openmetrics-text; version=1.0.0; charset=utf-8", true),
      ("application/openmetrics-text;version=2.0.0", false),
      ("text/plain;q=0.9, application/openmetrics-text;version=1.0.0;q=0.8", false),
      ("text/plain;q=0.4, application/openmetrics-text;version=1.0.0;q=0.5", true),
      ("application/openmetrics-text;q=0", false), ("application/openmetrics-text;q=x", false),
      (
        "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,"
          + "text/plain;version=0.0.4;q=0.5,*/*;q=0.1", true
      ),
    ] as [(String, Bool)])
  func negotiation(accept: String, isOpen: Bool) {
    #expect((MetricsFormat(accept: [accept]) == .openMetrics) == isOpen)
  }
}
