import Testing

@testable import ControlPlane

@Suite("EventEndpoints")
struct EventEndpointsTests {
  private let backend: APIFixture

  init() throws { backend = try APIFixture() }

  private func patch(_ id: Int64, _ body: String, ifMatch: String? = nil) throws -> Reply {
    let fields = ifMatch.map { [Request.Field(name: "if-match", value: $0)] } ?? []
    return try backend.send("PATCH", "/api/events/\(id)", body, token: backend.adminToken(), fields: fields)
  }

  // MARK: Conditions

  @Test("A read is made under conditions, too: If-Match first, by strong comparison, then If-None-Match")
  func conditionalReads() throws {
    let id = try backend.event()
    let tag = try #require(backend.send("GET", "/api/events/\(id)").first("etag"))
    func status(_ fields: (String, String)..., event: Int64? = nil) throws -> Int {
      let fields = fields.map { Request.Field(name: $0.0, value: $0.1) }
      return try backend.send("GET", "/api/events/\(event ?? id)", fields: fields).status
    }
    #expect(try status(("if-match", tag)) == 200)
    #expect(try status(("if-match", "*")) == 200)
    #expect(try status(("if-match", "\"9.9\", \(tag)")) == 200)
    #expect(try status(("if-match", "W/\(tag)")) == 412)
    #expect(try status(("if-match", "\"9.9\"")) == 412)
    #expect(try status(("if-none-match", "W/\(tag)")) == 304)
    #expect(try status(("if-match", tag), ("if-none-match", tag)) == 304)
    #expect(try status(("if-match", "\"9.9\""), ("if-none-match", tag)) == 412)
    // Where there is nothing, nothing is compared.
    #expect(try status(("if-match", "\"9.9\""), event: 77) == 404)
  }

  @Test("A change is refused when If-None-Match names what is there")
  func changesUnlessKnown() throws {
    let id = try backend.event()
    let tag = try #require(backend.send("GET", "/api/events/\(id)").first("etag"))
    func change(_ method: String, _ value: String) throws -> Reply {
      try backend.send(
        method, "/api/events/\(id)", method == "PATCH" ? #"{"name":"New"}"# : nil,
        token: backend.adminToken(), fields: [Request.Field(name: "if-none-match", value: value)])
    }
    for value in ["*", tag, "W/\(tag)"] {
      for method in ["PATCH", "DELETE"] {
        let reply = try change(method, value)
        #expect(reply.status == 412 && reply.problem == "precondition-failed" && reply.first("etag") == tag)
      }
    }
    #expect(try change("PATCH", "\"9.9\"").status == 200)
    #expect(try change("DELETE", tag).status == 204)
  }

  // MARK: Making

  @Test("A new event is 201 with Location, ETag and the contract's defaults")
  func create() throws {
    let reply = try backend.send(
      "POST", "/api/events", #"{"name":"Concert","seatCapacity":50}"#, token: backend.adminToken())
    #expect(reply.status == 201)
    let id = try reply.number("id")
    #expect(reply.first("location") == "/api/events/\(id)")
    #expect(reply.first("etag")?.hasPrefix("\"") == true)
    let expected: [String: JSONValue] = [
      "id": .integer(id), "name": .string("Concert"), "description": .string(""), "venue": .string(""),
      "startsAt": .null, "opensAt": .null, "closesAt": .null, "status": .string("on_sale"),
      "seatCapacity": .integer(50), "availableSeats": .integer(50), "maxPerBooking": .integer(10),
      "maxPerUser": .integer(0), "holdSeconds": .integer(600), "holdExtensionSeconds": .integer(300),
      "seq": .integer(0),
    ]
    #expect(try reply.json.members == expected)
    let read = try backend.send("GET", "/api/events/\(id)")
    #expect(read.status == 200 && read.body == reply.body)
  }

  @Test("An administrator is told what a cancellation would touch, nobody else is")
  func stakes() throws {
    let id = try backend.event(#""seatCapacity":5"#)
    let path = "/api/events/\(id)/stakes"
    let reply = try backend.send("GET", path, token: backend.adminToken())
    #expect(reply.status == 200)
    let zero: JSONValue = .integer(0)
    #expect(
      try reply.json.members == [
        "eventId": .integer(id), "sold": zero, "held": zero, "bookings": zero, "holds": zero,
        "waiting": zero,
      ])
    #expect(try backend.send("GET", path).status == 401)
    #expect(try backend.send("GET", "/api/events/77/stakes", token: backend.adminToken()).status == 404)
  }

  @Test("Every member that a client may set is kept")
  func members() throws {
    let id = try backend.event(
      #""seatCapacity":5,"description":"d","venue":"v","startsAt":"2030-01-01T20:00:00+01:00","#
        + #""opensAt":"2029-01-01T00:00:00Z","closesAt":"2029-12-31T00:00:00Z","status":"closed","#
        + #""maxPerBooking":3,"maxPerUser":4,"holdSeconds":60"#)
    let event = try #require(try backend.send("GET", "/api/events/\(id)").json.members)
    #expect(event["startsAt"] == .string("2030-01-01T19:00:00.000Z"))
    #expect(event["opensAt"] == .string("2029-01-01T00:00:00.000Z"))
    #expect(event["closesAt"] == .string("2029-12-31T00:00:00.000Z"))
    #expect(event["status"] == .string("closed"))
    #expect(event["maxPerBooking"] == .integer(3) && event["maxPerUser"] == .integer(4))
    #expect(event["description"] == .string("d") && event["venue"] == .string("v"))
  }

  @Test(
    "A mistyped member is refused with the name that was probably meant, when an event is made and when it is changed"
  )
  func mistyped() throws {
    let created = try backend.send(
      "POST", "/api/events", #"{"name":"Concert","seatCapacity":50,"maxPerUsr":2}"#,
      token: backend.adminToken())
    let changed = try patch(backend.event(), #"{"maxPerUsr":2}"#)
    for reply in [created, changed] {
      #expect(reply.status == 422 && reply.problem == "validation-failed")
      #expect(String(decoding: reply.body, as: UTF8.self).contains("did you mean maxPerUser?"))
    }
  }

  @Test("Ticket types are made, shown with what is free, booked by number and changed as a list")
  func types() throws {
    let id = try backend.event(
      #""seatCapacity":10,"types":[{"name":"Gold","capacity":2,"maxPerUser":1},{"name":"Rest"}]"#)
    func types() throws -> [[String: JSONValue]] {
      guard case .array(let types) = try backend.send("GET", "/api/events/\(id)").member("types") else {
        return []
      }
      return types.compactMap(\.members)
    }
    #expect(
      try types()[0] == [
        "id": .integer(1), "name": .string("Gold"), "capacity": .integer(2), "available": .integer(2),
        "maxPerBooking": .null, "maxPerUser": .integer(1), "opensAt": .null, "closesAt": .null,
      ])
    let token = try backend.userToken()
    let booked = try backend.send(
      "POST", "/api/bookings", #"{"eventId":\#(id),"typeId":1}"#, token: token)
    #expect(booked.status == 201)
    #expect(try booked.number("typeId") == 1)
    #expect(try types().map { $0["available"] } == [.integer(1), .integer(9)])
    let unknown = try backend.send("POST", "/api/bookings", #"{"eventId":\#(id),"typeId":7}"#, token: token)
    #expect(unknown.status == 422 && unknown.problem == "unknown-ticket-type")
    let inUse = try patch(id, #"{"types":[{"id":2,"name":"Rest"}]}"#)
    #expect(inUse.status == 409 && inUse.problem == "ticket-type-in-use")
    #expect(try patch(id, #"{"types":[{"id":1,"name":"Gold+"},{"name":"New"}]}"#).status == 200)
    #expect(try types().map { $0["id"] } == [.integer(1), .integer(3)])
  }

  @Test(
    "A wrong type is told with its place",
    arguments: [
      (#"[{"name":""}]"#, "/types/0/name"), (#"[{"name":"a\u001b[2J"}]"#, "/types/0/name"),
      (#"[{"name":"A"},{"name":"B","capacity":0}]"#, "/types/1/capacity"),
      (#"[{"name":"A","capacty":3}]"#, "/types/0/capacty"), (#"[3]"#, "/types"), (#"{"name":"A"}"#, "/types"),
    ])
  func wrongTypes(types: String, pointer: String) throws {
    let reply = try patch(backend.event(), #"{"types":\#(types)}"#)
    #expect(reply.status == 422)
    #expect(String(decoding: reply.body, as: UTF8.self).contains(#""pointer":"\#(pointer)""#))
  }

  @Test(
    "An event may be sent back as it was read", arguments: ["", #","types":[{"name":"A","capacity":3}]"#])
  func sentBack(types: String) throws {
    let id = try backend.event(#""seatCapacity":50"# + types)
    let read = try backend.send("GET", "/api/events/\(id)")
    let changed = try patch(id, String(decoding: read.body, as: UTF8.self), ifMatch: read.first("etag"))
    #expect(changed.status == 200 && changed.body == read.body)
  }

  @Test(
    "Wrong members are 422",
    arguments: [
      "{}", #"{"name":"","seatCapacity":1}"#, #"{"name":"x","seatCapacity":0}"#,
      #"{"name":"x","seatCapacity":1000001}"#, #"{"name":"x","seatCapacity":"1"}"#,
      #"{"name":"x","seatCapacity":1,"opensAt":"tomorrow"}"#,
      #"{"name":"x","seatCapacity":1,"status":"open"}"#,
      #"{"name":"x","seatCapacity":1,"maxPerBooking":0}"#, #"{"name":"x","seatCapacity":1,"maxPerUser":-1}"#,
      #"{"name":"x","seatCapacity":1,"opensAt":"2030-01-01T00:00:00Z","closesAt":"2030-01-01T00:00:00Z"}"#,
    ])
  func wrongMembers(body: String) throws {
    let reply = try backend.send("POST", "/api/events", body, token: backend.adminToken())
    #expect(reply.status == 422 && reply.problem == "validation-failed")
  }

  @Test("Events are searched by words, and the next page goes on with them")
  func search() throws {
    for name in ["Summer night", "Winter night", "Summer noon", "Night of nights"] {
      let body = "{\"name\":\"\(name)\",\"seatCapacity\":1,\"venue\":\"Park\"}"
      _ = try backend.send("POST", "/api/events", body, token: backend.adminToken())
    }
    func names(_ query: String) throws -> [String] {
      try backend.send("GET", "/api/events?\(query)").items.compactMap { $0.members?["name"]?.text }
    }
    #expect(try names("q=NIGHT%20park") == ["Summer night", "Winter night", "Night of nights"])
    #expect(try names("q=summer&status=on_sale") == ["Summer night", "Summer noon"])
    #expect(try names("q=autumn").isEmpty)
    let first = try backend.send("GET", "/api/events?q=night&limit=2")
    let next = try #require(first.json.members?["next"]?.text)
    #expect(first.first("link")?.contains("q=night&cursor=\(next)") == true)
    #expect(try names("q=night&limit=2&cursor=\(next)") == ["Night of nights"])
    let long = String(repeating: "x", count: 201)
    #expect(try backend.send("GET", "/api/events?q=\(long)").status == 400)
  }

  @Test("Only admins make, change and delete events")
  func admins() throws {
    let id = try backend.event()
    let token = try backend.userToken()
    for (method, path) in [
      ("POST", "/api/events"), ("PATCH", "/api/events/\(id)"), ("DELETE", "/api/events/\(id)"),
    ] {
      #expect(try backend.send(method, path, "{}", token: token).status == 403)
      #expect(try backend.send(method, path, "{}").status == 401)
    }
  }

  // MARK: Reading

  @Test("An unknown or impossible number is 404", arguments: ["999", "abc", "0", "01", "-1", "1.0"])
  func unknown(id: String) throws {
    let reply = try backend.send("GET", "/api/events/\(id)")
    #expect(reply.status == 404 && reply.problem == "unknown-event")
  }

  @Test("What is known is 304 until anything changes, counts too")
  func conditional() throws {
    let id = try backend.event()
    let tag = try #require(try backend.send("GET", "/api/events/\(id)").first("etag"))
    func get(_ value: String) throws -> Reply {
      try backend.send("GET", "/api/events/\(id)", fields: [.init(name: "if-none-match", value: value)])
    }
    let known = try get(tag)
    #expect(known.status == 304 && known.body.isEmpty && known.first("etag") == tag)
    #expect(try get("\"0.0\", W/\(tag)").status == 304)
    #expect(try get("*").status == 304)
    #expect(try get("\"0.0\"").status == 200)
    #expect(try get("nonsense").status == 400)
    _ = try backend.book(id, token: backend.userToken())
    let changed = try get(tag)
    #expect(changed.status == 200 && changed.first("etag") != tag)
  }

  @Test("The list comes in pages that neither repeat nor skip")
  func pages() throws {
    let ids = try (0..<5).map { _ in try backend.event() }
    var seen: [Int64] = []
    var target = "/api/events?limit=2"
    for page in 1...3 {
      let reply = try backend.send("GET", target)
      #expect(reply.status == 200)
      seen += try reply.items.compactMap { $0.members?["id"]?.whole }
      let next = try reply.member("next").text
      #expect((next == nil) == (page == 3))
      let link = reply.first("link")
      #expect(link == next.map { "</api/events?limit=2&cursor=\($0)>; rel=\"next\"" })
      if let next { target = "/api/events?limit=2&cursor=\(next)" }
    }
    #expect(seen == ids)
  }

  @Test("The list can be narrowed to a status, and the link keeps that")
  func status() throws {
    _ = try backend.event()
    let closed = try (0..<2).map { _ in try backend.event(#""seatCapacity":1,"status":"closed""#) }
    let reply = try backend.send("GET", "/api/events?status=closed&limit=1")
    #expect(try reply.items.compactMap { $0.members?["id"]?.whole } == [closed[0]])
    #expect(reply.first("link")?.contains("status=closed") == true)
    #expect(try backend.send("GET", "/api/events?status=open").problem == "invalid-parameter")
  }

  @Test(
    "Wrong parameters are 400",
    arguments: ["limit=0", "limit=101", "limit=x", "cursor=x", "cursor=YjE", "limit=1&limit=2"])
  func parameters(query: String) throws {
    let reply = try backend.send("GET", "/api/events?\(query)")
    #expect(reply.status == 400 && reply.problem == "invalid-parameter")
  }

  // MARK: Changing

  @Test("A patch changes what it names and nothing else")
  func patches() throws {
    let id = try backend.event(#""seatCapacity":5,"opensAt":"2024-01-01T00:00:00Z","venue":"v""#)
    let reply = try patch(id, #"{"name":"New","opensAt":null,"seatCapacity":7}"#)
    #expect(reply.status == 200)
    #expect(try reply.text("name") == "New")
    #expect(try reply.member("opensAt") == .null)
    #expect(try reply.text("venue") == "v")
    #expect(try reply.number("seatCapacity") == 7 && reply.number("availableSeats") == 7)
    // One for the capacity, one for the name and the window.
    #expect(try reply.number("seq") == 2)
    #expect(try backend.send("GET", "/api/events/\(id)").body == reply.body)
  }

  @Test("A patch may come as a merge patch")
  func mergePatch() throws {
    let id = try backend.event()
    let type = Request.Field(name: "content-type", value: "application/merge-patch+json")
    let reply = try backend.send(
      "PATCH", "/api/events/\(id)", #"{"name":"N"}"#, token: backend.adminToken(), fields: [type])
    #expect(reply.status == 200)
    let created = try backend.send(
      "POST", "/api/events", #"{"name":"N","seatCapacity":1}"#, token: backend.adminToken(), fields: [type])
    #expect(created.status == 415)
  }

  @Test("A capacity below what is sold is 409 with the counts")
  func capacity() throws {
    let id = try backend.event()
    _ = try backend.book(id, quantity: 5, token: backend.userToken())
    let reply = try patch(id, #"{"seatCapacity":4}"#)
    #expect(reply.status == 409 && reply.problem == "capacity-below-sold")
    #expect(try reply.number("sold") == 5 && reply.number("held") == 0)
    #expect(try patch(id, #"{"seatCapacity":5}"#).status == 200)
  }

  @Test("If-Match guards against changes in between")
  func ifMatch() throws {
    let id = try backend.event()
    let tag = try #require(try backend.send("GET", "/api/events/\(id)").first("etag"))
    let first = try patch(id, #"{"name":"A"}"#, ifMatch: tag)
    #expect(first.status == 200)
    let second = try patch(id, #"{"name":"B"}"#, ifMatch: tag)
    #expect(second.status == 412 && second.problem == "precondition-failed")
    #expect(second.first("etag") == first.first("etag"))
    #expect(try patch(id, #"{"name":"B"}"#, ifMatch: "W/\(try #require(first.first("etag")))").status == 412)
    #expect(try patch(id, #"{"name":"B"}"#, ifMatch: "\"foreign\"").status == 412)
    #expect(try patch(id, #"{"name":"B"}"#, ifMatch: "*").status == 200)
    #expect(try patch(id, #"{"name":"B"}"#, ifMatch: "x").status == 400)
  }

  @Test("Patching what is not there is 404, and what is cancelled stays so")
  func patchRefusals() throws {
    #expect(try patch(999, "{}").problem == "unknown-event")
    let id = try backend.event()
    #expect(try patch(id, #"{"status":"cancelled"}"#).status == 200)
    #expect(try patch(id, #"{"status":"on_sale"}"#).problem == "event-cancelled")
  }

  @Test("An event that was never booked can go, any other cannot")
  func deletes() throws {
    let (free, booked) = (try backend.event(), try backend.event())
    _ = try backend.book(booked, token: backend.userToken())
    let admin = try backend.adminToken()
    let gone = try backend.send("DELETE", "/api/events/\(free)", token: admin)
    #expect(gone.status == 204 && gone.body.isEmpty)
    #expect(try backend.send("GET", "/api/events/\(free)").status == 404)
    #expect(try backend.send("DELETE", "/api/events/\(free)", token: admin).status == 404)
    let kept = try backend.send("DELETE", "/api/events/\(booked)", token: admin)
    #expect(kept.status == 409 && kept.problem == "event-has-bookings")
    let stale = try backend.send(
      "DELETE", "/api/events/\(booked)", token: admin, fields: [.init(name: "if-match", value: "\"9.9\"")])
    #expect(stale.status == 412)
  }
}
