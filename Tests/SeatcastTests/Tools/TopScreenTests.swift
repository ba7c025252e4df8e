import Testing

@testable import seatcast

@Suite("TopScreen")
struct TopScreenTests {
  private let screen = TopScreen(server: "http://a", style: .plain)

  private func lines(columns: Int = 80, rows: Int = 40, note: String? = nil) throws -> [String] {
    let earlier = StatsSample(stats(time: "00", bookings: 100, soldOut: 1, counts: "5,5,0,0"))
    let later = try #require(StatsSample(stats(time: "02", bookings: 300, soldOut: 5, counts: "5,15,10,1")))
    return screen.lines(later, since: earlier, note: note, columns: columns, rows: rows)
  }

  @Test("The table has connections, rates, times and the most watched events")
  func table() throws {
    let text = try lines().joined(separator: "\n")
    #expect(text.hasPrefix("seatcast 0.1.0 at http://a  up 60 min  20:00:02 UTC\n"))
    #expect(text.contains("connections 1,234  web sockets 1,200") && text.contains("memory 2.0 MiB"))
    #expect(text.contains("bookings                 100.0             300"))
    #expect(text.contains("commit to wire              4.0 ms    4.0 ms         -"))
    #expect(text.contains("refused: sold-out 2.0/s") && text.hasSuffix("q: leave"))
    #expect(text.contains("7       1,200           1"))
    #expect(try lines(note: "gone").contains("gone"))
  }

  @Test("It never exceeds the terminal")
  func fits() throws {
    let small = try lines(columns: 20, rows: 5)
    #expect(small.count == 5 && small.allSatisfy { $0.count <= 20 })
  }

  @Test("Whatever a server says, it neither commands the terminal nor ends the program")
  func harmless() throws {
    let body = Array(
      """
      {"time":"9999-12-31T23:59:59.999Z","startedAt":"\u{9B}","uptimeSeconds":1e300,"version":"\u{9B}2J\u{202E}",
      "connections":{"open":-1e300},"subscriptions":1e308,"topics":1e400,"totals":{"bookings":1e200},
      "refusals":{"\u{9B}c":1e9},"memory":{"residentBytes":1e308},
      "histograms":{"sync":{"bounds":[1e300,-5],"counts":[1e308,1e308,7]}},
      "events":[{"eventId":1e99,"subscribers":-1e99,"lagging":1e99}]}
      """.utf8)
    guard let sample = StatsSample(body) else { return }
    let lines = screen.lines(sample, since: sample, note: "\u{1B}c", columns: 200, rows: 99)
    for line in lines + [TopScreen.json(body, sample, since: nil).filter { $0 != "\n" }] {
      #expect(
        line.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control && $0 != "\u{202E}" })
    }
  }

  @Test("Programs get the server's object with rates")
  func json() throws {
    let body = stats(time: "02", bookings: 300, soldOut: 5, counts: "5,15,10,1")
    let sample = try #require(StatsSample(body))
    let text = TopScreen.json(body, sample, since: nil)
    #expect(text.hasSuffix("\"commits\":null}}\n") && !text.dropLast().contains("\n"))
    #expect(text.contains("\"rates\":{\"bookings\":null"))
  }

  @Test("What the display does not know yet it does not draw")
  func display() {
    let display = TopDisplay(screen, isTable: true)
    display.draw()
  }
}
