// Keys of tokens as the whole server has them: secrets that are replaced, and another system's public keys.
import FoundationEssentials
import Glibc
import TestSupport
import Testing

@Suite("Token keys", .timeLimit(.minutes(30)))
struct TokenKeyEndToEndTests {
  private let folder: TemporaryFolder
  private let first = String(repeating: "1", count: 40)
  private let second = String(repeating: "2", count: 40)

  init() throws { folder = try TemporaryFolder() }

  private func path(_ name: String) -> String { folder.path + "/" + name }

  private func write(_ text: String, to name: String) throws {
    try text.write(toFile: path(name), atomically: true, encoding: .utf8)
  }

  private func status(_ server: ServerProcess, _ token: String) throws -> Int {
    try server.client(token: token).get("/api/bookings").status
  }

  /// An event of an administrator who logs in here.
  private func event(_ server: ServerProcess) throws -> Int {
    try TestServer(running: server).event(seats: 10)
  }

  @Test("a secret is replaced without a restart; the previous one counts until its end, for caches, too")
  func rotation() throws {
    try write(first, to: "secret")
    try write(first, to: "previous")
    var options = ServerOptions()
    options.environment = ["SEATCAST_JWT_SECRET": "", "SEATCAST_JWT_SECRET_FILE": path("secret")]
    let end = Date(timeIntervalSince1970: Double(secondsSince1970() + 15)).formatted(.iso8601)
    options.arguments = ["--previous-secret-file", path("previous"), "--previous-secret-until", end]
    let server = try ServerProcess(options)
    let (old, new) = (TokenMint(secret: first).token(user: 5), TokenMint(secret: second).token(user: 5))
    #expect(try status(server, old) == 200)
    #expect(try status(server, new) == 401)

    let event = try event(server)
    let early = try WebSocketClient(port: server.port, path: "/ws/events/\(event)", token: old)
    _ = try early.expect("connection_established")
    try write(second, to: "secret")
    server.process.signal(SIGHUP)
    try eventually("the new secret counts") { try status(server, new) == 200 }
    #expect(try status(server, old) == 200)
    // A connection ends with the key of its token, also one that was there before the key had an end.
    let socket = try WebSocketClient(port: server.port, path: "/ws/events/\(event)", token: old)
    _ = try socket.expect("connection_established")
    for socket in [early, socket] { #expect(try socket.expectClose() == (4001, "token expired")) }
    #expect(try status(server, old) == 401)

    try write("short", to: "secret")
    server.process.signal(SIGHUP)
    try eventually("the failure is logged") {
      server.process.standardError.contains("cannot be read again; those before them still count")
    }
    #expect(try status(server, new) == 200)
    #expect(try server.terminate() == .exited(0))
  }

  @Test("when a secret is replaced without a previous one, what it had signed ends at once, and nothing else")
  func leaked() throws {
    try write(first, to: "secret")
    var options = ServerOptions()
    options.environment = ["SEATCAST_JWT_SECRET": "", "SEATCAST_JWT_SECRET_FILE": path("secret")]
    options.arguments = ["--watch", "public"]
    let server = try ServerProcess(options)
    let event = try event(server)
    let old = TokenMint(secret: first).token(user: 5)
    let connection = try server.client(token: old).request("POST", "/api/connection-tokens", json: [:])
    let grant = try connection.json().word("token")
    let socket = try WebSocketClient(port: server.port, path: "/ws/events/\(event)", token: old)
    let viewer = try WebSocketClient(port: server.port, path: "/ws/events/\(event)")
    let stream = try EventStreamClient(port: server.port, path: "/api/events/\(event)/stream", token: old)
    for client in [socket, viewer] { _ = try client.expect("connection_established") }
    #expect(try stream.next().data.contains("connection_established"))
    try write(second, to: "secret")
    server.process.signal(SIGHUP)
    #expect(try socket.expectClose(within: .seconds(10)) == (4001, "token expired"))
    #expect(try stream.next().name == "end")
    let late = try WebSocketClient(port: server.port, path: "/ws/events/\(event)?connect=\(grant)")
    #expect(try late.expectClose().code == 1008)
    try server.client(token: TokenMint(secret: second).token(user: 6)).book(event)
    #expect(try viewer.expect("booking_created").number("availableSeats") == 9)
  }

  @Test("a previous secret whose time is over is told at the start, and its tokens are refused")
  func pastEnd() throws {
    try write(first, to: "previous")
    var options = ServerOptions()
    options.arguments = [
      "--previous-secret-file", path("previous"), "--previous-secret-until", "2020-01-31T20:00:00Z",
    ]
    let server = try ServerProcess(options)
    #expect(server.process.standardError.contains("the time of the previous secret is over"))
    #expect(try status(server, TokenMint(secret: first).token(user: 5)) == 401)
    #expect(try status(server, server.mint.token(user: 5)) == 200)
  }

  @Test("another system's public keys are read, and read again when their file changes")
  func keySet() throws {
    try write(ForeignKeys.set(["RS256", "ES256"].map { ForeignKeys.key($0) }), to: "keys.json")
    var options = ServerOptions()
    options.environment = ["SEATCAST_JWT_SECRET": ""]
    options.arguments = [
      "--accounts", "external", "--issuer", ForeignKeys.issuer, "--audience", "seatcast", "--jwks-file",
      path("keys.json"),
    ]
    let server = try ServerProcess(options)
    let event = try event(server)
    var sockets: [WebSocketClient] = []
    for algorithm in ["RS256", "PS256", "ES256"] {
      let client = server.client(token: ForeignKeys.token(algorithm))
      #expect(try client.book(event)["userId"] == "ann")
      let socket = try WebSocketClient(
        port: server.port, path: "/ws/events/\(event)", token: ForeignKeys.token(algorithm))
      _ = try socket.expect("connection_established")
      sockets.append(socket)
    }
    #expect(try status(server, ForeignKeys.token("EdDSA")) == 401)

    try write("{", to: "keys.json")
    _ = try status(server, ForeignKeys.token("EdDSA"))
    try eventually("the failure is logged") {
      server.process.standardError.contains("public keys cannot be read")
    }
    #expect(try status(server, ForeignKeys.token("RS256")) == 200)

    try write(ForeignKeys.set(["EdDSA", "ES256"].map { ForeignKeys.key($0) }), to: "keys.json")
    try eventually("the new key counts") { try status(server, ForeignKeys.token("EdDSA")) == 200 }
    #expect(try status(server, ForeignKeys.token("RS256")) == 401)
    for socket in sockets.prefix(2) { #expect(try socket.expectClose() == (4001, "token expired")) }
    try server.client(token: ForeignKeys.token("ES256")).book(event)
    _ = try eventually("the key that stayed keeps its connection") {
      try sockets[2].nextJSON()["availableSeats"]?.integer == 6
    }
    #expect(try server.terminate() == .exited(0))
  }

  @Test("conformance-jws answers each line")
  func conformance() throws {
    let good: JSON = [
      "alg": "EdDSA", "k": try JSON(parsing: ForeignKeys.key("EdDSA")),
      "jws": .string(ForeignKeys.token("EdDSA")),
    ]
    try write("\(good.text)\nnonsense\n\n\(good.text)", to: "lines")
    let answer = try run(
      "/bin/sh", ["-c", "\"$0\" conformance-jws < \"$1\"", ServerProcess.executable(), path("lines")])
    #expect(answer.output == "valid\ninvalid\ninvalid\nvalid\n")
    #expect(answer.status == .exited(0))
  }
}
