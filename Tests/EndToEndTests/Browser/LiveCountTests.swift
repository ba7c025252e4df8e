// docs/guides/LIVE_COUNT.md, followed to the letter: a page of another origin with the element, and one with the client, in a
// real browser. The guide's addresses are replaced by those of the test's own servers.
import TestSupport
import Testing

@Suite(
  "Live count on a page of another origin", .serialized,
  .enabled(if: Chromium.program != nil && isInstalled("python3"), "no chromium or no python3 on PATH"))
struct LiveCountTests {
  /// A seatcast server, and a site of somebody else on another port whose pages may watch it.
  final class Scene {
    let folder: TemporaryFolder
    let site: ChildProcess
    let sitePort: Int
    let seatcast: TestServer
    let browser: Chromium

    init(arguments: [String] = ["--watch", "public"], isListed: Bool = true) throws {
      folder = try TemporaryFolder()
      site = try ChildProcess(
        "python3", ["-u", "-m", "http.server", "0", "--bind", "127.0.0.1", "--directory", folder.path])
      sitePort = try ServerProcess.awaitPort(of: site, line: "Serving HTTP on ")
      var options = ServerOptions()
      options.arguments = arguments + (isListed ? ["--origins", "http://127.0.0.1:\(sitePort)"] : [])
      seatcast = try TestServer(options)
      browser = try Chromium()
    }

    deinit { site.signal(9) }

    /// Opens a page of the site, in which the guide's address of the server is that of this server.
    func open(_ html: String, script: String? = nil) throws -> BrowserPage {
      let here = html.replacing("http://127.0.0.1:3000", with: "http://127.0.0.1:\(seatcast.port)")
      try put(here, at: folder.path + "/page.html")
      return try browser.openPage("http://127.0.0.1:\(sitePort)/page.html", script: script)
    }
  }

  /// The guide's examples in this language.
  private static func examples(_ language: String) throws -> [String] {
    let guide = String(
      decoding: contents(of: SourceTree.root + "/docs/guides/LIVE_COUNT.md") ?? [], as: UTF8.self)
    return guide.split(separator: "```\(language)\n").dropFirst().map { part in
      String(part[..<(part.firstRange(of: "\n```")?.lowerBound ?? part.endIndex)])
    }
  }

  /// The first element on the page.
  private static let element = "document.querySelector('seat-count')"
  private static func text(_ words: String) -> String {
    "\(element).shadowRoot.querySelector('.line').textContent.includes(\(JSON.string(words).text))"
  }
  private static func state(_ word: String) -> String { "\(element).matches('[state~=\(word)]')" }

  @Test(
    "Two lines show the count; it follows bookings, is sold out, stale without the server, and live again")
  func element() async throws {
    let lines = try #require(try Self.examples("html").first)
    let complaints = try await onItsOwnThread {
      let scene = try Scene()
      let event = try scene.seatcast.event(seats: 45)
      #expect(event == 1)
      let page = try scene.open(lines)
      try page.wait("the count", until: Self.text("45 seats left") + "&&" + Self.state("live"))
      try scene.seatcast.person(1).book(event, quantity: 1)
      try page.wait("a booking", until: Self.text("44 seats left"))
      try scene.seatcast.server.kill9()
      try page.wait("it says from when it is", until: Self.text("44 at ") + "&&" + Self.state("stale"))
      try scene.seatcast.server.restart(samePort: true)
      try page.wait("it is live again", until: Self.text("44 seats left") + "&&" + Self.state("live"))
      try scene.seatcast.person(1).book(event, quantity: 10)
      try scene.seatcast.person(2).book(event, quantity: 10)
      try scene.seatcast.person(3).book(event, quantity: 10)
      try scene.seatcast.person(4).book(event, quantity: 10)
      try page.wait("the last seats", until: Self.text("Only 4 left") + "&&" + Self.state("last-seats"))
      try scene.seatcast.person(5).book(event, quantity: 4)
      try page.wait("sold out", until: Self.text("Sold out") + "&&" + Self.state("sold-out"))
      return scene.browser.complaints
    }
    #expect(complaints == [])
  }

  @Test("The example page has one connection, follows the language around it, and nothing around it moves")
  func example() async throws {
    let html = String(
      decoding: contents(of: SourceTree.root + "/docs/guides/live_count.html") ?? [], as: UTF8.self)
    let script = """
      window.opened = 0
      window.WebSocket = class extends WebSocket { constructor(...given) { super(...given); window.opened += 1 } }
      """
    let complaints = try await onItsOwnThread {
      let scene = try Scene()
      _ = try scene.seatcast.event(seats: 1_200)
      _ = try scene.seatcast.event(seats: 1_200)
      let page = try scene.open(html, script: script)
      try page.wait("the count", until: Self.text("1,200 seats left"))
      let german =
        "document.querySelector('[lang=de] seat-count').shadowRoot.querySelector('.line').textContent"
      try page.wait("in German", until: "\(german) === 'noch 1.200 Plätze'")
      try page.require("one connection", "window.opened === 1")
      let boxes =
        "JSON.stringify([...document.querySelectorAll('seat-count')].map((one) => one.getBoundingClientRect()))"
      let before = try page.evaluate(boxes)
      for _ in 0..<21 { try scene.seatcast.person(1).book(1, quantity: 10) }
      try page.wait("three digits", until: Self.text("990 seats left"))
      #expect(try page.evaluate(boxes) == before, "fewer digits")
      try scene.seatcast.server.kill9()
      try page.wait("stale", until: Self.state("stale") + "||" + Self.state("offline"))
      #expect(try page.evaluate(boxes) == before, "the words of a stale count")
      try scene.seatcast.server.restart(samePort: true)
      try page.wait("live", until: Self.state("live") + "&&" + Self.text("990 seats left"))
      return scene.browser.complaints
    }
    #expect(complaints == [])
  }

  @Test("It works under a strict content policy, and speaks a new state but not each count")
  func policyAndSpeech() async throws {
    let complaints = try await onItsOwnThread {
      let scene = try Scene()
      let event = try scene.seatcast.event(seats: 12)
      let (http, ws) = ("http://127.0.0.1:\(scene.seatcast.port)", "ws://127.0.0.1:\(scene.seatcast.port)")
      let policy = "default-src 'none'; script-src \(http); connect-src \(http) \(ws)"
      let page = try scene.open(
        """
        <!doctype html><meta http-equiv="Content-Security-Policy" content="\(policy)">
        <script src="http://127.0.0.1:3000/seat-count.js" defer></script>
        <seat-count event="\(event)" last="10">?</seat-count>
        """)
      try page.wait("the count", until: Self.text("12 seats left"))
      let spoken = "\(Self.element).shadowRoot.querySelector('[role=status]')"
      _ = try page.evaluate(
        """
        window.spoken = []
        new MutationObserver(() => window.spoken.push(\(spoken).textContent)).observe(\(spoken), { childList: true })
        """)
      try scene.seatcast.person(1).book(event, quantity: 1)
      try page.wait("a count", until: Self.text("11 seats left"))
      try scene.seatcast.person(1).book(event, quantity: 1)
      try page.wait("a state", until: "window.spoken.length > 0")
      try page.require("only the state was spoken", "window.spoken[0] === 'Only 10 left'")
      try page.require(
        "no style came from a style element", "!\(Self.element).shadowRoot.querySelector('style')")
      return scene.browser.complaints
    }
    #expect(complaints == [])
  }

  @Test(
    "Without --watch public, or from an origin that is not listed, what is between the tags stays, and the console says why",
    arguments: [false, true])
  func refused(isPublic: Bool) async throws {
    try await onItsOwnThread {
      let scene = try Scene(arguments: isPublic ? ["--watch", "public"] : [], isListed: !isPublic)
      _ = try scene.seatcast.event(seats: 5)
      let page = try scene.open(
        """
        <!doctype html><script src="http://127.0.0.1:3000/seat-count.js" defer></script>
        <seat-count event="1">Ask at the desk</seat-count>
        """,
        script: "window.said = ''; console.warn = (words) => (window.said += words)")
      try page.wait(
        "the reason",
        until: "window.said.includes('--watch public') && window.said.includes('--origins http://')")
      try page.require("the words between the tags stay", Self.state("offline"))
      try page.require("no count is shown", "\(Self.element).shadowRoot.querySelector('.line').hidden")
    }
  }

  @Test("The guide's module imports the client from the other origin and follows the count")
  func client() async throws {
    let module = try #require(try Self.examples("html").last)
    let complaints = try await onItsOwnThread {
      let scene = try Scene()
      let event = try scene.seatcast.event(seats: 45)
      let page = try scene.open("<!doctype html>" + module)
      try page.wait("the count", until: "document.title === '45 seats left'")
      try scene.seatcast.person(1).book(event, quantity: 2)
      try page.wait("a booking", until: "document.title === '43 seats left'")
      try scene.seatcast.server.kill9()
      try page.wait("stale", until: "document.title.startsWith('43 at ')")
      return scene.browser.complaints
    }
    #expect(complaints == [])
  }

  @Test("Two tabs share one connection, and the other takes over when the first is closed")
  func sharedTabs() async throws {
    let complaints = try await onItsOwnThread {
      let scene = try Scene()
      let event = try scene.seatcast.event(seats: 45)
      let page = try scene.open(
        """
        <!doctype html><script>
          window.opened = 0
          window.WebSocket = class extends WebSocket { constructor(...given) { super(...given); window.opened += 1 } }
        </script><script type="module">
          import { connect } from 'http://127.0.0.1:3000/client.js'
          const client = connect({ share: 'everybody' })
          const event = client.event(\(event))
          event.subscribe(() => (document.title = `${event.getSnapshot().live} ${event.getSnapshot().availableSeats}`))
        </script><a href="/page.html" data-test="again" style="display: block; padding: 3em">again</a>
        """)
      try page.wait("the count of the first tab", until: "document.title === 'live 45'")
      try page.controlClick("again")
      let other = try scene.browser.tabOpened(from: page)
      try other.wait("the count of the other tab", until: "document.title === 'live 45'")
      try page.require("the connection of the first tab", "window.opened === 1")
      try other.require("none of its own", "window.opened === 0")
      _ = try scene.browser.command("Target.closeTarget", ["targetId": page.target])
      try scene.seatcast.person(1).book(event, quantity: 1)
      try other.wait("the other tab took over", until: "document.title === 'live 44'")
      return scene.browser.complaints
    }
    #expect(complaints == [])
  }
}
