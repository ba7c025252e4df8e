// The feed as a shop follows it: by long polling, and by the consumer of docs/guides, which is killed as often as the server
// and in the end has every change once.
import TestSupport
import Testing

@Suite("Feed", .timeLimit(.minutes(30)))
struct FeedTests {
  /// A service token with these scopes.
  static func serviceToken(_ server: TestServer, _ scopes: [String]) throws -> String {
    let answer = try server.admin().request(
      "POST", "/api/service-tokens", json: ["name": "shop", "scopes": .array(scopes.map { .string($0) })])
    guard answer.status == 201 else { throw TestFailure("no token: \(answer.status) \(answer.text)") }
    return try answer.json().word("token")
  }

  /// Everything that the feed has, as pages of ten.
  private func changes(_ client: HTTPClient) throws -> (positions: [String], end: String) {
    var (positions, query): ([String], String) = ([], "")
    while true {
      let page = try client.get("/api/notices?limit=10\(query)").json()
      let items = page["items"]?.array ?? []
      positions += try items.map { try $0.word("position") }
      query = "&after=\(try page.word("position"))"
      if items.isEmpty { return (positions, try page.word("position")) }
    }
  }

  @Test(
    "a request that waits is answered by the next booking, and the feed goes on behind its position after a kill"
  )
  func waiting() throws {
    let server = try TestServer()
    let event = try server.event(seats: 10)
    let client = server.server.client(token: try Self.serviceToken(server, ["feed:read"]))
    let end = try changes(client).end
    let waiter = try BackgroundThread { try client.get("/api/notices?wait=60&after=\(end)") }
    pause(milliseconds: 50)
    let booked = try server.person(1).book(event)
    let page = try waiter.join().json()
    #expect(try page["items"]?.array?.map { try $0.word("bookingId") } == [booked.word("bookingId")])
    let position = try page.word("position")
    try server.server.kill9()
    try server.server.restart()
    let fresh = server.server.client(token: client.token)
    #expect(try fresh.get("/api/notices?after=\(position)").json()["items"]?.array?.isEmpty == true)
    try server.person(1).cancel(booked.word("bookingId"))
    let next = try fresh.get("/api/notices?after=\(position)").json()
    #expect(try next["items"]?.array?.map { try $0.word("type") } == ["booking_cancelled"])
  }

  @Test("a server that is stopped does not wait for those who wait")
  func stopping() throws {
    let server = try TestServer()
    let client = server.server.client(token: try Self.serviceToken(server, ["feed:read"]))
    let waiter = try BackgroundThread { try client.get("/api/notices?wait=60") }
    pause(milliseconds: 100)
    #expect(try server.server.terminate(within: .seconds(30)) == .exited(0))
    #expect(try waiter.join().status == 200)
  }

  /// A server whose first answer breaks off, and what the two guides' clients make of it.
  private static let brokenAnswer = """
    import socket, sys, threading
    sys.path.insert(0, sys.argv[1])
    import checkout, feed_consumer

    def serve(listener):
        for body in (b'{"items":[', b'{"items":[],"position":"e.1"}'):
            connection = listener.accept()[0]
            connection.recv(65536)
            connection.sendall(b"HTTP/1.1 200 OK\\r\\nContent-Length: 29\\r\\n\\r\\n" + body)
            connection.close()

    for client in (lambda url: feed_consumer.Feed(url, "token", 1).ask(None)[1],
                   lambda url: checkout.Seatcast(url).call("GET", "/")["position"]):
        with socket.create_server(("127.0.0.1", 0)) as listener:
            threading.Thread(target=serve, args=(listener,), daemon=True).start()
            print(client(f"http://127.0.0.1:{listener.getsockname()[1]}"))
    """

  @Test("the guides' clients ask again when an answer breaks off", .enabled(if: isInstalled("python3")))
  func brokenOff() throws {
    let ran = try run("python3", ["-B", "-c", Self.brokenAnswer, SourceTree.root + "/docs/guides"])
    #expect(ran.status == .exited(0) && ran.output == "e.1\ne.1\n", "\(ran.error)")
  }

  @Test(
    "the consumer of the guide has every change once, however often it and the server are killed",
    .enabled(if: isInstalled("python3")))
  func killed() throws {
    let server = try TestServer()
    let event = try server.event(seats: 1_000, ["maxPerUser": 0])
    let folder = try TemporaryFolder()
    try put(Self.serviceToken(server, ["feed:read"]), at: folder.path + "/token")
    let script = SourceTree.root + "/docs/guides/feed_consumer.py"
    let database = folder.path + "/mirror.db"
    func consumer() throws -> ChildProcess {
      try ChildProcess(
        "python3",
        [
          script, "--url", "http://127.0.0.1:\(server.port)", "--token-file", folder.path + "/token",
          "--database",
          database, "--wait", "5",
        ])
    }
    var mirror = try consumer()
    for round in 0..<6 {
      var booked: [String] = []
      for number in 0..<20 { booked.append(try server.person(number + 1).book(event).word("bookingId")) }
      for id in booked.prefix(5) { try server.admin().cancel(id) }
      if round % 2 == 0 {
        try server.server.kill9()
        try server.server.restart(samePort: true)
      }
      mirror.signal(9)
      _ = try mirror.wait()
      mirror = try consumer()
    }
    let (positions, end) = try changes(try server.admin())
    func summary() throws -> JSON {
      let answer = try run("python3", [script, "--database", database, "--summary"])
      guard answer.status == .exited(0) else { throw TestFailure(answer.error) }
      return try JSON(parsing: Array(answer.output.utf8))
    }
    try eventually(within: .seconds(60), "the mirror is at the end: \(mirror.standardError)") {
      pause(milliseconds: 200)
      return try summary()["position"]?.string == end
    }
    let found = try summary()
    #expect(found["changes"]?.array?.compactMap(\.string) == positions, "each change once, in order")
    #expect(positions.count == 1 + 6 * 25)
    #expect(found["restarts"]?.array?.isEmpty == true)
    let left = try server.server.client().get("/api/events/\(event)").json().number("availableSeats")
    #expect(found["available"]?[String(event)]?.integer == left)
    mirror.signal(9)
    _ = try mirror.wait()
  }
}
