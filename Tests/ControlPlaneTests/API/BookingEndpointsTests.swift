import Testing

@testable import ControlPlane

@Suite("BookingEndpoints")
struct BookingEndpointsTests {
  private let backend: APIFixture

  init() throws { backend = try APIFixture() }

  // MARK: Booking

  @Test("Register, log in, create an event, book, cancel: the whole way")
  func wholeWay() throws {
    _ = try backend.userToken("ann")
    let token = try backend.token("ann@example.org", "password of ann")
    let event = try backend.event()
    let booked = try backend.book(event, quantity: 6, token: token)
    #expect(booked.status == 201)
    let id = try booked.text("bookingId")
    #expect(booked.first("location") == "/api/bookings/\(id)")
    #expect(id.hasPrefix("BK-"))
    #expect(try booked.number("eventId") == event && booked.number("quantity") == 6)
    #expect(try booked.text("status") == "confirmed")
    #expect(try booked.text("createdAt") == "2024-11-11T10:30:00.000Z")
    #expect(try booked.number("availableSeats") == 44 && booked.number("seq") == 1)
    let cancelled = try backend.send("DELETE", "/api/bookings/\(id)", token: token)
    #expect(cancelled.status == 200)
    #expect(try cancelled.text("status") == "cancelled")
    #expect(try cancelled.number("availableSeats") == 50 && cancelled.number("seq") == 2)
    let again = try backend.send("POST", "/api/bookings/\(id)/cancel", token: token)
    #expect(again.status == 200 && again.body == cancelled.body)
    #expect(try backend.send("GET", "/api/events/\(event)").number("availableSeats") == 50)
  }

  @Test("One seat is booked when no quantity is said")
  func defaultQuantity() throws {
    let event = try backend.event()
    let reply = try backend.send(
      "POST", "/api/bookings", #"{"eventId":\#(event),"hold":false,"extra":1}"#, token: backend.userToken())
    #expect(try reply.status == 201 && reply.number("quantity") == 1)
  }

  @Test("Sold out is 409 with what is left and what was asked; nothing is taken")
  func soldOut() throws {
    let event = try backend.event(#""seatCapacity":3"#)
    let token = try backend.userToken()
    #expect(try backend.book(event, quantity: 2, token: token).status == 201)
    let reply = try backend.book(event, quantity: 2, token: token)
    #expect(reply.status == 409 && reply.problem == "sold-out")
    #expect(try reply.number("available") == 1 && reply.number("requested") == 2)
    #expect(try backend.send("GET", "/api/events/\(event)").number("availableSeats") == 1)
  }

  @Test(
    "Each rule of selling is its own problem",
    arguments: [
      (#""opensAt":"2030-01-01T00:00:00Z""#, "not-open-yet"),
      (#""closesAt":"2020-01-01T00:00:00Z""#, "sales-closed"),
      (#""status":"closed""#, "sales-closed"), (#""status":"cancelled""#, "event-cancelled"),
      (#""maxPerUser":1"#, "per-user-limit"), (#""maxPerBooking":1"#, "quantity-limit"),
    ])
  func rules(member: String, problem: String) throws {
    let event = try backend.event(#""seatCapacity":50,\#(member)"#)
    let reply = try backend.book(event, quantity: 2, token: backend.userToken())
    #expect(reply.status == 409 && reply.problem == problem)
  }

  @Test("An unknown event is 404")
  func unknownEvent() throws {
    let reply = try backend.book(999, token: backend.userToken())
    #expect(reply.status == 404 && reply.problem == "unknown-event")
  }

  @Test("A hold is 201 with its end; it is confirmed by its owner, once, and extended before that")
  func hold() throws {
    let event = try backend.event()
    let token = try backend.userToken()
    let reply = try backend.send(
      "POST", "/api/bookings", #"{"eventId":\#(event),"hold":true}"#, token: token)
    #expect(reply.status == 201)
    #expect(try reply.text("status") == "held")
    let place = try #require(reply.first("location"))
    let extended = try backend.send("POST", place + "/extend", token: token)
    #expect(extended.status == 200)
    #expect(try extended.text("expiresAt") > reply.text("expiresAt"))
    let second = try backend.send("POST", place + "/extend", token: token)
    #expect(second.status == 409 && second.problem == "extension-used")
    let confirmed = try backend.send("POST", place + "/confirm", token: token)
    #expect(confirmed.status == 200)
    #expect(try confirmed.text("status") == "confirmed")
    #expect(try confirmed.json.members?["expiresAt"] == nil)
    #expect(try backend.send("POST", place + "/confirm", token: token).body == confirmed.body)
    #expect(try backend.send("GET", place, token: token).body == confirmed.body)
    #expect(try backend.send("GET", "/api/events/\(event)").number("availableSeats") == 49)
  }

  @Test("An event without holds sells nothing to whoever wants one")
  func noHolds() throws {
    let event = try backend.event(#""holdSeconds":0,"seatCapacity":50"#)
    let reply = try backend.send(
      "POST", "/api/bookings", #"{"eventId":\#(event),"hold":true}"#, token: backend.userToken())
    #expect(reply.status == 422 && reply.problem == "holds-not-offered")
    #expect(try backend.send("GET", "/api/events/\(event)").number("availableSeats") == 50)
  }

  @Test(
    "Wrong members are 422",
    arguments: [
      "{}", #"{"eventId":"1"}"#, #"{"eventId":0}"#, #"{"eventId":1,"quantity":0}"#,
      #"{"eventId":1,"quantity":-1}"#,
      #"{"eventId":1,"quantity":1.5}"#, #"{"eventId":1,"quantity":"2"}"#, #"{"eventId":1,"quantity":null}"#,
      #"{"eventId":1,"quantity":1e18}"#, #"{"eventId":1,"hold":"yes"}"#, #"{"eventId":1e30}"#,
    ])
  func wrongMembers(body: String) throws {
    let reply = try backend.send("POST", "/api/bookings", body, token: backend.userToken())
    #expect(reply.status == 422 && reply.problem == "validation-failed")
  }

  @Test("A token of another service books: its user id is enough")
  func foreignToken() throws {
    let event = try backend.event()
    let token = TokenForge.sign(payload: #"{"iss":"seatcast","id":4711,"exp":9999999999}"#)
    let booked = try backend.book(event, token: token)
    #expect(try booked.status == 201 && booked.number("userId") == 4711)
    let cancelled = try backend.send("DELETE", "/api/bookings/\(booked.text("bookingId"))", token: token)
    #expect(cancelled.status == 200)
  }

  // MARK: Idempotency

  @Test("The same key and body tell the first result again, and sell once")
  func replay() throws {
    let event = try backend.event()
    let token = try backend.userToken()
    let first = try backend.book(event, quantity: 2, token: token, key: "k-1")
    #expect(first.status == 201 && first.first("idempotency-replayed") == nil)
    let again = try backend.book(event, quantity: 2, token: token, key: "\"k-1\"")
    #expect(again.status == 201 && again.body == first.body)
    #expect(again.first("idempotency-replayed") == "true")
    #expect(again.first("location") == first.first("location"))
    #expect(try backend.send("GET", "/api/events/\(event)").number("availableSeats") == 48)
    #expect(try backend.book(event, quantity: 2, token: token, key: "k-2").number("seq") == 2)
  }

  @Test("The same key with another body is 422")
  func mismatch() throws {
    let event = try backend.event()
    let token = try backend.userToken()
    _ = try backend.book(event, quantity: 2, token: token, key: "k")
    let reply = try backend.book(event, quantity: 3, token: token, key: "k")
    #expect(reply.status == 422 && reply.problem == "idempotency-mismatch")
  }

  @Test("Keys of two users have nothing to do with each other")
  func scope() throws {
    let event = try backend.event()
    let first = try backend.book(event, token: backend.userToken("ann"), key: "k")
    let second = try backend.book(event, token: backend.userToken("bob"), key: "k")
    #expect(try second.status == 201 && first.text("bookingId") != second.text("bookingId"))
  }

  @Test("A refusal is judged anew")
  func refusalNotKept() throws {
    let event = try backend.event(#""seatCapacity":1"#)
    let (ann, bob) = (try backend.userToken("ann"), try backend.userToken("bob"))
    let taken = try backend.book(event, token: ann)
    #expect(try backend.book(event, token: bob, key: "k").status == 409)
    _ = try backend.send("DELETE", "/api/bookings/\(taken.text("bookingId"))", token: ann)
    #expect(try backend.book(event, token: bob, key: "k").status == 201)
  }

  @Test("A key that breaks the rule is 400")
  func badKey() throws {
    let event = try backend.event()
    let reply = try backend.book(event, token: backend.userToken(), key: "a b")
    #expect(reply.status == 400 && reply.problem == "invalid-header")
  }

  // MARK: Whose

  @Test("Owners and admins see and cancel a booking, others do not")
  func ownership() throws {
    let event = try backend.event()
    let (ann, bob, admin) = (
      try backend.userToken("ann"), try backend.userToken("bob"), try backend.adminToken()
    )
    let path = "/api/bookings/\(try backend.book(event, token: ann).text("bookingId"))"
    #expect(try backend.send("GET", path, token: ann).status == 200)
    #expect(try backend.send("GET", path, token: admin).status == 200)
    let unknown = "/api/bookings/BK-00000000"
    for method in ["GET", "DELETE"] {
      let (others, nobodys) = (
        try backend.send(method, path, token: bob), try backend.send(method, unknown, token: bob)
      )
      #expect(others.status == 404 && others.problem == "unknown-booking")
      #expect(others.body == nobodys.body && others.fields == nobodys.fields, "it tells that there is one")
    }
    let forged = TokenForge.sign(payload: #"{"iss":"seatcast","sub":"4711","role":"admin","exp":9999999999}"#)
    #expect(try backend.send("GET", path, token: forged).status == 404)
    #expect(try backend.send("DELETE", path, token: forged).status == 404)
    #expect(try backend.send("DELETE", path, token: admin).status == 200)
    #expect(try backend.send("GET", path, token: ann).text("status") == "cancelled")
  }

  @Test("Unknown and impossible booking numbers are 404", arguments: ["BK-00000000", "7", "BK-!", "abc"])
  func unknownBooking(id: String) throws {
    let token = try backend.userToken()
    for (method, path) in [("GET", ""), ("DELETE", ""), ("POST", "/cancel")] {
      let reply = try backend.send(method, "/api/bookings/\(id)\(path)", token: token)
      #expect(reply.status == 404 && reply.problem == "unknown-booking")
    }
  }

  // MARK: Lists

  @Test("Users list their own bookings, admins everybody's, newest first and in pages")
  func lists() throws {
    let (one, two) = (try backend.event(), try backend.event())
    let (ann, bob, admin) = (
      try backend.userToken("ann"), try backend.userToken("bob"), try backend.adminToken()
    )
    var ids: [String] = []
    for (event, token) in [(one, ann), (two, ann), (one, bob), (one, ann)] {
      ids.append(try backend.book(event, token: token).text("bookingId"))
    }
    func list(_ query: String, _ token: String) throws -> [String] {
      var found: [String] = []
      var target = "/api/bookings?limit=2\(query)"
      while true {
        let reply = try backend.send("GET", target, token: token)
        found += try reply.items.compactMap { $0.members?["bookingId"]?.text }
        guard let link = reply.first("link"), found.count < 20 else { return found }
        target = String(link.dropFirst().prefix { $0 != ">" })
      }
    }
    #expect(try list("", ann) == [ids[3], ids[1], ids[0]])
    #expect(try list("", bob) == [ids[2]])
    #expect(try list("", admin) == ids.reversed())
    #expect(try list("&eventId=\(one)", admin) == [ids[3], ids[2], ids[0]])
    #expect(try list("&eventId=\(two)", bob) == [])
    #expect(try backend.send("GET", "/api/bookings?eventId=x", token: ann).problem == "invalid-parameter")
    #expect(try backend.send("GET", "/api/bookings?cursor=ZTE", token: ann).problem == "invalid-parameter")
  }
}
