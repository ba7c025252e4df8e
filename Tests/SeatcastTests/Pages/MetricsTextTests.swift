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
}
