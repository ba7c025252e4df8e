// Whoever takes more than a share is held back, and nobody else is: limits on, addresses told apart by the source
// address 127.0.0.x of the test's sockets.
import TestSupport
import Testing

@Suite("Admission", .timeLimit(.minutes(30)))
struct AdmissionTests {
  private static func credentials(_ password: String) -> JSON {
    ["email": .string(ServerProcess.adminEmail), "password": .string(password)]
  }

  private func start(_ arguments: String...) throws -> TestServer {
    var options = ServerOptions()
    options.rateLimits = "on"
    options.arguments = arguments
    return try TestServer(options)
  }

  private func client(_ server: TestServer, from address: String, token: String? = nil) -> HTTPClient {
    HTTPClient(port: server.port, token: token, owner: server.server, from: address)
  }

  /// An event that the server's admin made.
  private func event(_ server: TestServer, seats: Int = 1_000) throws -> Int {
    let admin = client(server, from: "127.0.0.1")
    let login = try admin.request(
      "POST", "/api/auth/login", json: Self.credentials(ServerProcess.adminPassword))
    admin.token = try login.json().word("token")
    let answer = try admin.request(
      "POST", "/api/events", json: ["name": "A concert", "seatCapacity": .integer(seats)])
    return try answer.json().number("id")
  }

  @Test("Guessing and registering without end does not keep the admin from logging in")
  func guessing() throws {
    let server = try start()
    let isOver = Guarded(false)
    let registering = try (1...20).map { number in
      try BackgroundThread {
        let client = client(server, from: "127.0.1.\(number)")
        var statuses: [Int] = []
        while !isOver.withLock({ $0 }) {
          let body: JSON = [
            "email": .string("x\(number).\(statuses.count)@example.test"), "password": "a password",
            "name": "X",
          ]
          statuses.append(try client.request("POST", "/api/auth/register", json: body).status)
        }
        return statuses
      }
    }
    let guesser = client(server, from: "127.0.0.2")
    let guesses = try (0..<200).map { number in
      try guesser.request("POST", "/api/auth/login", json: Self.credentials("guess \(number)"))
    }
    #expect(guesses.count { $0.status == 401 } <= 10)
    #expect(guesses.count { $0.status == 429 } >= 190)
    #expect(guesses.last?.field("Retry-After") != nil)
    for _ in 1...3 {
      let login = try client(server, from: "127.0.0.3")
        .request("POST", "/api/auth/login", json: Self.credentials(ServerProcess.adminPassword))
      #expect(login.status == 200)
    }
    isOver.withLock { $0 = true }
    for thread in registering {
      let statuses = try thread.join()
      #expect(statuses.count { $0 == 201 } <= 5)
    }
    let lines = server.server.process.standardError.split(separator: "\n").filter {
      $0.contains("refused requests")
    }
    #expect(!lines.isEmpty && lines.count < 120)
    #expect(lines.contains { $0.contains("127.0.0.2") && $0.contains("login-") })
  }

  @Test("Connections held by one address do not keep another one out")
  func connections() throws {
    let server = try start("--limits", "connections-address=20,requests-address=1000/s")
    var held: [Socket] = []
    var answered = 0
    for _ in 0..<200 {
      guard let socket = try? Socket(port: server.port, from: "127.0.0.2") else { continue }
      try? socket.send(Array("GET /livez HTTP/1.1\r\nHost: a\r\n\r\n".utf8))
      if let bytes = try? socket.receive(), !bytes.isEmpty { answered += 1 }
      held.append(socket)
    }
    #expect(answered == 20)
    #expect(try client(server, from: "127.0.0.3").get("/livez").status == 200)
    for socket in held { socket.close() }
    try eventually("the address may connect again") {
      (try? client(server, from: "127.0.0.2").get("/livez").status) == 200
    }
    try eventually("the refusals are counted") {
      try server.metric("seatcast_admission_refused_total") >= 180
    }
  }

  @Test("A user who books and cancels in a loop makes 30 changes a minute, and others book meanwhile")
  func changes() throws {
    let server = try start()
    let event = try event(server)
    let churner = client(server, from: "127.0.0.2", token: server.mint.token(user: 70))
    var (changes, refused) = (0, 0)
    for _ in 0..<40 {
      let booking = try churner.tryToBook(event)
      guard booking.status == 201 else {
        #expect(booking.status == 429)
        refused += 1
        continue
      }
      changes += 1
      let path = "/api/bookings/\(try booking.json().word("bookingId"))"
      if try churner.request("DELETE", path).status == 200 { changes += 1 }
    }
    #expect(changes >= 30 && changes < 60 && refused > 0)
    let other = client(server, from: "127.0.0.3", token: server.mint.token(user: 71))
    #expect(try other.tryToBook(event).status == 201)
  }

  @Test("Requests over the rate of an address get 429 from the loop, with the fields, and later pass again")
  func requests() throws {
    let server = try start("--limits", "requests-address=2/s:10")
    let eager = client(server, from: "127.0.0.2")
    var refusal: HTTPAnswer?
    for _ in 0..<200 where refusal == nil {
      let answer = try eager.get("/api/events")
      if answer.status == 429 { refusal = answer } else { #expect(answer.status == 200) }
    }
    let answer = try #require(refusal)
    #expect(answer.field("Retry-After") == "1")
    #expect(answer.field("RateLimit-Policy") == #""requests-address";q=10;w=5"#)
    #expect(answer.field("RateLimit") == #""requests-address";r=0;t=1"#)
    #expect(try answer.json().word("type") == "urn:seatcast:problem:rate-limited")
    #expect(try answer.json().word("limit") == "requests-address")
    #expect(try client(server, from: "127.0.0.3").get("/api/events").status == 200)
    pause(milliseconds: 1_100)
    #expect(try eager.get("/api/events").status == 200)
  }

  @Test("A user's connections are bounded, an address that many users share is not")
  func connectionsOfUsers() throws {
    let server = try start("--limits", "connections-user=3,connections-address=4,requests-address=off")
    var sockets = try (1...3).map { _ in try server.connect(user: 50) }
    let fourth = try WebSocketClient(port: server.port, path: "/ws", token: server.mint.token(user: 50))
    #expect(try fourth.expectClose() == (1008, "Too many connections"))
    for user in 60..<70 { sockets.append(try server.connect(user: user)) }
    let event = try event(server)
    let stream = server.server.client(token: server.mint.token(user: 50))
    #expect(try stream.get("/api/events/\(event)/stream").status == 429)
    sockets.removeFirst().socket.close()
    try eventually("the user may connect again") { (try? server.connect(user: 50)) != nil }
  }

  @Test("Behind a trusted proxy the named client counts, and nobody else can name one")
  func proxies() throws {
    let server = try start("--trusted-proxies", "127.0.0.9", "--limits", "requests-address=1/h:5")
    func status(_ address: String, _ name: String, _ value: String) throws -> Int {
      try client(server, from: address).get("/api/events", fields: [(name, value)]).status
    }
    for named in ["192.0.2.1", "192.0.2.2"] {
      for _ in 1...5 { #expect(try status("127.0.0.9", "X-Forwarded-For", "6.6.6.6, \(named)") == 200) }
      #expect(try status("127.0.0.9", "X-Forwarded-For", "7.7.7.7, \(named)") == 429)
      #expect(try status("127.0.0.9", "Forwarded", "for=\(named)") == 429)
    }
    // Unnamed clients share a budget; the proxy's own requests have another.
    for number in 1...5 { #expect(try status("127.0.0.9", "Forwarded", "for=_hidden\(number)") == 200) }
    #expect(try status("127.0.0.9", "Forwarded", "for=unknown") == 429)
    #expect(try client(server, from: "127.0.0.9").get("/api/events").status == 200)
    for number in 1...5 { #expect(try status("127.0.0.7", "X-Forwarded-For", "192.0.2.20\(number)") == 200) }
    #expect(try status("127.0.0.7", "X-Forwarded-For", "192.0.2.210") == 429)
  }

  @Test("With the default limits a socket that resumes without end is closed, and others book meanwhile")
  func resumes() throws {
    let server = try start()
    let event = try event(server)
    let booker = client(server, from: "127.0.0.3", token: server.mint.token(user: 70))
    for _ in 0..<10 { try booker.book(event) }
    let socket = try server.connect(user: 71)
    let epoch = try server.watch(event, user: 72).greeting.word("epoch")
    let resume: JSON = [
      "type": "subscribe_event", "eventId": .integer(event), "since": 1, "epoch": .string(epoch),
    ]
    let asking = try BackgroundThread {
      // Once the server has closed nothing more can be sent.
      for _ in 0..<4_000 where (try? socket.send(json: resume)) == nil { break }
    }
    let reading = try BackgroundThread { () -> (answers: [Bool], close: UInt16?, reason: String) in
      var answers: [Bool] = []
      while true {
        switch try socket.next() {
        case .text(let text):
          let message = try JSON(parsing: text)
          if message["type"]?.string == "subscribed" { answers.append(message["recovered"]?.bool == true) }
        case .close(let code, let reason):
          try? socket.send(.close(code))
          return (answers, code, reason)
        default: continue
        }
      }
    }
    for user in 80..<100 {
      let other = client(server, from: "127.0.0.4", token: server.mint.token(user: user))
      let began = ContinuousClock.now
      #expect(try other.tryToBook(event).status == 201)
      #expect(ContinuousClock.now - began < .seconds(2))
      pause(milliseconds: 100)
    }
    let (answers, close, reason) = try reading.join()
    try asking.join()
    #expect(close == 1008 && reason == "Too many resumes")
    // At most the burst of 64 and two a second; fewer, because a newer resume replaces one that was not read yet.
    #expect((1..<110).contains(answers.count { $0 }), "\(answers.count { $0 }) were recovered")
    #expect(answers.count { !$0 } >= 64)
    try eventually("it is counted") { try server.metric("seatcast_recallers_closed_total") == 1 }
  }

  @Test("Messages over the rate wait, and the connection lives")
  func messages() throws {
    let server = try start("--limits", "messages=10/s:10")
    let socket = try server.connect(user: 50)
    let began = ContinuousClock.now
    for _ in 0..<30 { try socket.send(json: ["type": "ping"]) }
    for _ in 0..<30 { _ = try socket.expect("pong") }
    #expect(ContinuousClock.now - began > .milliseconds(1_500))
  }
}
