// The console, the big screen and the element on somebody else's page, judged by axe-core.
import TestSupport
import Testing

extension ConsoleTests {
  @Test(
    "axe-core finds nothing in any view of the console",
    .enabled(if: axe != nil, "no .build-tools/axe.min.js; script/bootstrap --tests fetches it"))
  func accessible() async throws {
    let types: JSON = [["name": "Stalls", "capacity": 20], ["name": "Balcony"]]
    try await browse(seats: 50, more: ["types": types]) { site, browser in
      try site.book(4)
      let console = try browser.openPage(site.address + "console")
      try console.wait("the form", until: console.element("login-form"))
      try console.requireAccessible("the log-in")
      try console.logInToConsole()
      try console.waitForTile("bookings", toMention: "since the start")
      try console.requireAccessible("the numbers")
      func go(_ place: String) throws { _ = try console.evaluate("location.hash = '#/\(place)'") }
      try go("events")
      try console.wait("the list", until: "\(console.element("events")).children.length === 1")
      try console.requireAccessible("the events")
      try console.click("to-make")
      try console.click("add-type")
      try console.requireAccessible("a new event")
      try go("events/\(site.event)")
      try console.waitForNumber(4, in: "sold")
      try console.requireAccessible("an event")
      try console.click("cancel-event")
      try console.waitForText("1 booking", in: "dialog-words")
      try console.requireAccessible("the question before a cancellation")
      try console.click("dialog-no")
      for (place, list) in [("people", "people"), ("audit", "audit"), ("tokens", "token-form")] {
        try go(place)
        try console.wait("\(place)", until: console.element(list))
        try console.requireAccessible(place)
      }
      try go("screen/\(site.event)")
      try console.waitForNumber(46, in: "screen-count")
      try console.requireAccessible("the big screen")
      try site.book(10)
      try site.changeEvent(["seatCapacity": 14])
      try console.waitForText("Sold out", in: "screen-count")
      try console.requireAccessible("the big screen, sold out")
      try console.open(site.address + "docs")
      try console.wait("the description", until: "document.querySelector('h1')")
      try console.requireAccessible("the description of the API")
    }
  }
}

extension LiveCountTests {
  @Test(
    "axe-core finds nothing wrong with the example page, live and stale",
    .enabled(if: axe != nil, "no .build-tools/axe.min.js; script/bootstrap --tests fetches it"))
  func accessible() async throws {
    let html = String(
      decoding: contents(of: SourceTree.root + "/docs/guides/live_count.html") ?? [], as: UTF8.self)
    try await onItsOwnThread {
      let scene = try Scene()
      _ = try scene.seatcast.event(seats: 12)
      _ = try scene.seatcast.event(seats: 1_200)
      let page = try scene.open(html)
      let state = { (words: String) in "document.querySelector('seat-count').matches('\(words)')" }
      try page.wait("live", until: state("[state~=live]"))
      try page.requireAccessible("a live count")
      for user in 1...2 { try scene.seatcast.person(user).book(1, quantity: user == 1 ? 10 : 2) }
      try page.wait("sold out", until: state("[state~=sold-out]"))
      try page.requireAccessible("sold out")
      try scene.seatcast.server.kill9()
      try page.wait("stale", until: state("[state~=stale]"))
      try page.requireAccessible("a stale count")
    }
  }
}
