import Testing

@testable import ControlPlane
@testable import FanoutCore
@testable import seatcast

@Suite("Metrics of the planes")
struct PlaneMetricsTests {
  private var families: [MetricFamily] {
    var counters = ControlCounters.none
    counters.bookings = 7
    counters.requestsWaiting = 3
    return MetricFamily.plane([LoopCounts(), LoopCounts()], sender: "send") + MetricFamily.delivery([])
      + MetricFamily.backend(counters)
      + MetricFamily.process(
        ProcessMemory(resident: 9, anonymous: 4), descriptorLimit: 20_000,
        startedAt: Instant(milliseconds: 1_500))
  }

  @Test("Each name stands once, counters end in _total and nothing else does")
  func names() {
    #expect(Set(families.map(\.name)).count == families.count)
    for family in families {
      #expect(family.name.hasSuffix("_total") == (family.kind == .counter), "\(family.name)")
      #expect(family.name.hasSuffix("_info") == (family.kind == .info), "\(family.name)")
      for unit in ["milliseconds", "minutes", "kilobytes"] { #expect(!family.name.contains(unit)) }
      #expect(family.name.allSatisfy { $0.isLowercase || $0 == "_" })
      #expect(!family.help.isEmpty && !family.help.hasSuffix("."))
    }
  }

  @Test("Loops are told apart by a label, the control plane has one sample each")
  func samples() throws {
    let open = try #require(families.first { $0.name == "connections_open" })
    #expect(
      open.samples.map(\.labels) == [[.init(name: "loop", value: "0")], [.init(name: "loop", value: "1")]])
    #expect(families.first { $0.name == "bookings_total" }?.samples == [.init(value: 7)])
    #expect(families.first { $0.name == "anonymous_bytes" }?.samples == [.init(value: 4)])
    #expect(families.first { $0.name == "descriptor_limit" }?.samples == [.init(value: 20_000)])
    #expect(families.first { $0.name == "requests_waiting" }?.samples == [.init(value: 3)])
    #expect(
      families.first { $0.name == "sender_info" }?.samples
        == [.init(labels: [.init(name: "sender", value: "send")], value: 1)])
  }
}
