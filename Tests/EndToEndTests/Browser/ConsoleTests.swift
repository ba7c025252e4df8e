// The console as an administrator uses it: a real server, real Chromium windows. Nothing is timed, waits only give up.
// The pages' complaints (uncaught exceptions, content policy) must stay empty.
import TestSupport
import Testing

extension BrowserPage {
  /// Logs in, by default as the administrator.
  func logInToConsole(
    _ email: String = ServerProcess.adminEmail, _ password: String = ServerProcess.adminPassword
  ) throws {
    try fill("login-email", email)
    try fill("login-password", password)
    try click("login-button")
  }

  /// Waits until a tile of the server view mentions something.
  func waitForTile(_ name: String, toMention words: String) throws {
    try wait(
      "the tile of \(name) mentions \(words)",
      until: "\(element("tile-\(name)")).closest('section').textContent.includes('\(words)')")
  }
}

@Suite(
  .serialized,
  .enabled(
    if: Chromium.program != nil, "no chromium on PATH; script/bootstrap installs it where apt is available"))
struct ConsoleTests {
  @Test("Numbers move after a booking, and the busiest event is named")
  func numbers() async throws {
    try await browse(seats: 50) { site, browser in
      let watcher = try site.window(in: browser, of: "watcher")
      let console = try browser.openPage(site.address + "console")
      try console.logInToConsole()
      try console.waitForTile("bookings", toMention: "0 since the start")
      try site.book(3)
      try console.waitForTile("bookings", toMention: "1 since the start")
      try console.wait(
        "the busiest event is told",
        until: "\(console.element("busiest")).textContent.includes('An evening')")
      try console.wait(
        "charts say what they show",
        until: "document.querySelector('svg[role=img]').getAttribute('aria-label').includes('highest')")
      try watcher.waitForNumber(47, in: "available-seats")
    }
  }

  @Test("Whoever is not an administrator is told so, and sees nothing")
  func usersStayOut() async throws {
    try await browse(seats: 5) { site, browser in
      _ = try site.window(in: browser, of: "guest")
      let console = try browser.openPage(site.address + "console")
      try console.logInToConsole("guest@browser.test", BrowserSite.password)
      try console.waitForText("not an administrator", in: "login-outcome")
      try console.require("no view is offered", "document.getElementById('views').hidden")
    }
  }

  @Test("A capacity is changed after a question that shows what is sold and held")
  func capacity() async throws {
    try await browse(seats: 50) { site, browser in
      try site.book(4)
      let console = try browser.openPage(site.address + "console#/events/\(site.event)")
      try console.logInToConsole()
      try console.waitForNumber(4, in: "sold")
      try console.fill("new-capacity", "3")
      try console.click("capacity-button")
      try console.waitForText("Sold: 4", in: "dialog-words")
      try console.waitForText("refuse", in: "dialog-words")
      try console.click("dialog-yes")
      try console.wait(
        "the refusal is told", until: "\(console.element("dialog-outcome")).textContent.length > 0")
      try console.click("dialog-no")
      try console.fill("new-capacity", "60")
      try console.click("capacity-button")
      try console.waitForText("56 seats will be free", in: "dialog-words")
      try console.click("dialog-yes")
      try console.waitForNumber(60, in: "seat-capacity")
      try console.waitForNumber(56, in: "free")
    }
  }

  @Test("Sales are paused and resumed, and a cancellation names who is affected and wants the event's name")
  func pauseAndCancel() async throws {
    try await browse(seats: 50) { site, browser in
      try site.book(4)
      let console = try browser.openPage(site.address + "console#/events/\(site.event)")
      try console.logInToConsole()
      try console.waitForNumber(4, in: "sold")
      try console.click("toggle-sales")
      try console.waitForText("Sales paused", in: "event-badge")
      try console.click("toggle-sales")
      try console.waitForText("On sale", in: "event-badge")
      try console.click("cancel-event")
      try console.waitForText("1 booking with 4 seats", in: "dialog-words")
      try console.fill("dialog-answer", "another")
      try console.require(
        "a wrong name does nothing",
        "\(console.element("dialog-yes")).getAttribute('aria-disabled') === 'true'")
      try console.fill("dialog-answer", "An evening")
      try console.click("dialog-yes")
      try console.waitForText("Cancelled", in: "event-badge")
      try console.waitForNumber(0, in: "sold")
    }
  }

  @Test("Events are found by name and status")
  func search() async throws {
    try await browse(seats: 5) { site, browser in
      _ = try site.addEvent(["name": "The Nightingale", "seatCapacity": 9, "status": "draft"])
      let console = try browser.openPage(site.address + "console#/events")
      try console.logInToConsole()
      let rows = "\(console.element("events")).children.length"
      try console.wait("both are there", until: "\(rows) === 2")
      try console.fill("event-search", "nightin")
      try console.wait("one is found", until: "\(rows) === 1")
      try console.waitForText("The Nightingale", in: "events")
      try console.fill("event-search", "")
      try console.wait("both are there again", until: "\(rows) === 2")
    }
  }

  @Test("The big screen shows the count as it is booked, and leaves the way it came")
  func bigScreen() async throws {
    try await browse(seats: 5) { site, browser in
      let console = try browser.openPage(site.address + "console#/events/\(site.event)")
      try console.logInToConsole()
      try console.click("to-screen")
      try console.waitForNumber(5, in: "screen-count")
      try site.book(2)
      try console.waitForNumber(3, in: "screen-count")
      try site.book(3)
      try console.waitForText("Sold out", in: "screen-count")
      try console.click("screen-back")
      try console.waitForNumber(5, in: "sold")
    }
  }

  @Test("Somebody who is disconnected loses the log-in everywhere, and the audit log has it")
  func disconnect() async throws {
    try await browse(seats: 5) { site, browser in
      let guest = try site.window(in: browser, of: "guest")
      let console = try browser.openPage(site.address + "console#/people")
      try console.logInToConsole()
      try console.fill("people-email", "guest@browser.test")
      try console.click("people-find")
      try console.wait("one is found", until: "\(console.element("people")).children.length === 1")
      try console.waitForText("guest@browser.test", in: "people")
      try console.click("person-logout")
      try console.waitForText("connections are closed", in: "dialog-words")
      try console.click("dialog-yes")
      try console.waitForText("logged out everywhere", in: "people-outcome")
      try guest.wait("the guest is out", until: "\(guest.element("login-form")) !== null")
      try console.click("to-audit")
      try console.fill("audit-search", "user.logout")
      try console.wait("the entry is found", until: "\(console.element("audit")).children.length === 1")
    }
  }

  @Test("An event with ticket types is made, and a refusal names the field")
  func makeEvent() async throws {
    try await browse(seats: 5) { site, browser in
      let console = try browser.openPage(site.address + "console#/events")
      try console.logInToConsole()
      try console.click("to-make")
      try console.fill("make-name", "Summer night")
      try console.fill("make-capacity", "12")
      for (name, seats) in [("Stalls", "8"), ("Bad\u{7}name", "")] {
        try console.click("add-type")
        let row = "document.querySelector('#make-types li:last-child"
        _ = try console.evaluate("\(row) .type-name').value = \(JSON.string(name).text)")
        _ = try console.evaluate("\(row) .type-capacity').value = '\(seats)'")
      }
      try console.resize(width: 320)
      try console.require("the form fits", "document.scrollingElement.scrollWidth <= 320")
      try console.click("make-button")
      try console.waitForText("Name: must not contain control characters.", in: "make-outcome")
      _ = try console.evaluate(
        "document.querySelector('#make-types li:last-child .type-name').value = 'Balcony'")
      try console.click("make-button")
      try console.waitForText("Summer night", in: "event-name")
      try console.waitForNumber(12, in: "seat-capacity")
      let number = try console.evaluate("location.hash.split('/').pop()").string ?? ""
      let types =
        "fetch('/api/events/\(number)').then((answer) => answer.json()).then(({ types }) => types.length)"
      #expect(try console.evaluate(types) == 2)
    }
  }

  @Test("A service token is made, told once, and revoked")
  func serviceToken() async throws {
    try await browse(seats: 5) { site, browser in
      let console = try browser.openPage(site.address + "console#/tokens")
      try console.logInToConsole()
      try console.fill("token-name", "mirror")
      try console.click("scope-feed")
      try console.click("token-button")
      try console.wait(
        "the token is told", until: "\(console.element("token-text")).value.split('.').length === 3")
      try console.waitForText("mirror", in: "tokens")
      try console.waitForText("feed:read", in: "tokens")
      try console.resize(width: 320)
      try console.require("the tokens fit", "document.scrollingElement.scrollWidth <= 320")
      try console.click("token-revoke")
      try console.click("dialog-yes")
      try console.wait("it is gone", until: "\(console.element("tokens")).children.length === 0")
    }
  }

  @Test("The audit log is downloaded as CSV")
  func auditExport() async throws {
    let keep = """
      window.saved = []
      const make = URL.createObjectURL
      URL.createObjectURL = (blob) => {
        blob.text().then((text) => window.saved.push(text))
        return make.call(URL, blob)
      }
      """
    try await browse(seats: 5) { site, browser in
      let console = try browser.openPage(site.address + "console#/audit", script: keep)
      try console.logInToConsole()
      try console.click("audit-export")
      try console.wait(
        "the log is saved", until: "saved[0].startsWith('id,at,') && saved[0].includes('event.create')")
      try console.waitForText("downloaded.", in: "audit-export-outcome")
    }
  }

  @Test("The log-in rests as long as the server says after too many tries, and tells why")
  func triesAreCapped() async throws {
    let refuse = """
      const send = window.fetch
      window.fetch = (path, request) => {
        if (path !== '/api/auth/login') return send(path, request)
        const headers = { 'Content-Type': 'application/problem+json', 'Retry-After': '5' }
        return Promise.resolve(new Response('{"type":"urn:seatcast:problem:rate-limited"}', { status: 429, headers }))
      }
      """
    try await browse(seats: 5) { site, browser in
      let console = try browser.openPage(site.address + "console", script: refuse)
      try console.logInToConsole()
      try console.waitForText("Please try again in 5 seconds.", in: "login-outcome")
      let button = console.element("login-button")
      try console.require("it rests", "\(button).getAttribute('aria-disabled') === 'true'")
      try console.wait("it can be tried again", until: "\(button).getAttribute('aria-disabled') === 'false'")
    }
  }
}
