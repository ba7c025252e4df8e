// The shop of docs/guides/CHECKOUT.md, followed to the letter: a buyer logs in, reserves, and pays, does not pay, or pays too
// late; and a server that is down when the payment comes.
import TestSupport
import Testing

@Suite("Checkout", .timeLimit(.minutes(30)))
struct CheckoutTests {
  /// The shop in front of a server, and a buyer's browser.
  private final class Shop {
    let server: TestServer
    let folder: TemporaryFolder
    let process: ChildProcess
    let browser: HTTPClient
    private var cookie = ""

    init() throws {
      server = try TestServer()
      folder = try TemporaryFolder()
      try put(FeedTests.serviceToken(server, ["bookings:confirm"]), at: folder.path + "/token")
      process = try ChildProcess(
        "python3",
        [
          SourceTree.root + "/docs/guides/checkout.py", "--seatcast", "http://127.0.0.1:\(server.port)",
          "--token-file", folder.path + "/token", "--database", folder.path + "/orders.db", "--port", "0",
        ])
      browser = HTTPClient(port: try ServerProcess.awaitPort(of: process))
    }

    deinit { process.signal(9) }

    func post(_ path: String, _ form: String) throws -> HTTPAnswer {
      let answer = try browser.request(
        "POST", path,
        fields: [("Content-Type", "application/x-www-form-urlencoded"), ("Cookie", cookie)],
        body: Array(form.utf8))
      if let set = answer.field("Set-Cookie") { cookie = String(set.prefix { $0 != ";" }) }
      return answer
    }

    /// Only sends; the answer is to be read by `browser.answer()`.
    func send(_ path: String, _ form: String) throws {
      try browser.send(
        raw: Array(
          """
          POST \(path) HTTP/1.1\r\nHost: shop\r\nCookie: \(cookie)\r\nContent-Length: \(form.utf8.count)\r\n\r\n\(form)
          """.utf8))
    }

    func get(_ path: String) throws -> String { try browser.get(path, fields: [("Cookie", cookie)]).text }

    func logIn() throws {
      let person: JSON = ["email": "ann@example.test", "password": "a buyer's password", "name": "Ann"]
      _ = try server.server.client().request("POST", "/api/auth/register", json: person)
      #expect(try post("/login", "email=ann%40example.test&password=a+buyer%27s+password").status == 303)
    }

    /// The number of an order that is reserved.
    func reserve(_ event: Int) throws -> String {
      let answer = try post("/reserve", "event=\(event)&quantity=2")
      guard answer.status == 303, let place = answer.field("Location"), place.hasPrefix("/pay/") else {
        throw TestFailure("not reserved: \(answer.status) \(answer.text)")
      }
      return String(place.dropFirst("/pay/".count))
    }

    func state(_ order: String) throws -> String {
      let page = try get("/orders/\(order)")
      guard let start = page.firstRange(of: "data-state=\"") else { throw TestFailure(page) }
      return String(page[start.upperBound...].prefix { $0 != "\"" })
    }

    func available(_ event: Int) throws -> Int {
      try server.server.client().get("/api/events/\(event)").json().number("availableSeats")
    }
  }

  @Test(
    "reserved and paid is booked, reserved and not paid is free again", .enabled(if: isInstalled("python3")))
  func paidOrNot() throws {
    let shop = try Shop()
    let event = try shop.server.event(seats: 10)
    try shop.logIn()
    #expect(try shop.get("/").contains("A concert"))
    let (paid, dropped) = (try shop.reserve(event), try shop.reserve(event))
    #expect(try shop.available(event) == 6)
    #expect(try shop.get("/pay/\(paid)").contains("value=\"paid\""))
    #expect(try shop.post("/pay/\(paid)", "outcome=paid").field("Location") == "/orders/\(paid)")
    #expect(try shop.post("/pay/\(paid)", "outcome=paid").status == 303, "a payment that is told twice")
    #expect(try shop.post("/pay/\(dropped)", "outcome=declined").status == 303)
    #expect(try shop.state(paid) == "booked" && shop.state(dropped) == "released")
    #expect(try shop.available(event) == 8)
    let bookings = try shop.server.admin().get("/api/bookings?eventId=\(event)").json()["items"]?.array ?? []
    #expect(try bookings.map { try $0.word("status") } == ["cancelled", "confirmed"])
  }

  @Test("a payment that comes after the hold has ended is refunded", .enabled(if: isInstalled("python3")))
  func tooLate() throws {
    let shop = try Shop()
    let event = try shop.server.event(seats: 10, ["holdSeconds": 1])
    try shop.logIn()
    let order = try shop.reserve(event)
    try eventually("the hold has ended") { try shop.available(event) == 10 }
    #expect(try shop.post("/pay/\(order)", "outcome=paid").status == 303)
    #expect(try shop.state(order) == "refunded")
    try eventually("the refund was asked for") {
      shop.process.standardOutput.contains("refunding order \(order)")
    }
  }

  @Test(
    "when the server is down as the payment comes, the seats are booked when it is back",
    .enabled(if: isInstalled("python3")))
  func serverDown() throws {
    let shop = try Shop()
    let event = try shop.server.event(seats: 10)
    try shop.logIn()
    let order = try shop.reserve(event)
    try shop.server.server.kill9()
    // The shop repeats its request, and the order's state is written; whichever answer the buyer gets.
    try shop.send("/pay/\(order)", "outcome=paid")
    pause(milliseconds: 300)
    try shop.server.server.restart(samePort: true)
    #expect(try [303, 503].contains(shop.browser.answer().status))
    try eventually("the order is booked") { try shop.state(order) == "booked" }
    #expect(try shop.available(event) == 8)
  }
}
