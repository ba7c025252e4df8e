import FanoutCore
import Testing

@testable import seatcast

@Suite("Pages of the executable")
struct PagesTests {
  private func pages(isReady: Bool = true) -> Pages {
    Pages(
      files: StaticFiles(["/": .init(contentType: "text/html", bytes: [0x21])]), isReady: { isReady },
      metrics: { $0 == .openMetrics ? "seatcast_x 1\n# EOF\n" : "seatcast_x 1\n" })
  }

  @Test("Health is plain text: alive as long as it answers, ready when the planes are")
  func health() {
    #expect(pages(isReady: false).answer(.make("GET", "/livez"))?.status == 200)
    #expect(pages().answer(.make("GET", "/readyz"))?.status == 200)
    let unready = pages(isReady: false).answer(.make("GET", "/readyz"))
    #expect(unready?.status == 503 && unready?.value("Retry-After") == "1")
    #expect(pages().answer(.make("GET", "/readyz"))?.value("Cache-Control") == "no-store")
  }

  @Test("Who is not ready says why")
  func reason() {
    var pages = pages(isReady: false)
    pages.unreadiness = { "the disk is full" }
    #expect(pages.answer(.make("GET", "/readyz"))?.text == "not ready: the disk is full\n")
  }

  @Test("The metrics page has the media type of its format")
  func metrics() throws {
    let answer = try #require(pages().answer(.make("GET", "/metrics?x")))
    #expect(answer.text == "seatcast_x 1\n")
    #expect(answer.value("Content-Type") == "text/plain; version=0.0.4; charset=utf-8")
    #expect(answer.value("Vary") == "Accept")
    let accept = [("Accept", "application/openmetrics-text;version=1.0.0,text/plain;q=0.5")]
    let open = try #require(pages().answer(.make("GET", "/metrics", accept)))
    #expect(open.text == "seatcast_x 1\n# EOF\n")
    #expect(open.value("Content-Type") == "application/openmetrics-text; version=1.0.0; charset=utf-8")
  }

  @Test("Only reading is possible", arguments: ["/livez", "/readyz", "/metrics", "/"])
  func methods(path: String) {
    #expect(pages().answer(.make("POST", path))?.status == 405)
    #expect(pages().answer(.make("HEAD", path))?.status == 200)
    #expect(pages().answer(.make("OPTIONS", path))?.status == 204)
  }

  @Test("A WebSocket path tells its methods, too (RFC 9110, sections 9.3.7 and 15.5.6)")
  func webSocketMethods() {
    for path in ["/ws", "/ws/events/1"] {
      #expect(pages().answer(.make("OPTIONS", path))?.value("Allow") == "GET, HEAD, OPTIONS")
      #expect(pages().answer(.make("POST", path))?.status == 405)
      #expect(pages().answer(.make("POST", path))?.value("Allow") == "GET, HEAD, OPTIONS")
      #expect(pages().answer(.make("HEAD", path))?.status == 426)
    }
  }

  @Test(
    "A WebSocket path without an upgrade says what it is for", arguments: ["/ws", "/ws/events/1", "/ws/x"])
  func upgradeRequired(path: String) {
    let answer = pages().answer(.make("GET", path))
    #expect(answer?.status == 426)
    #expect(answer?.value("Upgrade") == "websocket")
  }

  @Test(
    "Files are served, and everything else is the control plane's",
    arguments: ["/api/events", "/wss", "/livez/", "/x"])
  func others(path: String) {
    #expect(pages().answer(.make("GET", "/"))?.text == "!")
    #expect(pages().answer(.make("GET", path)) == nil)
  }
}
