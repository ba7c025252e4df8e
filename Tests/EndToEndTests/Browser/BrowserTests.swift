// What people see: the built server, its page, and real Chromium windows that are used as a person uses them.
// Method: each test has its own server with a temporary folder and its own browser; nothing is timed, waits
// only give up. The pages' complaints (uncaught exceptions, content policy) must stay empty.
import TestSupport
import Testing

@Suite(
  .serialized,
  .enabled(
    if: Chromium.program != nil, "no chromium on PATH; script/bootstrap installs it where apt is available"))
struct BrowserTests {
  @Test("A booking in one window changes the count in another window without a reload")
  func bookingReachesTheOtherWindow() async throws {
    let complaints = try await onItsOwnThread {
      let site = try BrowserSite(seats: 50)
      let browser = try Chromium()
      let buyer = try site.window(in: browser, of: "buyer")
      let watcher = try site.window(in: browser, of: "watcher")
      try watcher.waitForNumber(50, in: "available-seats")

      try buyer.fill("quantity", "3")
      try buyer.click("book-button")

      try watcher.waitForNumber(47, in: "available-seats")
      try buyer.waitForNumber(47, in: "available-seats")
      try watcher.wait(
        "the feed tells it", until: "\(watcher.element("feed-item")).dataset.type === 'booking_created'")
      try buyer.click("cancel-booking")
      try watcher.waitForNumber(50, in: "available-seats")
      return browser.complaints
    }
    #expect(complaints == [])
  }

  @Test("A window comes back by itself after the server was killed, with the right count")
  func windowResumes() async throws {
    let complaints = try await onItsOwnThread {
      let site = try BrowserSite(seats: 20)
      let browser = try Chromium()
      let window = try site.window(in: browser, of: "watcher")
      try window.click("book-button")
      try window.waitForNumber(19, in: "available-seats")

      try site.killAndRestart {
        try window.wait(
          "the page says so", until: "\(window.element("connection-state")).dataset.state !== 'live'")
      }
      try site.book(4)

      try window.waitUntilLive()
      try window.waitForNumber(15, in: "available-seats")
      return browser.complaints
    }
    #expect(complaints == [])
  }

  @Test("A new account sees the event that an admin creates and the capacity that the admin changes")
  func adminCreatesAndChanges() async throws {
    let complaints = try await onItsOwnThread {
      let site = try BrowserSite(seats: 5)
      let browser = try Chromium()
      let admin = try browser.openPage(site.address)
      try admin.logIn(ServerProcess.adminEmail, ServerProcess.adminPassword)
      try admin.fill("create-name", "Evening <in> the garden")
      try admin.fill("create-capacity", "30")
      try admin.click("create-button")
      try admin.waitForNumber(30, in: "available-seats")

      let guest = try browser.openPage(site.address + (try admin.evaluate("location.hash").string ?? ""))
      try guest.click("choose-register")
      try guest.fill("register-name", "Guest")
      try guest.fill("register-email", "guest@browser.test")
      try guest.fill("register-password", BrowserSite.password)
      try guest.click("register-button")
      try guest.waitUntilLive()
      try guest.wait(
        "the name is shown as it is",
        until: "\(guest.element("event-name")).textContent === 'Evening <in> the garden'")

      try admin.fill("new-capacity", "44")
      try admin.click("capacity-button")

      try guest.waitForNumber(44, in: "available-seats")
      try guest.waitForNumber(44, in: "seat-capacity")
      return browser.complaints
    }
    #expect(complaints == [])
  }
}
