// Many clients that want the same thing at the same moment: one effect, one notice, agreeing answers.
import TestSupport
import Testing

@Suite("Contention", .timeLimit(.minutes(30)))
struct ContentionTests {
  @Test("one Idempotency-Key sent by many at once books once")
  func sameKey() throws {
    let server = try TestServer()
    let event = try server.event(seats: 50)
    let (port, mint) = (server.port, server.mint)
    let answers = try concurrently(24) { _ in
      try HTTPClient(port: port, token: mint.token(user: 1)).tryToBook(event, quantity: 2, key: "the-key")
    }
    let booked = answers.filter { $0.status == 201 }
    // 409: the first of them was still on its way.
    #expect(answers.allSatisfy { $0.status == 201 || $0.status == 409 })
    #expect(Set(try booked.map { try $0.json().word("bookingId") }).count == 1)
    #expect(booked.filter { $0.field("Idempotency-Replayed") == nil }.count == 1)
    let stored = try server.server.client().get("/api/events/\(event)").json()
    #expect(try stored.number("availableSeats") == 48)
    #expect(try stored.number("seq") == 1)
  }

  @Test("one booking cancelled by many at once frees its seats once")
  func sameBooking() throws {
    let server = try TestServer()
    let event = try server.event(seats: 50)
    let booking = try server.person(1).book(event, quantity: 4).word("bookingId")
    let (port, mint) = (server.port, server.mint)
    let answers = try concurrently(24) { _ in
      try HTTPClient(port: port, token: mint.token(user: 1)).request("DELETE", "/api/bookings/\(booking)")
    }
    #expect(answers.allSatisfy { $0.status == 200 })
    let stored = try server.server.client().get("/api/events/\(event)").json()
    #expect(try stored.number("availableSeats") == 50)
    #expect(try stored.number("seq") == 2)
  }

  @Test("a limit per user holds when the user asks many times at once")
  func perUser() throws {
    let server = try TestServer()
    let event = try server.event(seats: 50, ["maxPerUser": 3])
    let (port, mint) = (server.port, server.mint)
    let answers = try concurrently(16) { _ in
      try HTTPClient(port: port, token: mint.token(user: 1)).tryToBook(event)
    }
    #expect(answers.filter { $0.status == 201 }.count == 3)
    #expect(try answers.filter { $0.status != 201 }.allSatisfy { try $0.problem() == "per-user-limit" })
  }

  @Test("one email address registered by many at once makes one account")
  func sameEmail() throws {
    let server = try TestServer()
    let port = server.port
    let answers = try concurrently(8) { _ in
      try HTTPClient(port: port).request(
        "POST", "/api/auth/register",
        json: ["email": "eve@example.test", "password": "a long enough password", "name": "Eve"])
    }
    #expect(answers.map(\.status).sorted() == [201] + [Int](repeating: 409, count: 7))
  }

  @Test("capacity changes amid bookings keep seq without gaps and counts that agree")
  func capacity() throws {
    let server = try TestServer()
    let event = try server.event(seats: 20)
    let (socket, _) = try server.watch(event)
    let (port, mint) = (server.port, server.mint)
    let bookers = try (1...6).map { user in
      try BackgroundThread {
        let client = HTTPClient(port: port, token: mint.token(user: user))
        for round in 0..<30 where try client.tryToBook(event).status == 201 && round % 2 == 0 {
          let mine = try client.get("/api/bookings?limit=1").json()["items"]?[0]
          if let booking = mine?["bookingId"]?.string { try client.cancel(booking) }
        }
      }
    }
    let admin = try server.admin()
    for capacity in 0..<20 {
      let answer = try admin.request(
        "PATCH", "/api/events/\(event)", json: ["seatCapacity": .integer(5 + (capacity * 7) % 40)])
      #expect(answer.status == 200 || answer.status == 409)
    }
    for thread in bookers { try thread.join() }
    let last = try server.server.client().get("/api/events/\(event)").json()
    var (capacity, taken) = (20, 0)
    for seq in stride(from: 1, through: try last.number("seq"), by: 1) {
      let notice = try socket.nextJSON()
      #expect(try notice.number("seq") == seq)
      switch try notice.word("type") {
      case "booking_created": taken += try notice.number("quantity")
      case "booking_cancelled": taken -= try notice.number("quantity")
      default: capacity = try notice.number("seatCapacity")
      }
      #expect(try notice.number("seatCapacity") == capacity)
      #expect(try notice.number("availableSeats") == capacity - taken)
      #expect(taken <= capacity)
    }
    #expect(try last.number("availableSeats") == capacity - taken)
  }
}
