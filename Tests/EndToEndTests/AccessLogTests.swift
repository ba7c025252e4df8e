// Requests as operators see them: names, the access log, the durations on the metrics page.
import TestSupport
import Testing

@Suite("Access log", .timeLimit(.minutes(30)))
struct AccessLogTests {
  private func lines(_ server: ServerProcess) throws -> [JSON] {
    try server.process.standardError.split(separator: "\n").filter { $0.contains(#""message":"request""#) }
      .map { try JSON(parsing: String($0)) }
  }

  @Test("Every answered request has a line with its name and trace, and no line has a token")
  func lines() throws {
    let world = try TestServer(ServerOptions(arguments: ["--log", "json", "--access-log", "on"]))
    let event = try world.event(seats: 1)
    let token = world.mint.token(user: 5)
    let trace = "0af7651916cd43dd8448eb211c80319c"
    let client = world.server.client(token: token)
    let answer = try client.request(
      "GET", "/api/events/\(event)?token=\(token)",
      fields: [("X-Request-Id", "job-1"), ("traceparent", "00-\(trace)-b7ad6b7169203331-01")])
    #expect(answer.field("X-Request-Id") == "job-1")
    let refused = try client.request("GET", "/api/events/999")
    let name = try #require(refused.field("X-Request-Id"))
    #expect(try refused.json()["requestId"] == .string(name))
    let (socket, _) = try world.watch(event)
    socket.drop()
    try eventually("the lines are written") {
      try lines(world.server).contains { $0["path"] == .string("/ws/events/\(event)") }
    }
    let all = try lines(world.server)
    let line = try #require(all.first { $0["requestId"] == "job-1" })
    #expect(line["method"] == "GET" && line["path"] == .string("/api/events/\(event)"))
    #expect(line["status"] == "200" && line["traceId"] == .string(trace) && line["client"] == "127.0.0.1")
    #expect(all.contains { $0["requestId"] == .string(name) && $0["status"] == "404" })
    #expect(all.contains { $0["status"] == "101" })
    #expect(!world.server.process.standardError.contains(token))
  }

  @Test("Without it there are no lines, and requests have names all the same")
  func off() throws {
    let world = try TestServer(ServerOptions(arguments: ["--log", "json"]))
    #expect(try world.server.client().get("/livez").field("X-Request-Id")?.count == 16)
    #expect(try world.server.client().get("/nothing").json()["requestId"] != nil)
    #expect(try lines(world.server).isEmpty)
  }

  @Test("Durations are told by route and class of status; no client can make a route of its own")
  func durations() throws {
    let world = try TestServer()
    let event = try world.event(seats: 1)
    try world.person(1).book(event)
    #expect(try world.person(1).tryToBook(event).status == 409)
    for number in 0..<5 { _ = try world.server.client().get("/made/up/\(number)") }
    let (socket, _) = try world.watch(event)
    defer { socket.drop() }
    func samples() throws -> [Substring] {
      try world.server.client().get("/metrics").text.split(separator: "\n")
        .filter { $0.hasPrefix("seatcast_http_request_duration_seconds_count") }
    }
    try eventually("they are counted") {
      try samples().contains { $0.contains(#"route="/ws/events/{id}",status="1xx"} 1"#) }
    }
    let told = try samples()
    #expect(told.contains { $0.hasSuffix(#"{method="POST",route="/api/bookings",status="2xx"} 1"#) })
    #expect(told.contains { $0.hasSuffix(#"{method="POST",route="/api/bookings",status="4xx"} 1"#) })
    #expect(told.contains { $0.hasSuffix(#"{method="GET",route="_OTHER",status="4xx"} 5"#) })
    #expect(!told.contains { $0.contains("made") })
  }
}
