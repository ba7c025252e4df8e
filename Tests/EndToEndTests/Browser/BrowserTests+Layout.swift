// How the page is laid out: in narrow windows, with long names and large numbers, and from right to left.
import TestSupport
import Testing

extension BrowserTests {
  @Test(
    "A name without spaces and a million seats fit into every width",
    arguments: [(320, 250_000), (320, 1_000_000), (375, 1_000_000), (1280, 250_000)])
  func narrowWindows(width: Int, seats: Int) async throws {
    let name = JSON.string(String(repeating: "Wagner", count: 33) + "::")
    try await browse(seats: seats, more: ["name": name, "venue": name, "maxPerBooking": 1_000]) {
      site, browser in
      let page = try browser.openPage(site.eventAddress)
      try page.resize(width: width)
      try page.wait("the event is shown", until: "!document.getElementById('stage').hidden")
      try requireFit(page, width, "signed out")
      try page.logIn(ServerProcess.adminEmail, ServerProcess.adminPassword)
      try page.fill("quantity", "1000")
      try page.click("book-button")
      try page.waitForNumber(seats - 1000, in: "available-seats")
      try page.wait("the feed tells it", until: page.element("feed-item"))
      try requireFit(page, width, "an admin's event")
      let overlaps = """
        (() => {
          const count = document.getElementById('available').getBoundingClientRect()
          const hits = (dot) => dot.right > count.left && dot.left < count.right && dot.bottom > count.top + count.height * 0.2
          return [...document.querySelectorAll('.seat')].filter((dot) => hits(dot.getBoundingClientRect())).length
        })()
        """
      try page.require("no dot is under the count", "\(overlaps) === 0")
      try page.require("the header is one line", "document.querySelector('.top').offsetHeight < 80")
      _ = try page.evaluate("location.hash = '#/'")
      try page.wait("the list", until: page.element("event-card"))
      try requireFit(page, width, "the list")
    }
  }

  private func requireFit(_ page: BrowserPage, _ width: Int, _ what: String) throws {
    let widths = try page.evaluate("`${document.documentElement.scrollWidth} in ${innerWidth}`")
    let fits = "document.documentElement.scrollWidth <= \(width) && innerWidth === \(width)"
    try page.require("\(what) fits: \(widths.text)", fits)
  }

  @Test("In a right-to-left page every number reads from left to right")
  func rightToLeft() async throws {
    try await browse(seats: 1221) { site, browser in
      let window = try site.window(in: browser, of: "reader")
      try site.book(4)
      _ = try window.evaluate("document.documentElement.dir = 'rtl'")
      try window.waitForNumber(1217, in: "available-seats")
      try window.wait("the feed tells it", until: window.element("feed-item"))
      // Each run of digits, wherever it is, is laid out with rising edges.
      let falling = """
        [...document.querySelectorAll('.num')].filter((run) => {
          const walker = document.createTreeWalker(run, NodeFilter.SHOW_TEXT)
          const edges = []
          for (let text = walker.nextNode(); text; text = walker.nextNode()) {
            for (let at = 0; at < text.length; at += 1) {
              const range = document.createRange()
              range.setStart(text, at)
              range.setEnd(text, at + 1)
              edges.push(range.getBoundingClientRect().left)
            }
          }
          return edges.some((edge, at) => at > 0 && edge < edges[at - 1])
        }).map((run) => run.textContent).join()
        """
      let found = try window.evaluate(falling)
      guard found == "" else { throw TestFailure("read from right to left: \(found.text)") }
      try window.require("numbers are marked", "document.querySelectorAll('.num').length > 8")
      let style = "getComputedStyle(\(window.element("available-seats")))"
      try window.require(
        "the count is one isolated run",
        "\(style).direction === 'ltr' && \(style).unicodeBidi === 'isolate'")
      let matrix = "new DOMMatrix(getComputedStyle(document.getElementById('seat-map')).transform)"
      try window.require("free seats begin at the right, as the bar does", "\(matrix).a === -1")
      try window.require("nothing overflows", "document.documentElement.scrollWidth <= innerWidth")
    }
  }
}
