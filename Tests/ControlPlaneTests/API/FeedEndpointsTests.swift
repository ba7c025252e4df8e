import Testing

@testable import ControlPlane

@Suite("FeedEndpoints")
struct FeedEndpointsTests {
  private let backend: APIFixture

  init() throws { backend = try APIFixture() }

  private func feed(_ query: String = "") throws -> Reply {
    try backend.send("GET", "/api/notices\(query)", token: backend.adminToken())
  }

  @Test("The feed tells each change with its position, its booking and the counts after it")
  func items() throws {
    let event = try backend.event()
    let user = try backend.userToken()
    let booked = try backend.book(event, quantity: 2, token: user)
    _ = try backend.send("DELETE", "/api/bookings/\(booked.text("bookingId"))", token: user)
    let reply = try feed()
    #expect(reply.status == 200 && reply.first("cache-control") == "no-store")
    let epoch = backend.backend.epoch
    let items = try reply.items.compactMap(\.members)
    #expect(
      items.compactMap { $0["type"]?.text } == ["event_created", "booking_confirmed", "booking_cancelled"])
    #expect(items.compactMap { $0["position"]?.text } == ["\(epoch).1", "\(epoch).2", "\(epoch).3"])
    #expect(try reply.text("position") == "\(epoch).3")
    #expect(items[0]["name"] == .string("Concert") && items[0]["availableSeats"] == .integer(50))
    #expect(items[0]["seq"] == nil && items[0]["status"] == .string("on_sale"))
    #expect(items[1]["seq"] == .integer(1) && items[1]["availableSeats"] == .integer(48))
    #expect(items[1]["bookingId"] == (try booked.member("bookingId")))
    #expect(items[1]["userId"] == (try booked.member("userId")))
    #expect(items[1]["issuer"] == .string("seatcast") && items[1]["quantity"] == .integer(2))
    #expect(items[1]["at"]?.text?.hasSuffix("Z") == true)
    let rest = try feed("?after=\(epoch).2&limit=1")
    #expect(try rest.items.count == 1 && rest.text("position") == "\(epoch).3")
    let end = try feed("?after=\(epoch).3")
    #expect(try end.items.isEmpty && end.text("position") == "\(epoch).3")
  }

  @Test("A hold tells its end; its confirmation has no seq and no counts")
  func hold() throws {
    let event = try backend.event()
    let user = try backend.userToken()
    let held = try backend.send(
      "POST", "/api/bookings", #"{"eventId":\#(event),"hold":true}"#, token: user)
    _ = try backend.send("POST", "/api/bookings/\(held.text("bookingId"))/confirm", token: user)
    let items = try feed("?after=\(backend.backend.epoch).1").items.compactMap(\.members)
    #expect(items.compactMap { $0["type"]?.text } == ["booking_held", "booking_confirmed"])
    #expect(items[0]["expiresAt"] == (try held.member("expiresAt")))
    #expect(items[1]["seq"] == nil && items[1]["availableSeats"] == nil && items[1]["expiresAt"] == nil)
  }

  @Test("A position of another epoch, of what is not kept, or of the future is 410 with where to begin")
  func restarted() throws {
    let epoch = backend.backend.epoch
    for position in ["other.0", "\(epoch).99"] {
      let reply = try feed("?after=\(position)")
      #expect(reply.status == 410 && reply.problem == "feed-restarted")
      #expect(try reply.text("position") == "\(epoch).0")
    }
    for position in [
      "", "7", "x", "\(epoch)", "\(epoch).", "\(epoch).x", "\(epoch).-1", ".1", "a.b.1", "\(epoch).01",
    ] {
      let reply = try feed("?after=\(position)")
      #expect(reply.status == 400 && reply.problem == "invalid-parameter", "\(position)")
    }
    for query in ["limit=0", "limit=1001", "wait=61", "wait=x"] {
      #expect(try feed("?\(query)").status == 400, "\(query)")
    }
  }

  @Test("Whoever waits is answered by the next booking, or with an empty list when the time is up")
  func waiting() throws {
    let (event, user, admin) = (try backend.event(), try backend.userToken(), try backend.adminToken())
    let end = "\(backend.backend.epoch).1"
    let waiting = try backend.ask("GET", "/api/notices?after=\(end)&wait=60", token: admin)
    #expect(try backend.answer(waiting) == nil)
    _ = try backend.book(event, token: user)
    let woken = try #require(try backend.answer(waiting))
    #expect(try woken.items.count == 1 && woken.text("position") == "\(backend.backend.epoch).2")
    let idle = try backend.ask("GET", "/api/notices?after=\(backend.backend.epoch).2&wait=5", token: admin)
    backend.clock.set(milliseconds: backend.clock.now.milliseconds + 4_999)
    #expect(try backend.answer(idle) == nil)
    backend.clock.set(milliseconds: backend.clock.now.milliseconds + 1)
    let empty = try #require(try backend.answer(idle))
    #expect(try empty.status == 200 && empty.items.isEmpty)
    let head = try backend.send("HEAD", "/api/notices?after=\(backend.backend.epoch).2&wait=5", token: admin)
    #expect(head.status == 200)
  }

  @Test("One client has so many requests that wait and no more")
  func crowd() throws {
    let admin = try backend.adminToken()
    let path = "/api/notices?wait=60"
    for _ in 0..<FeedWaiters.perClient { _ = try backend.ask("GET", path, token: admin) }
    let refused = try backend.send("GET", path, token: admin)
    #expect(refused.status == 429 && refused.problem == "rate-limited" && refused.first("retry-after") == "1")
  }

  @Test("The feed is for administrators")
  func forbidden() throws {
    #expect(try backend.send("GET", "/api/notices").status == 401)
    #expect(try backend.send("GET", "/api/notices", token: backend.userToken()).status == 403)
  }
}
