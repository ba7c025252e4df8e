// A hold keeps its seats until it is confirmed, let go or over, whatever happens to the server meanwhile.
import TestSupport
import Testing

@Suite("Holds", .timeLimit(.minutes(30)))
struct HoldTests {
  private func hold(_ server: TestServer, _ event: Int, user: Int = 1, quantity: Int = 1) throws -> JSON {
    let answer = try server.person(user).request(
      "POST", "/api/bookings",
      json: ["eventId": .integer(event), "quantity": .integer(quantity), "hold": true])
    guard answer.status == 201 else { throw TestFailure("not held: \(answer.status) \(answer.text)") }
    return try answer.json()
  }

  private func change(_ server: TestServer, _ hold: JSON, _ how: String, user: Int = 1) throws -> HTTPAnswer {
    try server.person(user).request("POST", "/api/bookings/\(hold.word("bookingId"))/\(how)")
  }

  private func available(_ server: TestServer, _ event: Int) throws -> Int {
    try server.server.client().get("/api/events/\(event)").json().number("availableSeats")
  }

  @Test(
    "held, confirmed, let go: everybody sees the seats go and come back, and a confirmation moves nothing")
  func story() throws {
    let server = try TestServer()
    let event = try server.event(seats: 10)
    let (page, _) = try server.watch(event)
    let (paid, dropped) = (try hold(server, event, quantity: 2), try hold(server, event, quantity: 3))
    #expect(try paid.word("status") == "held")
    #expect(try page.expect("booking_created").number("availableSeats") == 8)
    #expect(try page.expect("booking_created").number("availableSeats") == 5)
    #expect(try change(server, paid, "confirm", user: 2).status == 404)
    let confirmed = try change(server, paid, "confirm")
    #expect(confirmed.status == 200)
    #expect(try confirmed.json().word("status") == "confirmed")
    try server.person(1).cancel(dropped.word("bookingId"))
    let back = try page.expect("booking_cancelled")
    #expect(try back.number("availableSeats") == 8)
    #expect(try back.number("seq") == 3)
    #expect(try change(server, dropped, "confirm").problem() == "booking-cancelled")
  }

  @Test(
    "a hold that nobody confirms ends by itself; its seats are told to be free, and it is 410 from then on")
  func expiry() throws {
    let server = try TestServer()
    let event = try server.event(seats: 1, ["holdSeconds": 1])
    let (page, _) = try server.watch(event)
    let held = try hold(server, event)
    #expect(try page.expect("booking_created").number("availableSeats") == 0)
    #expect(try server.person(2).tryToBook(event).problem() == "sold-out")
    #expect(try page.expect("booking_cancelled").number("availableSeats") == 1)
    let late = try change(server, held, "confirm")
    #expect(late.status == 410)
    #expect(try late.problem() == "hold-expired")
    #expect(try late.json().word("expiresAt") == held.word("expiresAt"))
    try server.person(2).book(event)
    let mine = try server.person(1).get("/api/bookings/\(held.word("bookingId"))").json()
    #expect(try mine.word("status") == "expired")
  }

  @Test("a hold survives kill -9, and one whose time comes while the server is down ends at its start")
  func killed() throws {
    let server = try TestServer()
    let (short, long) = (try server.event(seats: 4, ["holdSeconds": 1]), try server.event(seats: 4))
    let (gone, kept) = (try hold(server, short, quantity: 4), try hold(server, long, quantity: 4))
    try server.server.kill9()
    pause(milliseconds: 1_200)
    try server.server.restart()
    #expect(try server.person(2).book(short, quantity: 4).number("availableSeats") == 0)
    #expect(try change(server, gone, "confirm").status == 410)
    #expect(try available(server, long) == 0)
    #expect(try change(server, kept, "confirm").status == 200)
    #expect(try server.person(2).tryToBook(long).problem() == "sold-out")
  }

  @Test("sales open by the clock, and the open page is told in the same second")
  func opening() throws {
    let server = try TestServer()
    let opensAt = try utc(in: 2)
    let event = try server.event(seats: 5, ["opensAt": .string(opensAt)])
    let (page, greeting) = try server.watch(event)
    #expect(try greeting.word("status") == "scheduled")
    #expect(try server.person(1).tryToBook(event).problem() == "not-open-yet")
    let told = try page.expect("event_updated")
    #expect(try told.word("status") == "on_sale")
    #expect(try told.word("timestamp") >= opensAt)
    try server.person(1).book(event)
  }

  @Test("cancelling an event gives every seat back, one told change after the other, across a kill -9")
  func cancelledEvent() throws {
    let server = try TestServer()
    let event = try server.event(seats: 1_000)
    for user in 1...150 { try server.person(user).book(event) }
    let answer = try server.admin().request("PATCH", "/api/events/\(event)", json: ["status": "cancelled"])
    #expect(answer.status == 200)
    try server.server.kill9()
    try server.server.restart()
    try eventually("all seats are back") { try available(server, event) == 1_000 }
    for user in [1, 75, 150] {
      let bookings = try server.person(user).get("/api/bookings?eventId=\(event)").json()
      #expect(bookings["items"]?.array?.map { $0["status"]?.string } == ["cancelled"])
    }
    #expect(try server.person(1).tryToBook(event).problem() == "event-cancelled")
  }

  @Test("a draft is nobody's business but the admins', until it is published")
  func drafts() throws {
    let server = try TestServer()
    let event = try server.event(seats: 5, ["status": "draft"])
    #expect(try server.server.client().get("/api/events/\(event)").status == 404)
    #expect(try server.person(1).tryToBook(event).status == 404)
    #expect(try server.person(1).get("/api/events").json()["items"]?.array?.isEmpty == true)
    #expect(try server.server.client().get("/api/events?status=draft").status == 403)
    #expect(try server.admin().get("/api/events?status=draft").json()["items"]?.array?.count == 1)
    let socket = try WebSocketClient(
      port: server.port, path: "/ws/events/\(event)", token: server.mint.token(user: 1))
    #expect(try socket.expectClose().code == 4404)
    let answer = try server.admin().request("PATCH", "/api/events/\(event)", json: ["status": "on_sale"])
    #expect(answer.status == 200)
    #expect(try server.server.client().get("/api/events/\(event)").status == 200)
    #expect(
      try server.admin().request("PATCH", "/api/events/\(event)", json: ["status": "draft"]).problem()
        == "already-published")
  }
}
