import Testing

@testable import seatcast

@Suite("RehearsalChart")
struct RehearsalChartTests {
  /// 30 bookings in the first tenth of a second, 10 in the second.
  private let chart = RehearsalChart(
    bookedAt: (0..<30).map { Int64($0 * 3_000) } + (0..<10).map { Int64(100_000 + $0 * 9_000) }, seats: 50,
    quantity: 1, width: 10)

  @Test("The curve has a column for each slot of time, and its scale")
  func text() {
    #expect(chart.slots.reduce(0, +) == 40 && chart.slots.count <= 10)
    let lines = chart.text(height: 4).split(separator: "\n")
    #expect(lines.count == 6 && lines[0].contains("/s │█") && lines[3].contains("0/s │█"))
    #expect(RehearsalChart(bookedAt: [], seats: 1, quantity: 1, width: 10).text().isEmpty)
  }

  @Test("The picture is SVG with both curves, and a title cannot break it")
  func svg() {
    let svg = chart.svg(title: "a < b & c")
    #expect(svg.hasPrefix("<svg ") && svg.hasSuffix("</svg>\n"))
    #expect(svg.contains("<title>a &lt; b &amp; c</title>") && svg.contains("seats left"))
    #expect(svg.split(separator: "<polyline").count == 4)
    #expect(RehearsalChart(bookedAt: [], seats: 1, quantity: 1, width: 10).svg(title: "").contains("</svg>"))
  }
}

@Suite("ProgressBar")
struct ProgressBarTests {
  @Test("It is empty, half or full, by eighths of a character")
  func bars() {
    #expect(ProgressBar.text(0, of: 8, width: 4) == "[    ]")
    #expect(ProgressBar.text(5, of: 16, width: 2) == "[▋ ]")
    #expect(ProgressBar.text(8, of: 8, width: 4) == "[████]" && ProgressBar.text(1, of: 0, width: 1) == "[ ]")
  }
}
