// Freed seats go to those who wait, in order; the offer reaches the user's own pages and nobody else's.
import TestSupport
import Testing

@Suite("Waiting list", .timeLimit(.minutes(30)))
struct WaitlistTests {
  private func join(_ server: TestServer, _ event: Int, user: Int, quantity: Int = 1) throws -> JSON {
    let answer = try server.person(user).request(
      "POST", "/api/events/\(event)/waitlist", json: ["quantity": .integer(quantity)])
    guard answer.status == 201 else { throw TestFailure("not waiting: \(answer.status) \(answer.text)") }
    return try answer.json()
  }

  @Test("the first in line is offered the seat on the own page, confirms it, and the next moves up")
  func offer() throws {
    let server = try TestServer()
    let event = try server.event(seats: 1)
    let sold = try server.person(9).book(event).word("bookingId")
    #expect(try join(server, event, user: 1).number("position") == 1)
    #expect(try join(server, event, user: 2).number("position") == 2)
    let (first, _) = try server.watch(event, user: 1)
    let (second, _) = try server.watch(event, user: 2)
    let (stranger, _) = try server.watch(event, user: 3)
    try server.person(9).cancel(sold)
    // What is private may come before or after the notices of the same commit.
    let told = try (0..<3).map { _ in try first.nextJSON() }
    let offer = try #require(told.first { $0["type"]?.string == "waitlist_offer" })
    #expect(try offer.number("eventId") == event)
    #expect(told.compactMap { $0["availableSeats"]?.integer } == [1, 0])
    let moved = try (0..<3).map { _ in try second.nextJSON() }.first {
      $0["type"]?.string == "waitlist_position"
    }
    #expect(try moved?.number("position") == 1)
    for free in [1, 0] { #expect(try stranger.nextJSON().number("availableSeats") == free) }
    try stranger.send(json: ["type": "ping"])
    _ = try stranger.expect("pong")
    let confirmed = try server.person(1).request(
      "POST", "/api/bookings/\(offer.word("bookingId"))/confirm")
    #expect(confirmed.status == 200)
    #expect(try server.person(2).tryToBook(event).problem() == "sold-out")
    #expect(try server.person(1).get("/api/events/\(event)/waitlist").status == 404)
  }

  @Test("an offer that is not taken passes to the next, also when the server was killed meanwhile")
  func passedOn() throws {
    let server = try TestServer()
    let event = try server.event(seats: 1, ["holdSeconds": 2])
    let sold = try server.person(9).book(event).word("bookingId")
    for user in 1...2 { _ = try join(server, event, user: user) }
    try server.person(9).cancel(sold)
    try server.server.kill9()
    try server.server.restart()
    try eventually("the second has the seat") {
      let bookings = try server.person(2).get("/api/bookings?eventId=\(event)").json()
      return bookings["items"]?.array?.first?["status"]?.string == "held"
    }
    let lost = try server.person(1).get("/api/bookings?eventId=\(event)").json()
    #expect(lost["items"]?.array?.map { $0["status"]?.string } == ["expired"])
    #expect(try server.person(5).tryToBook(event).status == 409)
  }
}
