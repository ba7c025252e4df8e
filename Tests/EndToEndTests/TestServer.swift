// What nearly every end-to-end test needs: a running server, an admin, people with tokens, an event.
// The suites' time limits are far away: under a sanitizer on two cores a test waits long for its turn.
import TestSupport
import Testing

/// One server under test with its admin, and short words for what tests do with it.
struct TestServer {
  let server: ServerProcess

  /// - Parameter folder: the data folder; nil: a new one.
  init(_ options: ServerOptions = ServerOptions(), folder: TemporaryFolder? = nil) throws {
    ServerProcess.onCrash.withLock { $0 = { Issue.record(Comment(rawValue: $0)) } }
    server = try ServerProcess(options, folder: folder)
    let isPlain = options.rateLimits == "off" && !options.arguments.contains("--tls-cert")
    if isPlain { try Contract.install(from: server) }
  }

  init(running server: ServerProcess) { self.server = server }

  var port: Int { server.port }
  var mint: TokenMint { server.mint }

  /// A client of the server's own admin, whose account exists since the start.
  func admin() throws -> HTTPClient {
    let client = server.client()
    let answer = try client.request(
      "POST", "/api/auth/login",
      json: [
        "email": .string(ServerProcess.adminEmail), "password": .string(ServerProcess.adminPassword),
      ])
    guard answer.status == 200, let token = try answer.json()["token"]?.string else {
      throw TestFailure("the admin cannot log in: \(answer.status) \(answer.text)")
    }
    client.token = token
    return client
  }

  /// A client of somebody who is known by a token alone.
  func person(_ number: Int) -> HTTPClient { server.client(token: mint.token(user: number)) }

  /// A new event; its number.
  func event(seats: Int, _ more: [String: JSON] = [:]) throws -> Int {
    let draft = JSON.object(
      more.merging(["name": "A concert", "seatCapacity": .integer(seats)]) { given, _ in given })
    let answer = try admin().request("POST", "/api/events", json: draft)
    guard answer.status == 201, let id = try answer.json()["id"]?.integer else {
      throw TestFailure("no event: \(answer.status) \(answer.text)")
    }
    return id
  }

  /// A WebSocket with a subscription from the start, after its greeting.
  func watch(_ event: Int, user: Int = 7_000, query: String = "") throws -> (WebSocketClient, greeting: JSON)
  {
    let socket = try WebSocketClient(
      port: port, path: "/ws/events/\(event)\(query)", token: mint.token(user: user))
    return (socket, try socket.expect("connection_established"))
  }

  /// The sum over all loops of one metric, as of their last tick.
  func metric(_ name: String) throws -> Int {
    let lines = try server.client().get("/metrics").text.split(separator: "\n")
    let values = lines.filter { $0.hasPrefix(name + "{") || $0.hasPrefix(name + " ") }
      .compactMap { $0.split(separator: " ").last.flatMap { Int($0) } }
    guard !values.isEmpty else { throw TestFailure("no metric \(name)") }
    return values.reduce(0, +)
  }

  /// The bookings in the log of an event in which there is nothing else.
  func loggedBookings(of event: Int) throws -> Set<String> {
    let admin = try admin()
    var (logged, after): (Set<String>, Int) = ([], 0)
    while true {
      let page =
        try admin.get("/api/events/\(event)/notices?limit=100&after=\(after)").json()["items"]?.array ?? []
      guard let last = page.last else { return logged }
      for notice in page { logged.insert(try notice.word("bookingId")) }
      after = try last.number("seq")
    }
  }

  /// A WebSocket without a subscription, after its greeting.
  func connect(user: Int = 7_000) throws -> WebSocketClient {
    let socket = try WebSocketClient(port: port, path: "/ws", token: mint.token(user: user))
    _ = try socket.expect("connection_established")
    return socket
  }
}

extension HTTPClient {
  /// Books and gives the booking; throws unless the answer is 201.
  @discardableResult
  func book(_ event: Int, quantity: Int = 1, key: String? = nil) throws -> JSON {
    let answer = try tryToBook(event, quantity: quantity, key: key)
    guard answer.status == 201 else { throw TestFailure("not booked: \(answer.status) \(answer.text)") }
    return try answer.json()
  }

  func tryToBook(_ event: Int, quantity: Int = 1, key: String? = nil) throws -> HTTPAnswer {
    try request(
      "POST", "/api/bookings", json: ["eventId": .integer(event), "quantity": .integer(quantity)],
      fields: key.map { [("Idempotency-Key", $0)] } ?? [])
  }

  /// Cancels and gives the booking; throws unless the answer is 200.
  @discardableResult
  func cancel(_ booking: String) throws -> JSON {
    let answer = try request("DELETE", "/api/bookings/\(booking)")
    guard answer.status == 200 else { throw TestFailure("not cancelled: \(answer.status) \(answer.text)") }
    return try answer.json()
  }
}

extension JSON {
  /// The member as an integer; throws with the whole text when it is none.
  func number(_ name: String) throws -> Int {
    guard let value = self[name]?.integer else { throw TestFailure("no integer \(name) in \(text)") }
    return value
  }

  /// The member as a string; throws with the whole text when it is none.
  func word(_ name: String) throws -> String {
    guard let value = self[name]?.string else { throw TestFailure("no string \(name) in \(text)") }
    return value
  }
}

/// The wall clock's time in so many seconds, as the API writes times, to the second.
func utc(in seconds: Int) throws -> String {
  let when = "@\(secondsSince1970() + seconds)"
  return String(try run("date", ["-u", "-d", when, "+%Y-%m-%dT%H:%M:%S.000Z"]).output.dropLast())
}
