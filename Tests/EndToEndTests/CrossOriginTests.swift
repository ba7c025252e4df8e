// What pages of other origins may do (Fetch standard, "CORS protocol"), and the security fields of every answer.
import TestSupport
import Testing

@Suite("Cross-origin requests and security fields", .timeLimit(.minutes(30)))
struct CrossOriginTests {
  private static let shop = "https://shop.example"

  private func server() throws -> TestServer {
    var options = ServerOptions()
    options.arguments = ["--origins", Self.shop]
    return try TestServer(options)
  }

  @Test("A page of a listed origin books: preflight, booking, an event stream")
  func booking() throws {
    let server = try server()
    let event = try server.event(seats: 5)
    let client = server.person(1)
    let preflight = try client.request(
      "OPTIONS", "/api/bookings",
      fields: [
        ("Origin", Self.shop), ("Access-Control-Request-Method", "POST"),
        ("Access-Control-Request-Headers", "authorization,content-type,idempotency-key"),
      ])
    #expect(preflight.status == 204)
    #expect(preflight.field("Access-Control-Allow-Origin") == Self.shop)
    #expect(preflight.field("Access-Control-Allow-Methods")?.contains("POST") == true)
    #expect(preflight.field("Access-Control-Allow-Headers")?.contains("Idempotency-Key") == true)
    #expect(preflight.field("Access-Control-Max-Age") == "3600")
    #expect(preflight.field("Vary") == "Origin")
    let booked = try client.request(
      "POST", "/api/bookings", json: ["eventId": .integer(event)], fields: [("Origin", Self.shop)])
    #expect(booked.status == 201)
    #expect(booked.field("Access-Control-Allow-Origin") == Self.shop)
    #expect(booked.field("Access-Control-Expose-Headers")?.contains("Location") == true)
    #expect(booked.field("Access-Control-Allow-Credentials") == nil)
    let refused = try client.request(
      "POST", "/api/bookings", json: ["eventId": 999_999], fields: [("Origin", Self.shop)])
    #expect(refused.status == 404 && refused.field("Access-Control-Allow-Origin") == Self.shop)
    let plain = try client.get("/api/events")
    #expect(plain.field("Access-Control-Allow-Origin") == nil && plain.field("Vary") == "Origin")
  }

  @Test("A page of a listed origin reads why a request was refused before it was whole")
  func refusedEarly() throws {
    let server = try server()
    let head = "POST /api/bookings HTTP/1.1\r\nHost: 127.0.0.1\r\nOrigin: \(Self.shop)\r\n"
    for (fields, status) in [("Content-Length: 100000", 413), ("Content-Length: 1, 2", 400)] {
      let client = server.server.client()
      try client.send(raw: Array((head + fields + "\r\n\r\n").utf8))
      let answer = try client.answer()
      #expect(answer.status == status && answer.field("Access-Control-Allow-Origin") == Self.shop)
    }
  }

  @Test("A page of another origin reads nothing and changes nothing")
  func foreign() throws {
    let server = try server()
    let event = try server.event(seats: 5)
    let client = server.person(1)
    let evil = [("Origin", "https://evil.example")]
    let read = try client.get("/api/events/\(event)", fields: evil)
    #expect(read.status == 200 && read.field("Access-Control-Allow-Origin") == nil)
    let booked = try client.request("POST", "/api/bookings", json: ["eventId": .integer(event)], fields: evil)
    #expect(booked.status == 403)
    #expect(try booked.problem() == "origin-not-allowed")
    #expect(try booked.json()["detail"]?.string?.contains("--origins") == true)
    #expect(try client.get("/api/events/\(event)").json()["availableSeats"]?.integer == 5)
    let own = [("Origin", "http://127.0.0.1:\(server.port)")]
    #expect(
      try client.request("POST", "/api/bookings", json: ["eventId": .integer(event)], fields: own).status
        == 201)
  }

  @Test("Every answer has the security fields: API, pages, refusals of the router and of the core")
  func securityFields() throws {
    let server = try TestServer()
    let client = server.server.client()
    let paths = [
      "/", "/livez", "/metrics", "/api/events", "/api/bookings", "/nothing", "/api/events/0", "/ws",
    ]
    var answers = try paths.map { try client.get($0) }
    answers.append(try client.request("PUT", "/api/events", json: [:]))
    answers.append(try client.request("OPTIONS", "/api/events"))
    answers.append(try server.server.client().get("/" + String(repeating: "a", count: 9_000)))
    for answer in answers {
      #expect(answer.field("X-Content-Type-Options") == "nosniff", "\(answer.status)")
      #expect(answer.field("Referrer-Policy") == "no-referrer", "\(answer.status)")
      #expect(answer.field("Content-Security-Policy")?.contains("frame-ancestors 'none'") == true)
      #expect(answer.field("Cache-Control") != nil, "\(answer.status)")
      #expect(answer.field("Strict-Transport-Security") == nil)
      #expect(Set(answer.fields.map { $0.name.lowercased() }).count == answer.fields.count, "a field twice")
    }
    #expect(try server.person(1).get("/api/bookings").field("Cache-Control") == "no-store")
  }
}
