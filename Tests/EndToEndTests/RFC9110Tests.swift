// HTTP semantics (RFC 9110), rule by rule, against the real server. Each title begins with the section whose rule it holds;
// docs/CONFORMANCE.md lists them. Message syntax is held in FanoutCoreTests/Conformance/RFC9112Tests.swift.
import TestSupport
import Testing

@Suite("RFC 9110", .timeLimit(.minutes(30)))
struct RFC9110Tests {
  /// Sends these bytes over a connection of their own and returns all that comes back until the server ends it.
  private func exchange(_ server: TestServer, _ text: String) throws -> String {
    let socket = try Socket(port: server.port, within: usualPatience)
    try socket.send(Array(text.utf8), within: usualPatience)
    var received: [UInt8] = []
    while true {
      let more = try socket.receive(within: usualPatience)
      if more.isEmpty { return String(decoding: received, as: UTF8.self) }
      received += more
    }
  }

  /// A request that ends its connection.
  private func ask(_ line: String, _ fields: String...) -> String {
    "\(line)\r\nHost: 127.0.0.1\r\nConnection: close\r\n" + fields.map { $0 + "\r\n" }.joined() + "\r\n"
  }

  @Test("6.6.1: every answer has the Date of its making, refusals of the parser, too")
  func date() throws {
    let server = try TestServer()
    for text in [
      ask("GET /livez HTTP/1.1"), ask("GET /nothing HTTP/1.1"), "nonsense\r\n\r\n",
      ask("GET /api/bookings HTTP/1.1"),
      ask("OPTIONS * HTTP/1.1"), ask("GET / HTTP/1.1", "If-None-Match: *"),
    ] {
      let lines = try exchange(server, text).split(separator: "\r\n").filter { $0.hasPrefix("Date: ") }
      #expect(lines.count == 1 && lines[0].hasSuffix(" GMT") && lines[0].utf8.count == 35, "\(text)")
    }
  }

  @Test("7.1 and RFC 9112, 3.2.2: a target in absolute-form reaches the same resource")
  func absoluteForm() throws {
    let server = try TestServer()
    let event = try server.event(seats: 5)
    #expect(
      try exchange(server, ask("GET http://127.0.0.1:\(server.port)/livez HTTP/1.1")).hasPrefix(
        "HTTP/1.1 200 "))
    let text = try exchange(server, ask("GET HTTP://any.example/api/events/\(event)?x=y HTTP/1.1"))
    #expect(text.hasPrefix("HTTP/1.1 200 ") && text.contains(#""availableSeats":5"#))
  }

  @Test("7.4: an https target is refused over a connection without TLS")
  func misdirected() throws {
    let server = try TestServer()
    #expect(try exchange(server, ask("GET https://127.0.0.1/livez HTTP/1.1")).hasPrefix("HTTP/1.1 421 "))
    var options = ServerOptions()
    options.arguments = ["--trusted-proxies", "127.0.0.1"]
    let behind = try TestServer(options)
    #expect(try exchange(behind, ask("GET https://127.0.0.1/livez HTTP/1.1")).hasPrefix("HTTP/1.1 200 "))
  }

  @Test("7.8: Upgrade is ignored in HTTP/1.0, and for protocols that are not spoken")
  func upgrade() throws {
    let server = try TestServer()
    let fields = [
      "Upgrade: websocket", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Version: 13",
    ]
    let old = try exchange(
      server, "GET /ws HTTP/1.0\r\nConnection: Upgrade\r\n" + fields.map { $0 + "\r\n" }.joined() + "\r\n")
    #expect(old.hasPrefix("HTTP/1.1 426 ") && old.contains("Upgrade: websocket\r\n"))
    #expect(try exchange(server, ask("GET /livez HTTP/1.1", "Upgrade: h2c")).hasPrefix("HTTP/1.1 200 "))
    #expect(try exchange(server, ask("GET /livez HTTP/1.1", "Upgrade: websocket")).hasPrefix("HTTP/1.1 400 "))
  }

  @Test(
    "15.5.22: a path for WebSockets answers plain requests with 426, which names the protocol in Connection, too"
  )
  func upgradeRequired() throws {
    let server = try TestServer()
    let answer = try server.server.client().get("/ws")
    #expect(answer.status == 426 && answer.field("Upgrade") == "websocket")
    #expect(answer.field("Connection")?.lowercased().contains("upgrade") == true)
  }

  @Test("8.4 and 15.5.16: a body in a content coding is 415, and the answer says what is taken")
  func contentCoding() throws {
    let server = try TestServer()
    let event = try server.event(seats: 5)
    func book(_ coding: String) throws -> HTTPAnswer {
      try server.person(1).request(
        "POST", "/api/bookings", json: ["eventId": .integer(event)], fields: [("Content-Encoding", coding)])
    }
    for coding in ["gzip", "br", "identity, gzip", "x"] {
      let answer = try book(coding)
      #expect(answer.status == 415 && answer.field("Accept-Encoding") == "identity", "\(coding)")
    }
    #expect(try book("identity").status == 201)
  }

  @Test(
    "8.8.3 and 15.4.5: a strong ETag comes with 200 and 304, which has no body and the fields of 200 that caches need"
  )
  func entityTags() throws {
    let server = try TestServer()
    let event = try server.event(seats: 5)
    let client = server.server.client()
    for path in ["/", "/app.js", "/api/events/\(event)"] {
      let whole = try client.get(path)
      let tag = try #require(whole.field("ETag"))
      #expect(tag.hasPrefix("\"") && tag.hasSuffix("\""))
      let known = try client.get(path, fields: [("If-None-Match", "W/\(tag), \"other\"")])
      #expect(known.status == 304 && known.body.isEmpty && known.field("Content-Length") == nil, "\(path)")
      for name in ["ETag", "Cache-Control", "Vary"] {
        #expect(known.field(name) == whole.field(name), "\(path) \(name)")
      }
      #expect(try client.get(path).status == 200, "the connection goes on")
    }
    // The tag is that of the state, so a change makes another.
    let before = try client.get("/api/events/\(event)").field("ETag")
    try server.person(1).book(event)
    #expect(try client.get("/api/events/\(event)").field("ETag") != before)
  }

  @Test(
    "9.1: a method that HTTP does not have is 501; one that this resource does not take is 405 and names those that it does"
  )
  func methods() throws {
    let server = try TestServer()
    let client = server.server.client()
    for path in ["/", "/livez", "/api/events", "/nothing", "/ws"] {
      #expect(try client.request("BREW", path).status == 501, "\(path)")
      #expect(try client.request("get", path).status == 501, "\(path)")
    }
    for method in ["PUT", "TRACE"] {
      for path in ["/", "/livez", "/api/events", "/ws"] {
        let answer = try client.request(method, path)
        #expect(answer.status == 405 && answer.field("Allow")?.contains("GET") == true, "\(method) \(path)")
      }
    }
  }

  @Test("9.3.2: HEAD is answered as GET is, without the body")
  func head() throws {
    let server = try TestServer()
    let event = try server.event(seats: 5)
    let client = server.server.client()
    for path in ["/", "/livez", "/api/events/\(event)", "/api/nothing"] {
      let (get, head) = (try client.get(path), try client.request("HEAD", path))
      #expect(head.status == get.status && head.body.isEmpty, "\(path)")
      for name in ["Content-Type", "Content-Length", "ETag", "Vary"] {
        #expect(head.field(name) == get.field(name), "\(path): \(name)")
      }
    }
  }

  @Test("9.3.7: OPTIONS of a path and of the server as a whole name the methods that there are")
  func options() throws {
    let server = try TestServer()
    for target in ["*", "/api/events", "/livez", "/"] {
      let text = try exchange(server, ask("OPTIONS \(target) HTTP/1.1"))
      #expect(text.hasPrefix("HTTP/1.1 204 ") || text.hasPrefix("HTTP/1.1 200 "), "\(target)")
      let allow = text.lowercased().split(separator: "\r\n").first { $0.hasPrefix("allow: ") }
      #expect(allow?.contains("get") == true && allow?.contains("options") == true, "\(target)")
      #expect(
        !text.contains("Content-Length"), "8.6: an answer without content by definition names no length")
    }
  }

  @Test("9.3.8: TRACE is not performed, so nothing of a request is ever sent back")
  func trace() throws {
    let server = try TestServer()
    let text = try exchange(server, ask("TRACE / HTTP/1.1", "Cookie: secret"))
    #expect(text.hasPrefix("HTTP/1.1 405 ") && !text.contains("secret"))
  }

  @Test(
    "10.1.1: 100 (Continue) comes before the body is asked for, never to HTTP/1.0, never when the answer is known"
  )
  func expectations() throws {
    let server = try TestServer()
    let event = try server.event(seats: 50)
    let body = #"{"eventId":\#(event)}"#
    let token = "Authorization: Bearer \(server.mint.token(user: 1))"
    let fields = [token, "Content-Type: application/json", "Content-Length: \(body.utf8.count)"]
    func post(_ version: String, _ more: String...) -> String {
      "POST /api/bookings HTTP/\(version)\r\nHost: x\r\nConnection: close\r\n"
        + (fields + more).map { $0 + "\r\n" }.joined() + "\r\n"
    }
    #expect(
      try exchange(server, post("1.1", "Expect: 100-Continue") + body).hasPrefix(
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 "))
    #expect(try exchange(server, post("1.0", "Expect: 100-continue") + body).hasPrefix("HTTP/1.1 201 "))
    #expect(try exchange(server, post("1.1", "Expect: a-miracle") + body).hasPrefix("HTTP/1.1 417 "))
    #expect(
      try exchange(server, ask("GET /livez HTTP/1.1", "Expect: 100-continue")).hasPrefix("HTTP/1.1 200 "))
    let big =
      "POST /api/bookings HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 9999999\r\n\r\n"
    #expect(try exchange(server, big).hasPrefix("HTTP/1.1 413 "))
  }

  @Test("11.6.1 and 15.5.2: 401 names the credentials that would do")
  func challenge() throws {
    let server = try TestServer()
    for client in [server.server.client(), server.server.client(token: "nonsense")] {
      let answer = try client.get("/api/bookings")
      #expect(answer.status == 401 && answer.field("WWW-Authenticate")?.hasPrefix("Bearer ") == true)
    }
  }

  @Test(
    "12.5.3: a file is compressed for those who take that alone, by their weights, and says that it varies")
  func acceptEncoding() throws {
    let client = try TestServer().server.client()
    for (value, coding) in [
      ("gzip", "gzip"), ("br, gzip;q=0.5", "gzip"), ("*", "gzip"), ("gzip;q=0", nil), ("identity", nil),
      ("br", nil), ("", nil), ("gzip;q=0, *", nil),
    ] as [(String, String?)] {
      let answer = try client.get("/app.js", fields: [("Accept-Encoding", value)])
      #expect(answer.status == 200 && answer.field("Content-Encoding") == coding, "\(value)")
      #expect(answer.field("Vary")?.contains("Accept-Encoding") == true, "\(value)")
    }
  }

  @Test(
    "13.1.1 and 13.2.2: If-Match compares strongly and comes before If-None-Match, for files and events, reads and changes"
  )
  func ifMatch() throws {
    let server = try TestServer()
    let event = try server.event(seats: 5)
    let admin = try server.admin()
    for path in ["/", "/api/events/\(event)"] {
      let tag = try #require(admin.get(path).field("ETag"))
      #expect(try admin.get(path, fields: [("If-Match", "\"x\", \(tag)")]).status == 200)
      #expect(try admin.get(path, fields: [("If-Match", "*")]).status == 200)
      #expect(try admin.get(path, fields: [("If-Match", "\"x\"")]).status == 412)
      #expect(try admin.get(path, fields: [("If-Match", "W/\(tag)")]).status == 412)
      #expect(try admin.get(path, fields: [("If-Match", "\"x\""), ("If-None-Match", tag)]).status == 412)
    }
    let path = "/api/events/\(event)"
    let tag = try #require(admin.get(path).field("ETag"))
    func change(_ fields: (String, String)...) throws -> Int {
      try admin.request("PATCH", path, json: ["name": "Another"], fields: fields).status
    }
    #expect(try change(("If-Match", "\"x\"")) == 412)
    #expect(try change(("If-None-Match", "*")) == 412)
    #expect(try change(("If-None-Match", tag)) == 412)
    #expect(try change(("If-Match", tag)) == 200)
    #expect(try change(("If-Match", tag)) == 412, "it has another tag now")
  }

  @Test("13.2.1: conditions are ignored where the answer is none of success without them")
  func conditionsOfNothing() throws {
    let client = try TestServer().server.client()
    #expect(try client.get("/nothing", fields: [("If-Match", "\"x\"")]).status == 404)
    #expect(try client.get("/api/events/999999", fields: [("If-None-Match", "*")]).status == 404)
    #expect(try client.get("/api/bookings", fields: [("If-Match", "\"x\"")]).status == 401)
    #expect(try client.request("OPTIONS", "/", fields: [("If-Match", "\"x\"")]).status == 204)
  }

  @Test("13.1.3: If-Modified-Since means nothing where there is no date of modification")
  func ifModifiedSince() throws {
    let client = try TestServer().server.client()
    for path in ["/", "/api/events"] {
      let answer = try client.get(path, fields: [("If-Modified-Since", "Fri, 31 Dec 9999 23:59:59 GMT")])
      #expect(answer.status == 200 && answer.field("Last-Modified") == nil)
    }
  }

  @Test("14.2: ranges are not supported, so Range is ignored and the whole is sent")
  func ranges() throws {
    let server = try TestServer()
    let event = try server.event(seats: 5)
    let client = server.server.client()
    for path in ["/", "/app.js", "/api/events/\(event)"] {
      let whole = try client.get(path)
      for range in ["bytes=0-3", "bytes=-5", "bytes=999999-", "lines=1-2", "bytes=a-b"] {
        let answer = try client.get(path, fields: [("Range", range), ("If-Range", "\"x\"")])
        #expect(answer.status == 200 && answer.body == whole.body, "\(path) \(range)")
        #expect(answer.field("Content-Range") == nil)
      }
    }
  }

  @Test(
    "15.2: an HTTP/1.0 client is sent no interim answer, and every answer to it ends the connection unless it asked otherwise"
  )
  func oldClients() throws {
    let server = try TestServer()
    let text = try exchange(server, "GET /livez HTTP/1.0\r\n\r\n")
    #expect(text.hasPrefix("HTTP/1.1 200 ") && text.contains("Connection: close\r\n"))
    let client = server.server.client()
    try client.send(raw: Array("GET /livez HTTP/1.0\r\nConnection: keep-alive\r\n\r\n".utf8))
    #expect(try client.answer().field("Connection") == "keep-alive")
    #expect(try client.get("/livez").status == 200)
  }
}
