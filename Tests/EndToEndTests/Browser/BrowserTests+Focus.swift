// Where the keyboard's focus goes: nothing that the page draws again may drop it to the body.
import TestSupport
import Testing

extension BrowserTests {
  @Test("The focus goes from the log-in to the booking, stays at Book, and after a cancellation on the list")
  func focusWhileBooking() async throws {
    try await browse(seats: 20) { site, browser in
      let window = try site.window(in: browser, of: "reader")
      try window.requireFocus(on: "book-title")
      for bookings in 1...3 {
        try window.focus("book-button")
        try window.pressEnter()
        try window.wait(
          "\(bookings) bookings",
          until: "document.querySelectorAll('[data-test=booking]').length === \(bookings)")
        try window.waitUntilActive()
        try window.requireFocus(on: "book")
      }
      for bookings in [2, 1, 0] {
        try window.focus("cancel-booking")
        try window.pressEnter()
        try window.wait(
          "\(bookings) bookings",
          until: "document.querySelectorAll('[data-test=booking]').length === \(bookings)")
        if bookings == 0 {
          try window.requireFocus(on: "bookings-title")
        } else {
          let cancel = window.element("cancel-booking")
          try window.require("the next row has the focus", "document.activeElement === \(cancel)")
        }
      }
      try window.focus("log-out")
      try window.pressEnter()
      try window.wait("the log-in has the focus", until: "document.activeElement.id === 'enter-title'")
    }
  }

  @Test("The link that skips to the content goes there and stays on the event")
  func skipLink() async throws {
    try await browse(seats: 3) { site, browser in
      let window = try site.window(in: browser, of: "reader")
      try window.focus("skip")
      try window.pressEnter()
      try window.wait("the content has the focus", until: "document.activeElement.id === 'page'")
      try window.require("the event is on screen", "location.hash === '#/events/\(site.event)'")
      try window.waitForNumber(3, in: "available-seats")
    }
  }

  @Test("A Book button keeps the focus when it becomes inactive")
  func focusOnInactiveButton() async throws {
    try await browse(seats: 1) { site, browser in
      let window = try site.window(in: browser, of: "reader")
      try window.focus("book-button")
      try window.pressEnter()
      try window.waitUntilInactive("Sold out")
      try window.requireFocus(on: "book")
      try window.wait("the booking is listed", until: window.element("booking"))
      try window.pressEnter()
      try window.waitForText("Booked 1 seat", in: "book-outcome")
      try window.require("still one booking", "document.querySelectorAll('[data-test=booking]').length === 1")
    }
  }

  @Test("A list that is read again keeps its rows, and the focus in one of them")
  func focusWhilePolling() async throws {
    try await browse(seats: 5) { site, browser in
      let page = try browser.openPage(site.address)
      try page.focus("event-card")
      _ = try page.evaluate("window.row = document.activeElement")
      _ = try site.addEvent(["name": "Another", "seatCapacity": 3])
      try site.book(1)
      try page.wait(
        "the new event", until: "document.querySelectorAll('[data-test=event-card]').length === 2")
      try page.waitForNumber(4, in: "card-available")
      try page.require("the same row has the focus", "document.activeElement === window.row")
    }
  }

  @Test("A link that is opened in another tab opens a tab that is logged in; a new window is not")
  func newTab() async throws {
    try await browse(seats: 5) { site, browser in
      let window = try site.window(in: browser, of: "reader")
      _ = try window.evaluate("location.hash = '#/'")
      try window.controlClick("event-card")
      let tab = try browser.tabOpened(from: window)
      try tab.waitUntilLive()
      try tab.waitForText("reader", in: "account-name")
      try tab.waitForNumber(5, in: "available-seats")

      try tab.click("log-out")
      try window.wait("both are logged out", until: "\(window.element("account-name")).textContent === ''")
      let other = try browser.openPage(site.eventAddress)
      try other.waitForText("Log in for live updates", in: "connection-state")
      try other.require("nobody is logged in", "\(other.element("account-name")).textContent === ''")
    }
  }
}
