// What a server owes its operator: descriptors come back, unfinished business ends, a shortage is survived,
// secrets stay out of the log, and settings do what they say.
import Glibc
import TestSupport
import Testing

@Suite("Housekeeping", .timeLimit(.minutes(30)))
struct HousekeepingTests {
  /// Descriptors that the server has open.
  private func descriptors(_ server: ServerProcess) -> Int {
    names(in: "/proc/\(server.process.identifier)/fd").count
  }

  @Test("connections that are dropped in any state give their descriptors and subscriptions back")
  func dropped() throws {
    let server = try TestServer()
    let event = try server.event(seats: 100)
    let token = server.mint.token(user: 1)
    try server.person(1).book(event)
    let before = descriptors(server.server)
    for _ in 0..<25 {
      let half = try Socket(port: server.port)
      try half.send(Array("GET /api/eve".utf8))
      let body = try Socket(port: server.port)
      try body.send(Array("POST /api/bookings HTTP/1.1\r\nHost: x\r\nContent-Length: 50\r\n\r\n{".utf8))
      let (watcher, _) = try server.watch(event)
      try watcher.send(.text("half a message", fin: false))
      let path = "/api/events/\(event)/stream"
      let stream = try EventStreamClient(port: server.port, path: path, token: token)
      #expect(stream.answer.status == 200)
    }
    try eventually("all descriptors are back") { descriptors(server.server) <= before }
    for name in ["seatcast_websockets_open", "seatcast_event_streams_open", "seatcast_subscriptions"] {
      try eventually("\(name) is 0") { try server.metric(name) == 0 }
    }
  }

  @Test("a connection that never finishes its head, or never begins one, is closed")
  func unfinished() throws {
    let server = try TestServer()
    let silent = try Socket(port: server.port)
    let half = try Socket(port: server.port)
    try half.send(Array("GET / HTTP/1.1\r\nHost".utf8))
    for socket in [silent, half] {
      do {
        while try !socket.receive(within: .seconds(60)).isEmpty {}
      } catch is ConnectionLost {
        continue
      }
    }
    #expect(try server.server.client().get("/livez").status == 200)
  }

  /// A server that may have only so many descriptors.
  private func server(descriptors: Int) throws -> (process: ChildProcess, port: Int, folder: TemporaryFolder)
  {
    let folder = try TemporaryFolder()
    let words = ServerProcess.words(ServerOptions(), folder: folder.path, port: 0)
    let process = try ChildProcess(
      "/bin/sh", ["-c", "ulimit -n \(descriptors); exec \"$0\" \"$@\"", ServerProcess.executable()] + words,
      environment: ServerProcess.environment(ServerOptions()))
    return (process, try ServerProcess.awaitPort(of: process), folder)
  }

  @Test("idle connections make room for others when descriptors run short")
  func shortage() throws {
    let (process, port, folder) = try server(descriptors: 256)
    defer { _ = folder }
    var crowd: [Socket] = []
    for number in 1...400 {
      crowd.append(try Socket(port: port))
      if number % 100 == 0 {
        #expect(try HTTPClient(port: port).get("/readyz").status == 200, "behind \(number) idle ones")
      }
    }
    try crowd[399].send(Array("GET /livez HTTP/1.1\r\nHost: x\r\n\r\n".utf8))
    #expect(try !crowd[399].receive().isEmpty)
    for socket in crowd { socket.close() }
    process.signal(SIGTERM)
    #expect(try process.wait() == .exited(0))
  }

  @Test("when every connection is in use health checks are still answered, and others are told to come later")
  func reserve() throws {
    let (process, port, folder) = try server(descriptors: 256)
    defer { _ = folder }
    let token = TokenMint(secret: ServerProcess.secret).token(user: 5)
    var crowd: [WebSocketClient] = []
    while crowd.count < 256, let client = try? WebSocketClient(port: port, path: "/ws", token: token) {
      crowd.append(client)
    }
    #expect(crowd.count > 50 && crowd.count < 200)
    for path in ["/livez", "/readyz", "/metrics"] {
      #expect(try HTTPClient(port: port).get(path).status == 200)
    }
    #expect(try HTTPClient(port: port).get("/api/events").status == 503)
    for client in crowd { client.drop() }
    try eventually("others are served again") {
      try HTTPClient(port: port, patience: .seconds(2)).get("/api/events").status != 503
    }
    process.signal(SIGTERM)
    #expect(try process.wait() == .exited(0))
  }

  @Test("neither tokens nor passwords stand in the log")
  func secrets() throws {
    let server = try TestServer()
    let event = try server.event(seats: 10)
    let token = server.mint.token(user: 4_242)
    let good = try WebSocketClient(port: server.port, path: "/ws/events/\(event)", token: token)
    _ = try good.expect("connection_established")
    try good.send(ClientFrame(opcode: 3))
    _ = try good.closeOrEnd()
    let bad = try WebSocketClient(port: server.port, path: "/ws", token: token + "bad")
    _ = try bad.closeOrEnd()
    _ = try server.server.client().get("/ws/nothing?token=\(token)")
    #expect(try server.server.terminate() == .exited(0))
    try server.server.process.waitForOutput()
    let log = server.server.process.standardError + server.server.process.standardOutput
    #expect(!log.contains(token.suffix(20)))
    #expect(!log.contains(token.prefix(60)))
    for secret in [ServerProcess.secret, ServerProcess.adminPassword] { #expect(!log.contains(secret)) }
  }

  @Test("with identity none other people hear neither bookingId nor userId")
  func identity() throws {
    var options = ServerOptions()
    options.arguments = ["--identity", "none"]
    let server = try TestServer(options)
    let event = try server.event(seats: 10)
    let (socket, _) = try server.watch(event)
    let booking = try server.person(1).book(event).word("bookingId")
    try server.person(1).cancel(booking)
    for (type, seats) in [("booking_created", 9), ("booking_cancelled", 10)] {
      let notice = try socket.expect(type)
      #expect(notice["bookingId"] == nil && notice["userId"] == nil)
      #expect(try notice.number("availableSeats") == seats)
    }
  }

  @Test("the subscribers of many loops hear the same in the same order")
  func loops() throws {
    var options = ServerOptions()
    options.arguments = ["--loops", "4"]
    let server = try TestServer(options)
    let event = try server.event(seats: 500)
    let sockets = try (0..<40).map { _ in try server.watch(event).0 }
    let (port, mint) = (server.port, server.mint)
    _ = try concurrently(5) { number in
      let client = HTTPClient(port: port, token: mint.token(user: number + 1))
      for _ in 0..<20 { try client.book(event) }
    }
    for socket in sockets {
      for seq in 1...100 {
        let notice = try socket.expect("booking_created")
        #expect(try notice.number("seq") == seq)
        #expect(try notice.number("availableSeats") == 500 - seq)
      }
    }
  }

  @Test("a stop with hundreds of open connections says goodbye to all of them and ends")
  func fullHouse() throws {
    let server = try TestServer()
    let event = try server.event(seats: 10)
    let crowd = SocketCrowd()
    let size = 400
    var greeted = 0
    var closed = 0
    for _ in 0..<size {
      try crowd.join(port: server.port, path: "/ws/events/\(event)", token: server.mint.token(user: 1))
    }
    func hear(_ member: Int, _ incoming: Incoming) {
      if case .text(let text) = incoming, text.contains("\"connection_established\"") { greeted += 1 }
      if incoming == .close(code: 1_012, reason: "server restart") { closed += 1 }
    }
    try crowd.read(within: .seconds(60), until: { greeted == size }, hear)
    server.server.process.signal(SIGTERM)
    try crowd.read(within: .seconds(60), until: { crowd.members.allSatisfy { $0.hasEnded } }, hear)
    #expect(closed == size)
    #expect(try server.server.process.wait() == .exited(0))
  }
}
