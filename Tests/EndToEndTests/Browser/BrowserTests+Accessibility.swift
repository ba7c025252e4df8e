// The states of a sale and of a buyer, judged by axe-core.
import TestSupport
import Testing

extension BrowserTests {
  @Test(
    "axe-core finds nothing in any state of the page",
    .enabled(if: axe != nil, "no .build-tools/axe.min.js; script/bootstrap --tests fetches it"))
  func accessible() async throws {
    let types: JSON = [["name": "Stalls", "capacity": 2], ["name": "Balcony", "capacity": 2]]
    try await browse(seats: 4, more: ["types": types]) { site, browser in
      let viewer = try browser.openPage(site.eventAddress)
      try viewer.waitForText("Balcony", in: "types")
      try viewer.requireAccessible("logged out")
      let buyer = try site.window(in: browser, of: "buyer")
      try buyer.waitUntilActive()
      try buyer.requireAccessible("on sale")
      try buyer.click("hold-button")
      try buyer.waitForText("1 seat held for you", in: "hold")
      try buyer.requireAccessible("a hold")
      try buyer.click("confirm-hold")
      try buyer.wait("it is a booking", until: buyer.element("booking"))
      try buyer.fill("quantity", "99")
      try buyer.waitUntilInactive("You can book at most")
      try buyer.requireAccessible("a booking, and a quantity that is too large")
      try site.changeEvent(["status": "paused"])
      try buyer.waitUntilInactive("Sales are paused")
      try buyer.requireAccessible("paused")
      try site.changeEvent(["status": "cancelled"])
      try buyer.waitUntilInactive("This event is cancelled")
      try buyer.requireAccessible("cancelled")

      let other = try site.addEvent(["name": "Small", "seatCapacity": 1])
      _ = try buyer.evaluate("location.hash = '#/events/\(other)'")
      try buyer.waitUntilActive()
      try buyer.click("book-button")
      try buyer.waitUntilInactive("Sold out")
      try buyer.click("join-waitlist")
      try buyer.waitForText("You are number 1 in line", in: "waitlist-place")
      try buyer.requireAccessible("waiting")
      let later = try site.addEvent([
        "name": "Later", "seatCapacity": 5, "opensAt": "2099-01-01T10:00:00.000Z",
      ])
      _ = try buyer.evaluate("location.hash = '#/events/\(later)'")
      try buyer.waitForText("Sales open in", in: "next-moment")
      try buyer.requireAccessible("not open yet")
      _ = try buyer.evaluate("location.hash = '#/'")
      try buyer.wait("the list", until: buyer.element("event-card"))
      try buyer.requireAccessible("the list")
    }
  }
}
