// Makes the pictures of docs/images from the real thing: a server, Chromium and the tools on a terminal. Run by script/pictures, not
// by the other tests.
import Foundation
import TestSupport
import Testing

private let folder = environmentVariable("SEATCAST_PICTURES")

extension BrowserPage {
  /// Writes what a window of this size shows as `NAME.png`.
  fileprivate func picture(_ name: String, width: Int, height: Int, scheme: String = "light") throws {
    try show(scheme)
    let size: JSON = [
      "width": .integer(width), "height": .integer(height), "deviceScaleFactor": 1, "mobile": false,
    ]
    _ = try browser.command("Emulation.setScrollbarsHidden", ["hidden": true], session: session)
    _ = try browser.command("Emulation.setDeviceMetricsOverride", size, session: session)
    _ = try evaluate("document.activeElement.blur(); scrollTo(0, 0)")
    // Two frames: the first may still show what was there before the window changed.
    _ = try evaluate(
      "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(0))))")
    let answer = try browser.command("Page.captureScreenshot", ["format": "png"], session: session)
    guard let data = answer["data"]?.string.flatMap({ Data(base64Encoded: $0) }) else {
      throw TestFailure("no picture of \(name)")
    }
    try data.write(to: URL(fileURLWithPath: "\(folder ?? "")/\(name).png"))
  }
}

@Suite(
  .serialized, .timeLimit(.minutes(30)),
  .enabled(if: folder != nil && Chromium.program != nil, "script/pictures makes the pictures"))
struct PicturesTests {
  private static let concert: [String: JSON] = [
    "name": "Chamber Concert by Candlelight", "venue": "Old Library",
    "startsAt": "2027-06-18T18:00:00.000Z", "description": "Three string quartets, no electricity.",
    "maxPerBooking": 10,
    "types": [["name": "Front rows", "capacity": 30], ["name": "Gallery", "capacity": 60]],
  ]

  @Test("The event page, in the states of a sale")
  func eventPage() async throws {
    try await browse(seats: 90, more: Self.concert, arguments: ["--watch", "public"]) { site, browser in
      let visitor = try browser.openPage(site.eventAddress)
      try visitor.waitForNumber(90, in: "available-seats")
      try visitor.picture("event-open", width: 1000, height: 820)

      for _ in 0..<4 { try site.book(10) }
      let alice = try site.window(in: browser, of: "Alice")
      try alice.waitUntilActive()
      try alice.fill("quantity", "2")
      try alice.click("hold-button")
      try alice.waitForText("2 seats held for you", in: "hold")
      try site.book(1)
      try alice.waitForNumber(47, in: "available-seats")
      try alice.wait("the feed tells it", until: alice.element("feed-item"))
      try alice.picture("page", width: 1000, height: 940)
      try alice.picture("event-dark", width: 1000, height: 820, scheme: "dark")
      try alice.picture("event-narrow", width: 320, height: 1560)
      _ = try alice.evaluate("document.documentElement.dir = 'rtl'")
      try alice.picture("event-rtl", width: 720, height: 1080)
      try alice.click("confirm-hold")
      try alice.wait("it is a booking", until: alice.element("booking"))

      for _ in 0..<4 { try site.book(10) }
      try site.book(2)
      try visitor.waitForNumber(5, in: "available-seats")
      try visitor.picture("event-last-seats", width: 720, height: 840)

      try site.book(5)
      let bob = try site.window(in: browser, of: "Bob")
      try bob.waitUntilInactive("Sold out")
      try bob.click("join-waitlist")
      try bob.waitForText("You are number 1 in line", in: "waitlist-place")
      pause(milliseconds: 700)
      try bob.picture("event-sold-out", width: 1000, height: 820)
    }
  }

  @Test("The console, the big screen, and a count on somebody else's page")
  func console() async throws {
    try await browse(
      seats: 400, more: Self.concert.merging(["types": []]) { $1 }, arguments: ["--watch", "public"]
    ) { site, browser in
      for _ in 0..<3 { _ = try browser.openPage(site.eventAddress) }
      let console = try browser.openPage(site.address + "console")
      try console.logInToConsole()
      try console.waitForTile("bookings", toMention: "0 since the start")
      // A rush of a few seconds, for the charts to have something to show.
      for round in 0..<60 {
        for _ in 0..<(round % 20 < 10 ? 3 : 1) { try site.book(1 + round % 3) }
        pause(milliseconds: 150)
      }
      try console.waitForTile("bookings", toMention: "120 since the start")
      try console.picture("console", width: 1200, height: 900)
      _ = try console.evaluate("location.hash = '#/events/\(site.event)'")
      try console.wait("the bookings", until: "\(console.element("bookings")).children.length > 5")
      try console.picture("console-event", width: 1000, height: 900, scheme: "dark")
      _ = try console.evaluate("location.hash = '#/screen/\(site.event)'")
      try console.wait("the screen", until: "\(console.element("screen-count")).dataset.value > 0")
      for _ in 0..<60 {
        try site.book(1)
        pause(milliseconds: 250)
      }
      try console.picture("big-screen", width: 960, height: 540, scheme: "dark")
    }
  }
  @Test("A count on somebody else's page")
  func element() async throws {
    let html = String(
      decoding: contents(of: SourceTree.root + "/docs/guides/live_count.html") ?? [], as: UTF8.self)
    try await onItsOwnThread {
      let scene = try LiveCountTests.Scene()
      _ = try scene.seatcast.event(seats: 45)
      _ = try scene.seatcast.event(seats: 1_200)
      let page = try scene.open(html)
      try page.wait("live", until: "document.querySelector('seat-count').matches('[state~=live]')")
      try page.picture("element", width: 640, height: 320)
    }
  }

  /// A command without the folder in which the test keeps its files.
  private static func typed(_ words: String) -> String {
    "seatcast "
      + words.split(separator: " ").map { $0.split(separator: "/").last ?? "" }.joined(separator: " ")
  }

  @Test("rehearse, top and listen on a terminal", .enabled(if: isInstalled("script"), "no script(1) on PATH"))
  func terminal() async throws {
    try await onItsOwnThread {
      let browser = try Chromium()
      let world = try TestServer()
      let event = try world.event(seats: 120, ["name": "Chamber Concert by Candlelight"])
      let admin = world.server.folder.path + "/token"
      try put(#require(try world.admin().token), at: admin)
      let program = try ServerProcess.executable()
      let server = "--url http://127.0.0.1:\(world.port)"
      func draw(_ name: String, _ words: String, rows: Int, seconds: Int = 60, _ body: () throws -> Void = {})
        throws
      {
        let terminal = try ChildProcess(
          "script",
          [
            "-qec",
            "unset NO_COLOR; export TERM=xterm; stty cols 96 rows \(rows); timeout --foreground -s INT \(seconds) '\(program)' \(words) \(server)",
            "/dev/null",
          ])
        try body()
        _ = try? terminal.wait(within: .seconds(60))
        try terminal.waitForOutput()
        let screen = TerminalScreen(terminal.standardOutput, command: Self.typed(words))
        let page = try browser.openPage("about:blank")
        _ = try page.evaluate("document.write(\(JSON.string(screen.html).text))")
        let height = try page.evaluate("document.querySelector('pre').offsetHeight").integer ?? 400
        try page.picture(name, width: 820, height: height)
      }
      let data = world.server.folder.path
      try draw(
        "rehearse", "rehearse --users 400 --seats 300 --viewers 50 --rate 150 --data \(data)", rows: 40)
      try draw("listen", "listen --event \(event) --token-file \(admin)", rows: 24, seconds: 3) {
        pause(milliseconds: 600)
        for user in 1...6 { try world.person(user).book(event, quantity: user) }
        let booking = try world.person(7).book(event)
        try world.person(7).cancel(booking.word("bookingId"))
      }
      try draw("top", "top --every 1s --token-file \(admin)", rows: 24, seconds: 4) {
        let viewers = try (1...40).map { try world.watch(event, user: $0).0 }
        defer { for viewer in viewers { viewer.drop() } }
        for round in 0..<90 {
          try world.person(100 + round).book(event)
          pause(milliseconds: 50)
        }
      }
    }
  }
}
