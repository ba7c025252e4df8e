import Testing

@testable import seatcast

/// Two answers of a server, two seconds apart.
func stats(time: String, bookings: Int, soldOut: Int, counts: String) -> [UInt8] {
  Array(
    """
    {"time":"2026-01-31T20:00:\(time).000Z","startedAt":"2026-01-31T19:00:00.000Z","uptimeSeconds":3600,"version":"0.1.0",
    "connections":{"open":1234,"webSockets":1200,"eventStreams":3,"anonymous":2,"lagging":1,"blocked":0},
    "subscriptions":1203,"topics":12,"totals":{"bookings":\(bookings),"requests":10},
    "refusals":{"sold-out":\(soldOut),"closed":1},"rateLimited":{"requests-user":0},
    "histograms":{"commitToWire":{"bounds":[0.001,0.002,0.004],"counts":[\(counts)],"sum":0.1,"count":9}},
    "queues":{},"memory":{"residentBytes":2097152},"events":[{"eventId":7,"subscribers":1200,"lagging":1}]}
    """.utf8)
}

@Suite("StatsSample")
struct StatsSampleTests {
  private let earlier = StatsSample(stats(time: "00", bookings: 100, soldOut: 1, counts: "5,5,0,0"))
  private let later = StatsSample(stats(time: "02", bookings: 300, soldOut: 5, counts: "5,15,10,1"))

  @Test("Rates are differences over the server's own time")
  func rates() throws {
    let later = try #require(later)
    #expect(later.rate("bookings", since: earlier) == 100 && later.rate("bookings", since: nil) == nil)
    #expect(later.rate("deliveries", since: earlier) == nil)
    let refused = later.refusalRates(since: earlier)
    #expect(refused.count == 1 && refused[0].name == "sold-out" && refused[0].rate == 2)
    #expect(later.audiences == [StatsSample.Audience(eventID: 7, subscribers: 1_200, lagging: 1)])
  }

  @Test("Quantiles are of what was observed in between")
  func quantiles() throws {
    let seen = try #require(later?.observed("commitToWire", since: earlier))
    #expect(seen.counts == [0, 10, 10, 1])
    #expect(seen.quantile(0.4) == 0.002 && seen.quantile(0.9) == 0.004 && seen.quantile(1) == nil)
    #expect(StatsSample.Histogram().quantile(0.5) == nil)
  }

  @Test("Another run of the server has no rates, and another answer is none")
  func refuses() throws {
    let later = try #require(later)
    let text = String(decoding: stats(time: "00", bookings: 1, soldOut: 0, counts: "0,0,0,0"), as: UTF8.self)
    let other = StatsSample(Array(text.replacing("T19:00:00", with: "T19:30:00").utf8))
    #expect(
      later.rate("bookings", since: other) == nil && later.observed("commitToWire", since: other) == nil)
    #expect(StatsSample(Array("{}".utf8)) == nil && StatsSample([]) == nil)
  }
}
