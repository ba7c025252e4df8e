// The REST contract (docs/API.md) from outside: accounts, events, bookings, each with its good way and its
// named refusals. What HTTP itself asks for stands in HTTPRulesTests.
import TestSupport
import Testing

@Suite("REST", .timeLimit(.minutes(30)))
struct RestTests {
  @Test("register, log in and me tell the same user, with a token that works")
  func accounts() throws {
    let server = try TestServer()
    let client = server.server.client()
    let person: JSON = ["email": "ada@example.test", "password": "a long enough password", "name": "Ada"]
    let registered = try client.request("POST", "/api/auth/register", json: person)
    #expect(registered.status == 201)
    let user = try registered.json()["user"]
    #expect(user?["email"]?.string == "ada@example.test")
    #expect(user?["name"]?.string == "Ada")
    #expect(user?["role"]?.string == "user")
    #expect(try registered.json().word("expiresAt").hasSuffix("Z"))
    client.token = try registered.json().word("token")
    let me = try client.get("/api/auth/me")
    #expect(me.status == 200)
    #expect(try me.json() == user)
    let login = try client.request("POST", "/api/auth/login", json: person)
    #expect(login.status == 200)
    #expect(try login.json()["user"] == user)
    #expect(!registered.text.contains("a long enough password"))
  }

  @Test("wrong credentials get one and the same answer, whether or not the account exists")
  func wrongCredentials() throws {
    let server = try TestServer()
    let client = server.server.client()
    var texts: [String] = []
    for email in [ServerProcess.adminEmail, "nobody@example.test"] {
      let answer = try client.request(
        "POST", "/api/auth/login", json: ["email": .string(email), "password": "not the password"])
      #expect(answer.status == 401)
      #expect(try answer.problem() == "wrong-credentials")
      // Each request has a name of its own.
      let name = try #require(answer.field("X-Request-Id"))
      texts.append(answer.text.replacing(name, with: ""))
    }
    #expect(texts[0] == texts[1])
  }

  @Test("an email address is taken once, in any spelling of its case")
  func emailTaken() throws {
    let client = try TestServer().server.client()
    for (email, status) in [("bob@example.test", 201), ("bob@example.test", 409), ("BOB@Example.test", 409)] {
      let answer = try client.request(
        "POST", "/api/auth/register",
        json: ["email": .string(email), "password": "a long enough password", "name": "Bob"])
      #expect(answer.status == status)
      if status == 409 { #expect(try answer.problem() == "email-taken") }
    }
  }

  @Test("members of a wrong type or out of bounds are named by JSON Pointers")
  func validation() throws {
    let client = try TestServer().server.client()
    let answer = try client.request(
      "POST", "/api/auth/register", json: ["email": 5, "password": "short"])
    #expect(answer.status == 422)
    #expect(try answer.problem() == "validation-failed")
    let pointers = try answer.json()["errors"]?.array?.compactMap { $0["pointer"]?.string } ?? []
    #expect(
      Set(pointers.map { $0.hasPrefix("#") ? String($0.dropFirst()) : $0 }) == [
        "/email", "/password", "/name",
      ])
  }

  @Test("who may do what: without token 401, as the wrong person 403")
  func permissions() throws {
    let server = try TestServer()
    let event = try server.event(seats: 5)
    let booking = try server.person(1).book(event).word("bookingId")
    let nobody = server.server.client()
    for (method, path) in [
      ("GET", "/api/auth/me"), ("POST", "/api/events"), ("PATCH", "/api/events/\(event)"),
      ("DELETE", "/api/events/\(event)"), ("POST", "/api/bookings"), ("GET", "/api/bookings"),
      ("GET", "/api/bookings/\(booking)"), ("DELETE", "/api/bookings/\(booking)"),
      ("GET", "/api/events/\(event)/notices"), ("GET", "/api/events/\(event)/stream"),
    ] {
      let answer = try nobody.request(method, path, json: [:])
      #expect(answer.status == 401, "\(method) \(path)")
      #expect(answer.field("WWW-Authenticate") != nil, "\(method) \(path)")
    }
    let stranger = server.person(2)
    for (method, path) in [
      ("POST", "/api/events"), ("PATCH", "/api/events/\(event)"), ("DELETE", "/api/events/\(event)"),
      ("GET", "/api/events/\(event)/notices"), ("GET", "/api/bookings/\(booking)"),
      ("DELETE", "/api/bookings/\(booking)"), ("POST", "/api/bookings/\(booking)/cancel"),
    ] {
      let answer = try stranger.request(method, path, json: ["name": "x", "seatCapacity": 1])
      #expect(answer.status == 403 || answer.status == 404, "\(method) \(path) gave \(answer.status)")
    }
    #expect(try server.admin().get("/api/bookings/\(booking)").status == 200)
    #expect(try server.admin().request("DELETE", "/api/bookings/\(booking)").status == 200)
  }

  @Test("an event is made, read, changed and deleted")
  func eventLife() throws {
    let server = try TestServer()
    let admin = try server.admin()
    let made = try admin.request(
      "POST", "/api/events",
      json: [
        "name": "Opera", "seatCapacity": 50, "venue": "The house", "startsAt": "2031-05-01T19:00:00.000Z",
      ])
    #expect(made.status == 201)
    let event = try made.json()
    let path = "/api/events/\(try event.number("id"))"
    #expect(made.field("Location") == path)
    #expect(event["status"]?.string == "on_sale")
    #expect(event["availableSeats"]?.integer == 50)
    #expect(event["maxPerBooking"]?.integer == 10)
    #expect(event["maxPerUser"]?.integer == 0)
    #expect(event["seq"]?.integer == 0)
    #expect(event["opensAt"] == .null)
    #expect(event["startsAt"]?.string == "2031-05-01T19:00:00.000Z")
    #expect(try server.server.client().get(path).json() == event)
    let patched = try admin.request("PATCH", path, json: ["name": "Ballet", "seatCapacity": 60])
    #expect(patched.status == 200)
    #expect(try patched.json().number("availableSeats") == 60)
    #expect(try patched.json().word("venue") == "The house")
    #expect(try admin.request("DELETE", path).status == 204)
    #expect(try admin.get(path).status == 404)
    #expect(try admin.request("DELETE", path).problem() == "unknown-event")
  }

  @Test("an event that was booked is not deleted, and its capacity stays above what is sold")
  func bookedEvent() throws {
    let server = try TestServer()
    let event = try server.event(seats: 5)
    try server.person(1).book(event, quantity: 3)
    let admin = try server.admin()
    let deleted = try admin.request("DELETE", "/api/events/\(event)")
    #expect(deleted.status == 409)
    #expect(try deleted.problem() == "event-has-bookings")
    let shrunk = try admin.request("PATCH", "/api/events/\(event)", json: ["seatCapacity": 2])
    #expect(shrunk.status == 409)
    #expect(try shrunk.problem() == "capacity-below-sold")
    #expect(try shrunk.json().number("sold") == 3)
    #expect(try admin.request("PATCH", "/api/events/\(event)", json: ["seatCapacity": 3]).status == 200)
  }

  @Test("a strong ETag answers 304 while nothing changed and guards a change with 412")
  func entityTags() throws {
    let server = try TestServer()
    let event = try server.event(seats: 5)
    let path = "/api/events/\(event)"
    let client = server.server.client()
    let first = try client.get(path)
    let tag = try #require(first.field("ETag"))
    #expect(tag.hasPrefix("\"") && tag.hasSuffix("\""))
    let same = try client.get(path, fields: [("If-None-Match", tag)])
    #expect(same.status == 304)
    #expect(same.field("ETag") == tag)
    try server.person(1).book(event)
    let changed = try client.get(path, fields: [("If-None-Match", tag)])
    #expect(changed.status == 200)
    #expect(changed.field("ETag") != tag)
    let admin = try server.admin()
    let late = try admin.request("PATCH", path, json: ["name": "Late"], fields: [("If-Match", tag)])
    #expect(late.status == 412)
    #expect(try late.problem() == "precondition-failed")
    let fresh = try #require(changed.field("ETag"))
    #expect(
      try admin.request("PATCH", path, json: ["name": "In time"], fields: [("If-Match", fresh)]).status == 200
    )
  }

  @Test("a booking is made, read, listed and cancelled, and a second cancellation changes nothing")
  func bookingLife() throws {
    let server = try TestServer()
    let event = try server.event(seats: 5)
    let client = server.person(11)
    let (socket, _) = try server.watch(event)
    let made = try client.tryToBook(event, quantity: 2)
    #expect(made.status == 201)
    let booking = try made.json()
    let id = try booking.word("bookingId")
    #expect(made.field("Location") == "/api/bookings/\(id)")
    #expect(try booking.number("eventId") == event)
    #expect(try booking.number("userId") == 11)
    #expect(try booking.number("quantity") == 2)
    #expect(try booking.number("availableSeats") == 3)
    #expect(try booking.number("seq") == 1)
    let read = try client.get("/api/bookings/\(id)")
    #expect(read.status == 200)
    #expect(try read.json().word("bookingId") == id)
    #expect(try client.get("/api/bookings").json()["items"]?.array?.count == 1)
    #expect(try server.person(12).get("/api/bookings").json()["items"]?.array?.count == 0)
    let first = try client.cancel(id)
    #expect(first["status"]?.string == "cancelled")
    let second = try client.request("POST", "/api/bookings/\(id)/cancel")
    #expect(second.status == 200)
    #expect(try second.json()["status"]?.string == "cancelled")
    try client.book(event)
    #expect(try socket.expect("booking_created").number("quantity") == 2)
    #expect(try socket.expect("booking_cancelled").number("availableSeats") == 5)
    #expect(try socket.expect("booking_created").number("seq") == 3)
  }

  @Test("what cannot be booked is refused, each reason with its own type")
  func refusals() throws {
    let server = try TestServer()
    let client = server.person(1)
    let small = try server.event(seats: 2)
    let soldOut = try client.tryToBook(small, quantity: 3)
    #expect(soldOut.status == 409)
    #expect(try soldOut.problem() == "sold-out")
    #expect(try soldOut.json().number("available") == 2)
    #expect(try soldOut.json().number("requested") == 3)
    let cases: [([String: JSON], Int, String)] = [
      (["opensAt": "2090-01-01T00:00:00.000Z"], 1, "not-open-yet"),
      (["closesAt": "2020-01-01T00:00:00.000Z"], 1, "sales-closed"),
      (["status": "cancelled"], 1, "event-cancelled"), ([:], 11, "quantity-limit"),
      (["maxPerUser": 2], 3, "per-user-limit"),
    ]
    for (members, quantity, problem) in cases {
      let event = try server.event(seats: 50, members)
      let answer = try client.tryToBook(event, quantity: quantity)
      #expect(answer.status == 409)
      #expect(try answer.problem() == problem)
    }
    #expect(try client.tryToBook(999_999).problem() == "unknown-event")
    #expect(try client.get("/api/bookings/BK-nothing").status == 404)
    #expect(
      try client.tryToBook(small, quantity: 0).status == 422
        || client.tryToBook(small, quantity: 0).status == 409)
  }

  @Test("the same Idempotency-Key and body answer the first result again; another body is refused")
  func idempotency() throws {
    let server = try TestServer()
    let event = try server.event(seats: 5)
    let client = server.person(1)
    let first = try client.tryToBook(event, quantity: 2, key: "key-1")
    let again = try client.tryToBook(event, quantity: 2, key: "key-1")
    let quoted = try client.tryToBook(event, quantity: 2, key: "\"key-1\"")
    #expect(first.status == 201 && again.status == 201 && quoted.status == 201)
    #expect(first.field("Idempotency-Replayed") == nil)
    #expect(again.field("Idempotency-Replayed") == "true")
    #expect(try again.json().word("bookingId") == first.json().word("bookingId"))
    #expect(try quoted.json().word("bookingId") == first.json().word("bookingId"))
    let other = try client.tryToBook(event, quantity: 1, key: "key-1")
    #expect(other.status == 422)
    #expect(try other.problem() == "idempotency-mismatch")
    #expect(try server.person(2).book(event, quantity: 1, key: "key-1").number("availableSeats") == 2)
    #expect(try client.tryToBook(event, key: String(repeating: "k", count: 256)).status == 400)
    #expect(try client.tryToBook(event, key: "\"\"").status == 400)
    let refused = try client.tryToBook(event, quantity: 3, key: "key-2")
    #expect(refused.status == 409)
    try client.cancel(try first.json().word("bookingId"))
    #expect(try client.tryToBook(event, quantity: 3, key: "key-2").status == 201)
  }

  @Test("lists come in pages whose cursors lead through everything exactly once")
  func pages() throws {
    let server = try TestServer()
    let admin = try server.admin()
    var made: [Int] = []
    for number in 0..<7 {
      let answer = try admin.request(
        "POST", "/api/events", json: ["name": .string("Event \(number)"), "seatCapacity": 20])
      made.append(try answer.json().number("id"))
    }
    #expect(try walk(server.server.client(), "/api/events?limit=3") { try $0.number("id") } == made)
    let client = server.person(1)
    let bookings = try (0..<5).map { _ in try client.book(made[0]).word("bookingId") }
    let listed = try walk(client, "/api/bookings?limit=2&eventId=\(made[0])") { try $0.word("bookingId") }
    #expect(listed.sorted() == bookings.sorted())
    let log = try walk(admin, "/api/events/\(made[0])/notices?limit=2", parameter: "after") {
      try $0.number("seq")
    }
    #expect(log == [1, 2, 3, 4, 5])
    for bad in ["limit=0", "limit=x", "limit=-1", "cursor=%00", "cursor=nonsense", "status=perhaps"] {
      #expect(try client.get("/api/events?\(bad)").status == 400, "\(bad)")
    }
  }

  /// Follows `next` to the end, and holds it against the Link field.
  private func walk<Item>(
    _ client: HTTPClient, _ path: String, parameter: String = "cursor", _ item: (JSON) throws -> Item
  ) throws -> [Item] {
    var items: [Item] = []
    var here = path
    for _ in 0..<20 {
      let answer = try client.get(here)
      let page = try answer.json()
      items += try (page["items"]?.array ?? []).map(item)
      guard let next = page["next"], next != .null else { return items }
      #expect(answer.field("Link")?.contains("rel=\"next\"") == true)
      here = "\(path)&\(parameter)=\(next.string ?? next.text)"
    }
    throw TestFailure("\(path) has no end")
  }
}
