// The states of a sale, of the connection and of a request, as a page shows them while it is open.
// Messages and answers that a server gives only in rare moments are put in by a script in the page.
import TestSupport
import Testing

/// Keeps the page's sockets, so that a test can speak in the server's place, and notes that one is subscribed.
private let keepSockets = """
  window.sockets = []
  window.WebSocket = class extends WebSocket {
    constructor(...arguments_) {
      super(...arguments_)
      window.sockets.push(this)
      this.addEventListener('message', ({ data }) => (window.isSubscribed ||= data.includes('"subscribed"')))
    }
  }
  """

/// Answers the first booking as a rate limiter does, and lets all others through.
private let limitFirstBooking = """
  const send = window.fetch
  let isFirst = true
  window.fetch = (path, request) => {
    if (!path.endsWith('/api/bookings') || request.method !== 'POST' || !isFirst) return send(path, request)
    isFirst = false
    const headers = { 'Content-Type': 'application/problem+json', 'Retry-After': '11' }
    return Promise.resolve(new Response('{"type":"urn:seatcast:problem:too-many"}', { status: 429, headers }))
  }
  """

/// Loses the answers to bookings until the tab is told to be calm.
private let loseBookings = """
  const send = window.fetch
  window.fetch = async (path, request) => {
    const answer = await send(path, request)
    if (path.endsWith('/api/bookings') && request.method === 'POST' && !sessionStorage.calm) throw new TypeError('lost')
    return answer
  }
  """

extension BrowserPage {
  func receive(_ message: JSON) throws {
    let data = JSON.string(message.text).text
    _ = try evaluate("sockets.at(-1).dispatchEvent(new MessageEvent('message', { data: \(data) }))")
  }

  /// Whether the Book button does nothing, with this reason beside it.
  func waitUntilInactive(_ reason: String) throws {
    try wait(
      "the reason is '\(reason)' and the button inactive",
      until: """
        \(element("book-reason")).textContent.includes(\(JSON.string(reason).text))
        && \(element("book-button")).getAttribute('aria-disabled') === 'true'
        """)
  }

  func waitUntilActive() throws {
    try wait(
      "the button is active, without a reason",
      until: """
        \(element("book-reason")).textContent === '' && !\(element("book-button")).disabled
        && \(element("book-button")).getAttribute('aria-disabled') === 'false'
        """)
  }

  func waitForText(_ words: String, in name: String) throws {
    try wait(
      "\(name) says '\(words)'", until: "\(element(name)).textContent.includes(\(JSON.string(words).text))")
  }
}

extension BrowserTests {
  @Test("A sold-out event says so at once and its button does nothing, until a seat is returned")
  func soldOut() async throws {
    try await browse(seats: 3) { site, browser in
      let buyer = try site.window(in: browser, of: "buyer")
      let watcher = try site.window(in: browser, of: "watcher")
      try watcher.waitUntilActive()
      try buyer.fill("quantity", "3")
      try buyer.click("book-button")

      try watcher.waitUntilInactive("Sold out")
      try watcher.waitForText("Sold out", in: "sale-state")
      try buyer.click("cancel-booking")
      try watcher.waitUntilActive()
      try watcher.waitForText("On sale", in: "sale-state")
    }
  }

  @Test("Sales open and end by the clock while the page is open")
  func salesWindow() async throws {
    try await browse(seats: 9) { site, browser in
      let window = try site.window(in: browser, of: "watcher")
      let moment = { (seconds: Int) in
        try window.evaluate("new Date(Date.now() + \(seconds * 1000)).toISOString()")
      }
      let event = try site.addEvent([
        "name": "Later", "seatCapacity": 5, "opensAt": try moment(4), "closesAt": try moment(8),
      ])
      _ = try window.evaluate("location.hash = '#/events/\(event)'")
      try window.waitUntilInactive("Sales open on")
      try window.waitUntilActive()
      try window.waitUntilInactive("Sales ended on")
      try window.waitForText("Sales ended", in: "sale-state")
    }
  }

  @Test("An update of the event changes its name, state and limit on the open page, and a removal ends it")
  func eventUpdated() async throws {
    try await browse(seats: 9) { site, browser in
      let window = try site.window(in: browser, of: "watcher", script: keepSockets)
      func update(_ seq: Int, _ status: String, _ name: String) throws {
        try window.receive([
          "type": "event_updated", "eventId": .integer(site.event), "seq": .integer(seq),
          "status": .string(status), "name": .string(name), "startsAt": .null, "opensAt": .null,
          "closesAt": .null, "availableSeats": 9, "seatCapacity": 9, "maxPerBooking": 4,
          "timestamp": "2026-01-01T10:00:00.000Z",
        ])
      }
      try window.wait("the page is subscribed", until: "window.isSubscribed")
      try update(1, "paused", "A late evening")
      try window.waitUntilInactive("Sales are paused")
      try window.waitForText("A late evening", in: "event-name")
      try window.waitForText("Sales are paused", in: "feed-item")
      try update(2, "cancelled", "A late evening")
      try window.waitUntilInactive("This event is cancelled")
      try window.wait(
        "no seat is lit",
        until: "document.querySelectorAll('.seat').length === 9 && !document.querySelector('.seat.free')")
      try update(3, "on_sale", "A late evening")
      try window.waitUntilActive()
      try update(4, "deleted", "A late evening")
      try window.waitForText("This event is no longer available", in: "missing")
    }
  }

  @Test("What an admin changes is on the open page of somebody else at once")
  func adminChanges() async throws {
    try await browse(seats: 9) { site, browser in
      let window = try site.window(in: browser, of: "watcher")
      try window.waitUntilActive()
      try site.changeEvent(["status": "closed"])
      try window.waitUntilInactive("Sales are closed")
      try site.changeEvent(["status": "on_sale", "name": "A late evening", "description": "Bring a coat."])
      try window.waitUntilActive()
      try window.waitForText("A late evening", in: "event-name")
      try window.wait(
        "the description, which no message carries, is read again",
        until: "document.getElementById('event-description').textContent === 'Bring a coat.'")
      try site.changeEvent(["status": "cancelled"])
      try window.waitUntilInactive("This event is cancelled")
      try window.waitForText("This event is cancelled", in: "feed-item")
    }
  }

  @Test("An event that is deleted while the page has no connection is told when it is back")
  func eventGone() async throws {
    try await browse(seats: 9) { site, browser in
      let window = try site.window(in: browser, of: "watcher", script: keepSockets)
      try window.wait("the page is subscribed", until: "window.isSubscribed")
      _ = try window.evaluate("sockets.at(-1).close()")
      try site.deleteEvent()
      try window.waitForText("This event is no longer available", in: "missing")
    }
  }

  @Test("A count is marked as old while the server is away, and current again after it came back")
  func oldCount() async throws {
    try await browse(seats: 9) { site, browser in
      let window = try site.window(in: browser, of: "watcher")
      try window.waitForNumber(9, in: "available-seats")
      try site.killAndRestart {
        try window.waitForText("Last known at", in: "as-of")
        try window.wait("the count is greyed", until: "document.querySelector('.stage.stale')")
      }
      try window.waitUntilLive()
      try window.wait(
        "the mark is gone",
        until: "!document.querySelector('.stale') && \(window.element("as-of")).hidden")
    }
  }

  @Test("A page without a log-in says from when its count is and follows by asking")
  func anonymousPage() async throws {
    try await browse(seats: 9) { site, browser in
      let page = try browser.openPage(site.eventAddress, script: keepSockets)
      try page.waitForText("As of", in: "as-of")
      try page.waitForText("Log in for live updates", in: "as-of")
      try page.waitForText("Log in for live updates", in: "connection-state")
      try page.require("no connection was tried", "window.sockets.length === 0")
      try site.book(2)
      try page.waitForNumber(7, in: "available-seats")
      try site.killAndRestart { try page.waitForText("Last known at", in: "as-of") }
      try page.waitForText("As of", in: "as-of")
    }
  }

  @Test("A quantity that cannot be booked is told beside the button, and the label says what is booked")
  func quantity() async throws {
    try await browse(seats: 7) { site, browser in
      let window = try site.window(in: browser, of: "buyer")
      for (text, reason) in [
        ("99", "You can book at most 10 seats at once."), ("8", "Only 7 seats are left."),
        ("", "Enter a whole"), ("1.5", "Enter a whole"), ("0", "Enter a whole"), ("-1", "Enter a whole"),
      ] {
        try window.fill("quantity", text)
        try window.waitUntilInactive(reason)
        try window.waitForText("Book seats", in: "book-button")
      }
      for (text, label) in [("1", "Book 1 seat"), ("2", "Book 2 seats")] {
        try window.fill("quantity", text)
        try window.waitUntilActive()
        try window.require(
          "the label is '\(label)'", "\(window.element("book-button")).textContent === '\(label)'")
      }
    }
  }

  @Test("A request that came too often is told with the waiting time, and the button waits as long")
  func rateLimited() async throws {
    try await browse(seats: 7) { site, browser in
      let window = try site.window(in: browser, of: "buyer", script: limitFirstBooking)
      try window.click("book-button")
      try window.waitForText("Please try again in 11 seconds.", in: "book-outcome")
      let book = window.element("book-button")
      try window.require("the button is inactive", "\(book).getAttribute('aria-disabled') === 'true'")
      try window.waitUntilActive()
      try window.click("book-button")
      try window.waitForNumber(6, in: "available-seats")
    }
  }

  @Test("A booking whose answers were lost is made once, also when it is asked for again after a reload")
  func lostAnswers() async throws {
    try await browse(seats: 7) { site, browser in
      let window = try site.window(in: browser, of: "buyer", script: loseBookings)
      try window.waitUntilActive()
      try window.fill("quantity", "2")
      try window.click("book-button")
      try window.waitForText("Asking again", in: "book-outcome")
      try window.waitUntilActive()
      _ = try window.evaluate("sessionStorage.calm = 'yes'")
      _ = try window.evaluate("location.reload()")
      try window.waitForText("No answer came to your order of 2 seats", in: "book-outcome")
      try window.click("book-button")
      try window.waitForText("Booked 2 seats", in: "book-outcome")
      try window.waitForNumber(5, in: "available-seats")
      try window.require(
        "there is one booking", "document.querySelectorAll('[data-test=booking]').length === 1")
    }
  }
}
