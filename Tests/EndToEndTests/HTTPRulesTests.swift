// What HTTP asks of every answer (RFC 9110, 9112) and the limits of docs/API.md, from outside.
import TestSupport
import Testing

@Suite("HTTP rules", .timeLimit(.minutes(30)))
struct HTTPRulesTests {
  @Test("a problem document has type, title, status and detail")
  func problems() throws {
    let answer = try TestServer().server.client().get("/api/events/999999")
    #expect(answer.status == 404)
    #expect(try answer.problem() == "unknown-event")
    let problem = try answer.json()
    #expect(problem["status"]?.integer == 404)
    #expect(problem["title"]?.string?.isEmpty == false)
    #expect(problem["detail"]?.string?.isEmpty == false)
  }

  @Test("HEAD answers as GET does, without a body")
  func head() throws {
    let server = try TestServer()
    let event = try server.event(seats: 5)
    let client = server.server.client()
    for path in ["/api/events/\(event)", "/api/events", "/livez", "/", "/nothing", "/ws"] {
      let get = try client.get(path)
      let head = try client.request("HEAD", path)
      #expect(head.status == get.status, "\(path)")
      #expect(head.field("Content-Type") == get.field("Content-Type"), "\(path)")
      #expect(head.field("Content-Length") == get.field("Content-Length"), "\(path)")
    }
  }

  @Test("OPTIONS and a wrong method name the methods that there are")
  func methods() throws {
    let client = try TestServer().server.client()
    // RFC 9110, sections 9.3.7, 10.2.1 and 15.5.6.
    for path in [
      "/api/events", "/api/events/1", "/api/bookings", "/livez", "/readyz", "/metrics", "/", "/ws",
      "/ws/events/1",
    ] {
      let options = try client.request("OPTIONS", path)
      #expect(options.status == 204 || options.status == 200, "\(path) gave \(options.status)")
      #expect(options.field("Allow")?.contains("GET") == true, "\(path)")
      let wrong = try client.request("PUT", path, json: [:])
      #expect(wrong.status == 405, "\(path) gave \(wrong.status)")
      #expect(wrong.field("Allow")?.contains("GET") == true, "\(path)")
    }
    #expect(try client.get("/api/nothing").problem() == "not-found")
    #expect(try client.get("/api/events/abc").status == 404 || client.get("/api/events/abc").status == 400)
  }

  @Test("health, readiness and metrics answer, and the page is served")
  func pages() throws {
    let client = try TestServer().server.client()
    #expect(try client.get("/livez").status == 200)
    #expect(try client.get("/readyz").status == 200)
    let metrics = try client.get("/metrics")
    #expect(metrics.status == 200)
    #expect(metrics.field("Content-Type")?.hasPrefix("text/plain") == true)
    #expect(metrics.text.contains("# TYPE"))
    let page = try client.get("/")
    #expect(page.status == 200)
    #expect(page.field("Content-Type")?.hasPrefix("text/html") == true)
    #expect(page.field("X-Content-Type-Options") == "nosniff")
    #expect(page.field("Content-Security-Policy") != nil)
  }

  @Test("too long a request line is 414, too long a head or too many fields 431, too long a body 413")
  func limits() throws {
    let server = try TestServer()
    let long = String(repeating: "a", count: 9_000)
    #expect(try server.server.client().get("/\(long)").status == 414)
    let heavy = (0..<3).map { ("X-Heavy-\($0)", String(repeating: "b", count: 6_000)) }
    #expect(try server.server.client().get("/livez", fields: heavy).status == 431)
    let many = (0..<120).map { ("X-\($0)", "1") }
    #expect(try server.server.client().get("/livez", fields: many).status == 431)
    let client = server.person(1)
    let body = [UInt8](repeating: UInt8(ascii: " "), count: 70_000)
    try client.send(
      raw: Array(
        "POST /api/bookings HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 70000\r\n\r\n"
          .utf8))
    try? client.send(raw: body)
    #expect(try client.answer().status == 413)
    #expect(try server.server.client().get("/livez").status == 200)
  }

  @Test("bad JSON is 400, another media type 415, nesting too deep 400")
  func bodies() throws {
    let server = try TestServer()
    let client = server.person(1)
    let type = [("Content-Type", "application/json")]
    let deep = String(repeating: "[", count: 40) + String(repeating: "]", count: 40)
    for text in ["", "{", "nonsense", "{\"eventId\":1,}", deep, "{\"eventId\":1}{}", "{\"eventId\":01}"] {
      let answer = try client.request("POST", "/api/bookings", fields: type, body: Array(text.utf8))
      #expect(answer.status == 400, "\(text) gave \(answer.status)")
      #expect(try answer.problem() == "malformed-json", "\(text)")
    }
    let bytes: [UInt8] = Array("{\"a\":\"".utf8) + [0xff, 0xfe] + Array("\"}".utf8)
    #expect(try client.request("POST", "/api/bookings", fields: type, body: bytes).status == 400)
    let form = try client.request(
      "POST", "/api/bookings", fields: [("Content-Type", "text/plain")], body: Array("{}".utf8))
    #expect(form.status == 415)
    #expect(try form.problem() == "unsupported-media-type")
    for text in [
      "{}", "[1]", "\"x\"", #"{"eventId":"1"}"#, #"{"eventId":1.5}"#, #"{"eventId":1,"quantity":"2"}"#,
    ] {
      let answer = try client.request("POST", "/api/bookings", fields: type, body: Array(text.utf8))
      #expect(answer.status == 422, "\(text) gave \(answer.status)")
      #expect(try answer.problem() == "validation-failed", "\(text)")
    }
  }

  @Test("requests on one connection are answered in their order, also when they come all at once")
  func pipelining() throws {
    let server = try TestServer()
    let event = try server.event(seats: 5)
    let client = server.server.client()
    let paths = ["/livez", "/api/events/\(event)", "/nothing", "/api/events", "/livez"]
    let all = paths.map { "GET \($0) HTTP/1.1\r\nHost: x\r\n\r\n" }.joined()
    try client.send(raw: Array(all.utf8))
    let statuses = try paths.map { _ in try client.answer().status }
    #expect(statuses == [200, 200, 404, 200, 200])
  }

  @Test("Connection: close is honoured, HTTP/1.0 is answered and closed")
  func closing() throws {
    let client = try TestServer().server.client()
    #expect(try client.get("/livez", fields: [("Connection", "close")]).field("Connection") == "close")
    try client.send(raw: Array("GET /livez HTTP/1.0\r\n\r\n".utf8))
    let answer = try client.answer()
    #expect([200, 505].contains(answer.status))
    #expect(try client.serverCloses())
  }

  @Test("a chunked body is read like any other")
  func chunked() throws {
    let server = try TestServer()
    let event = try server.event(seats: 5)
    let client = server.person(1)
    let head =
      "POST /api/bookings HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \(server.mint.token(user: 1))\r\n"
      + "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
    let json = "{\"eventId\":\(event)}"
    let first = json.prefix(5)
    let second = json.dropFirst(5)
    let text = head + "5\r\n\(first)\r\n\(String(second.count, radix: 16));x=y\r\n\(second)\r\n0\r\n\r\n"
    try client.send(raw: Array(text.utf8))
    #expect(try client.answer().status == 201)
  }

  @Test("Expect: 100-continue is answered before the body")
  func expectContinue() throws {
    let server = try TestServer()
    let event = try server.event(seats: 5)
    let client = server.person(1)
    let body = "{\"eventId\":\(event)}"
    let head =
      "POST /api/bookings HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \(server.mint.token(user: 1))\r\n"
      + "Content-Type: application/json\r\nContent-Length: \(body.utf8.count)\r\nExpect: 100-continue\r\n\r\n"
    try client.send(raw: Array(head.utf8))
    let (socket, unread) = try client.detach()
    var interim = unread
    while !interim.contains(UInt8(ascii: "\n")) { interim += try socket.receive() }
    #expect(String(decoding: interim, as: UTF8.self).hasPrefix("HTTP/1.1 100"))
    try socket.send(Array(body.utf8))
    #expect(try String(decoding: socket.receive(), as: UTF8.self).hasPrefix("HTTP/1.1 201"))
  }
}
