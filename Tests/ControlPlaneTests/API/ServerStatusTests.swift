import TestSupport
import Testing

@testable import ControlPlane

/// A data plane that says what the test says.
struct ScriptedInsight: ServerInsight {
  var plane = PlaneNumbers()
  var loops: [PartFanout]? = []
  func numbers() -> PlaneNumbers { plane }
  func fanout(of event: EventID) -> [PartFanout]? { loops }
}

@Suite("Server status")
struct ServerStatusTests {
  private let clock = StillClock(milliseconds: 1_700_000_090_500)

  private func stats(_ plane: PlaneNumbers, _ counters: ControlCounters = .none) throws -> JSON {
    let status = ServerStatus(insight: ScriptedInsight(plane: plane), clock: clock)
    status.count { counters }
    return try JSON(parsing: try #require(status.stats()))
  }

  @Test("The numbers of both planes are one object")
  func numbers() throws {
    var plane = PlaneNumbers()
    plane.startedAt = Instant(milliseconds: 1_700_000_000_000)
    (plane.version, plane.connectionsOpen, plane.lagging, plane.deliveries) = ("1.2.3", 9, 2, 77)
    plane.refusedByLimit = [("messages", 4)]
    var counters = ControlCounters.none
    (counters.bookings, counters.commandsWaiting) = (5, 3)
    counters.refusedBy[RefusalReason.soldOut.index] = 6
    let stats = try stats(plane, counters)
    #expect(stats["uptimeSeconds"] == 90 && stats["version"] == "1.2.3")
    #expect(stats["connections"]?["open"] == 9 && stats["connections"]?["lagging"] == 2)
    #expect(stats["totals"]?["bookings"] == 5 && stats["totals"]?["deliveries"] == 77)
    #expect(stats["refusals"]?["sold-out"] == 6 && stats["refusals"]?["other"] == 0)
    #expect(stats["rateLimited"]?["messages"] == 4)
    #expect(stats["queues"]?["commands"] == 3)
  }

  @Test("Histograms are bucket arrays, times in seconds")
  func histograms() throws {
    var plane = PlaneNumbers()
    plane.commitToWire = NumberHistogram(
      bounds: [100_000, 2_500_000_000], counts: [1, 0, 2], sum: 7_000_000_100)
    var counters = ControlCounters.none
    counters.batchSizes.record(3)
    counters.batchSizes.record(600)
    let histograms = try #require(try stats(plane, counters)["histograms"])
    #expect(
      histograms["commitToWire"]
        == .object([
          "bounds": [.fraction(0.0001), .fraction(2.5)], "counts": [1, 0, 2], "sum": .fraction(7.0000001),
          "count": 3,
        ]))
    #expect(histograms["batchSize"]?["sum"] == 603)
    #expect(histograms["batchSize"]?["counts"] == [0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1])
    #expect(histograms["sync"]?["count"] == 0)
  }

  @Test("At most 50 events are told")
  func events() throws {
    var plane = PlaneNumbers()
    plane.events = (1...80).map {
      EventAudience(event: EventID(Int64($0)), subscribers: 100 - $0, lagging: 1)
    }
    let events = try #require(try stats(plane)["events"]?.array)
    #expect(events.count == 50)
    #expect(events.first == .object(["eventId": 1, "subscribers": 99, "lagging": 1]))
  }

  @Test("Without a data plane there are no numbers")
  func alone() { #expect(ServerStatus(insight: nil, clock: clock).stats() == nil) }
}
