import Testing

@testable import ControlPlane

@Suite("NoticeEndpoints")
struct NoticeEndpointsTests {
  private let backend: APIFixture

  init() throws { backend = try APIFixture() }

  // MARK: The stream

  @Test("A stream begins as text/event-stream for this event and user, resuming where asked")
  func stream() throws {
    let event = try backend.event()
    let token = TokenForge.sign(payload: #"{"iss":"seatcast","sub":"9","exp":9999999999}"#)
    let path = "/api/events/\(event)/stream"
    let reply = try backend.send("GET", path, token: token)
    #expect(reply.status == 200 && reply.body.isEmpty)
    #expect(reply.first("content-type") == "text/event-stream")
    #expect(reply.first("cache-control") == "no-store")
    let stream = try #require(reply.stream)
    #expect(stream.event == EventID(event) && stream.resume == .none)
    #expect(stream.client == Identity.local(9).connectionKey)
    #expect(stream.expiresAt == Instant(milliseconds: 9_999_999_999_000))
    #expect(stream.isStillValid())
    func resumed(_ value: String) throws -> Reply.Stream.Resume? {
      try backend.send("GET", path, token: token, fields: [.init(name: "last-event-id", value: value)])
        .stream?.resume
    }
    let epoch = backend.backend.epoch
    #expect(try resumed("\(epoch).17") == .after(17))
    #expect(try resumed("\(epoch).0") == .after(0))
    #expect(try resumed("") == Reply.Stream.Resume.none)
    for stray in [
      "17", "x", "other.17", "\(epoch)", "\(epoch).", "\(epoch).x", "\(epoch)17", "\(epoch).-1",
      "\(epoch).9223372036854775808",
    ] {
      #expect(try resumed(stray) == .elsewhere, "\(stray)")
    }
  }

  @Test("Without a token a stream is for nobody, or with a public watch for an anonymous viewer without end")
  func anonymous() throws {
    let path = "/api/events/\(try backend.event())/stream"
    #expect(try backend.send("GET", path).status == 401)
    let open = try APIFixture { $0.watchIsPublic = true }
    let publicPath = "/api/events/\(try open.event())/stream"
    for query in ["", "?token="] {
      let stream = try #require(try open.send("GET", publicPath + query).stream)
      #expect(stream.client == nil && stream.expiresAt == nil && stream.isStillValid())
    }
    #expect(try open.send("GET", publicPath + "?token=wrong").status == 401)
    #expect(try open.send("GET", publicPath, token: "wrong").status == 401)
    #expect(try open.send("GET", publicPath, token: open.userToken()).stream?.client != nil)
    #expect(try open.send("GET", "/api/bookings").status == 401)
  }

  @Test("Without Last-Event-ID, since and epoch in the URL say where to resume")
  func since() throws {
    let token = try backend.userToken()
    let path = "/api/events/\(try backend.event())/stream"
    func resume(_ query: String, _ fields: [Request.Field] = []) throws -> Reply.Stream.Resume? {
      try backend.send("GET", "\(path)?\(query)", token: token, fields: fields).stream?.resume
    }
    let epoch = backend.backend.epoch
    #expect(try resume("since=17&epoch=\(epoch)") == .after(17))
    #expect(try resume("since=17&epoch=other") == .elsewhere)
    #expect(try resume("since=17") == .elsewhere)
    let position = Request.Field(name: "last-event-id", value: "\(epoch).18")
    #expect(try resume("since=17&epoch=\(epoch)", [position]) == .after(18))
    for since in ["abc", "", "-1", "01", "9223372036854775808"] {
      let reply = try backend.send("GET", "\(path)?since=\(since)", token: token)
      #expect(reply.status == 400 && reply.problem == "invalid-parameter")
      #expect(String(decoding: reply.body, as: UTF8.self).contains("since must be"))
    }
  }

  @Test("The token may stand in the query, as browsers cannot set fields here")
  func queryToken() throws {
    let event = try backend.event()
    let token = try backend.userToken()
    #expect(try backend.send("GET", "/api/events/\(event)/stream?token=\(token)").stream != nil)
    #expect(try backend.send("GET", "/api/events/\(event)/stream").status == 401)
    #expect(try backend.send("GET", "/api/events/\(event)/stream?token=x").status == 401)
  }

  @Test("A stream that a log-out overtakes before it starts is not valid any more")
  func loggedOutMeanwhile() throws {
    let event = try backend.event()
    let (ann, bob) = (try backend.userToken("ann"), try backend.userToken("bob"))
    func stream(_ token: String) throws -> Reply.Stream {
      try #require(try backend.send("GET", "/api/events/\(event)/stream", token: token).stream)
    }
    let (anns, bobs) = (try stream(ann), try stream(bob))
    let user = try backend.send("GET", "/api/auth/me", token: ann).number("id")
    let logOut = try backend.send("POST", "/api/users/\(user)/logout", token: backend.adminToken())
    #expect(logOut.status < 300)
    #expect(!anns.isStillValid() && bobs.isStillValid())
  }

  @Test("HEAD tells about a stream without opening it, and an unknown event has none")
  func noStream() throws {
    let event = try backend.event()
    let token = try backend.userToken()
    let head = try backend.send("HEAD", "/api/events/\(event)/stream", token: token)
    #expect(head.status == 200 && head.stream == nil)
    let unknown = try backend.send("GET", "/api/events/999/stream", token: token)
    #expect(unknown.status == 404 && unknown.stream == nil)
  }

  @Test("A draft is answered as an event that does not exist, until it is published")
  func draft() throws {
    let open = try APIFixture { $0.watchIsPublic = true }
    let admin = try open.adminToken()
    let body = #"{"name":"E","seatCapacity":5,"status":"draft"}"#
    let event = try open.send("POST", "/api/events", body, token: admin).number("id")
    let path = "/api/events/\(event)/stream"
    for token in [nil, try open.userToken(), admin] {
      let (draft, unknown) = (
        try open.send("GET", path, token: token), try open.send("GET", "/api/events/999/stream", token: token)
      )
      #expect(draft.status == 404 && draft.stream == nil && draft.body == unknown.body)
    }
    _ = try open.send("PATCH", "/api/events/\(event)", #"{"status":"on_sale"}"#, token: admin)
    #expect(try open.send("GET", path).stream?.event == EventID(event))
  }

  // MARK: The log

  @Test("The log tells every change in order, in pages, with identities")
  func log() throws {
    let event = try backend.event()
    let (user, admin) = (try backend.userToken(), try backend.adminToken())
    let booked = try backend.book(event, quantity: 2, token: user)
    _ = try backend.send("DELETE", "/api/bookings/\(booked.text("bookingId"))", token: user)
    _ = try backend.send("PATCH", "/api/events/\(event)", #"{"seatCapacity":60}"#, token: admin)
    let path = "/api/events/\(event)/notices"
    let first = try backend.send("GET", "\(path)?limit=2", token: admin)
    #expect(first.status == 200)
    #expect(
      try first.items.compactMap { $0.members?["type"]?.text } == ["booking_created", "booking_cancelled"])
    #expect(try first.items.first?.members?["bookingId"] == booked.member("bookingId"))
    #expect(try first.items.first?.members?["userId"] == booked.member("userId"))
    #expect(try first.number("next") == 2)
    #expect(first.first("link") == "<\(path)?limit=2&after=2>; rel=\"next\"")
    let second = try backend.send("GET", "\(path)?limit=2&after=2", token: admin)
    #expect(try second.items.compactMap { $0.members?["seq"]?.whole } == [3])
    #expect(try second.items.first?.members?["type"] == .string("seat_update"))
    #expect(try second.member("next") == .null)
  }

  @Test("The log is for admins, and its parameters are checked")
  func logRefusals() throws {
    let event = try backend.event()
    let admin = try backend.adminToken()
    #expect(try backend.send("GET", "/api/events/\(event)/notices", token: backend.userToken()).status == 403)
    #expect(try backend.send("GET", "/api/events/\(event)/notices").status == 401)
    #expect(try backend.send("GET", "/api/events/999/notices", token: admin).status == 404)
    #expect(try backend.send("GET", "/api/events/\(event)/notices?after=-1", token: admin).status == 400)
    #expect(try backend.send("GET", "/api/events/\(event)/notices?after=99", token: admin).items.isEmpty)
  }
}
