// Holds, the waiting list, ticket types and viewers without an account, as people see them in their windows.
import TestSupport
import Testing

extension BrowserTests {
  @Test("A hold counts down, outlives a reload, fits into 320 pixels both ways, is extended and confirmed")
  func holdAndConfirm() async throws {
    try await browse(seats: 9) { site, browser in
      let buyer = try site.window(in: browser, of: "buyer")
      let watcher = try site.window(in: browser, of: "watcher")
      try buyer.waitUntilActive()
      try buyer.fill("quantity", "2")
      try buyer.click("hold-button")
      try buyer.waitForText("2 seats held for you", in: "hold")
      try watcher.waitForNumber(7, in: "available-seats")
      _ = try buyer.evaluate("location.reload()")
      try buyer.wait(
        "the time is told", until: "/^9:\\d\\d$/.test(\(buyer.element("hold-time")).textContent)")

      try buyer.resize(width: 320)
      let fits = "document.scrollingElement.scrollWidth <= 320 && innerWidth === 320"
      try buyer.require("the hold fits", fits)
      _ = try buyer.evaluate("document.documentElement.dir = 'rtl'")
      try buyer.require("the hold fits from right to left", fits)

      try buyer.click("extend-hold")
      try buyer.wait("it is extended once", until: "\(buyer.element("extend-hold")).hidden")
      try buyer.waitForText("14:", in: "hold-time")
      try buyer.click("confirm-hold")
      try buyer.waitForText("Booked 2 seats", in: "book-outcome")
      try buyer.wait("it is a booking", until: "\(buyer.element("booking")) && !\(buyer.element("hold"))")
    }
  }

  @Test("A hold that ends is told in words, and its seats are free again for everybody")
  func holdLapses() async throws {
    try await browse(seats: 9, more: ["holdSeconds": 3]) { site, browser in
      let buyer = try site.window(in: browser, of: "buyer")
      try buyer.waitUntilActive()
      try buyer.click("hold-button")
      try buyer.wait("it is held", until: buyer.element("hold"))
      try buyer.waitForText("Your hold of 1 seat has ended, and nothing was booked", in: "book-outcome")
      try buyer.require("the hold is gone", "!\(buyer.element("hold"))")
      try buyer.waitForNumber(9, in: "available-seats")
      try buyer.click("hold-button")
      try buyer.click("release-hold")
      try buyer.waitForText("You have let 1 seat go", in: "book-outcome")
    }
  }

  @Test(
    "Whoever waits sees the place in line, is offered the seats that another window returns, and takes them")
  func waitingList() async throws {
    try await browse(seats: 2) { site, browser in
      let buyer = try site.window(in: browser, of: "buyer")
      let waiting = try site.window(in: browser, of: "waiting")
      try buyer.waitUntilActive()
      try buyer.fill("quantity", "2")
      try buyer.click("book-button")
      try waiting.waitUntilInactive("Sold out")
      try waiting.click("join-waitlist")
      try waiting.waitForText("You are number 1 in line, for 1 seat.", in: "waitlist-place")
      try waiting.click("leave-waitlist")
      try waiting.waitForText("You have left the waiting list", in: "book-outcome")
      try waiting.require("no place is told", "\(waiting.element("waitlist-place")).textContent === ''")
      try waiting.click("join-waitlist")
      try waiting.waitForText("You are number 1 in line", in: "waitlist-place")
      try buyer.click("cancel-booking")
      try waiting.waitForText("1 seat offered to you", in: "hold")
      try waiting.click("confirm-hold")
      try waiting.waitForText("Booked 1 seat", in: "book-outcome")
      try buyer.waitForNumber(1, in: "available-seats")
    }
  }

  @Test("Ticket types are chosen and counted, also live in a window without an account")
  func ticketTypes() async throws {
    let types: JSON = [["name": "Stalls", "capacity": 6], ["name": "Balcony", "capacity": 3]]
    try await browse(seats: 9, more: ["types": types], arguments: ["--watch", "public"]) { site, browser in
      let viewer = try browser.openPage(site.eventAddress)
      try viewer.waitUntilLive()
      try viewer.waitForText("Balcony3 free", in: "types")
      let buyer = try site.window(in: browser, of: "buyer")
      try buyer.waitUntilActive()
      _ = try buyer.evaluate("document.querySelectorAll('[data-test=\"type-choice\"]')[1].click()")
      try buyer.fill("quantity", "3")
      try buyer.click("book-button")
      try viewer.waitForText("Balcony" + "Sold out", in: "types")
      try viewer.waitForNumber(6, in: "available-seats")
      try viewer.wait("the feed tells it", until: viewer.element("feed-item"))
      try viewer.require("it is live without a log-in", "\(viewer.element("as-of")).hidden")
      try buyer.waitUntilInactive("Sold out")
      _ = try buyer.evaluate("document.querySelectorAll('[data-test=\"type-choice\"]')[0].click()")
      try buyer.waitUntilActive()
    }
  }
}
