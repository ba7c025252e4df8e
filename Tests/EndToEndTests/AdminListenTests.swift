// `--admin-listen`: health, metrics and looks into the server at a listener of their own.
import TestSupport
import Testing

@Suite("Listener of administration", .timeLimit(.minutes(30)))
struct AdminListenTests {
  private static let paths = ["/livez", "/readyz", "/metrics", "/api/server/stats", "/debug/fanout/1"]

  /// The port that the log line `serving` tells.
  private func adminPort(_ server: ServerProcess) throws -> Int {
    for line in server.process.standardError.split(separator: "\n") where line.contains("\"adminUrl\"") {
      let url = try JSON(parsing: String(line)).word("adminUrl")
      if let port = url.split(separator: ":").last.flatMap({ Int($0) }) { return port }
    }
    throw TestFailure("no listener of administration in the log: \(server.process.standardError)")
  }

  @Test(
    "It serves what the public listener then does not have, and both serve the API",
    arguments: ["shared", "private"])
  func apart(tables: String) throws {
    let world = try TestServer(
      ServerOptions(arguments: [
        "--log", "json", "--admin-listen", "127.0.0.1:0", "--descriptor-tables", tables, "--loops", "2",
      ]))
    let event = try world.event(seats: 3)
    let (socket, _) = try world.watch(event)
    defer { socket.drop() }
    let token = try world.admin().token
    let apart = HTTPClient(port: try adminPort(world.server), token: token)
    let open = world.server.client(token: token)
    for path in Self.paths {
      #expect(try open.get(path).status == 404, "\(path)")
      #expect(try apart.get(path).status == 200, "\(path)")
    }
    #expect(try open.get("/api/%73erver/stats").status == 404)
    #expect(try open.get("/api/events").status == 200 && apart.get("/api/events").status == 200)
    try world.person(1).book(event)
    _ = try socket.expect("booking_created")
    // The page is rendered once in a while.
    try eventually(within: .seconds(30), "the booking is counted") {
      try apart.get("/metrics").text.contains("\nseatcast_bookings_total 1\n")
    }
    apart.disconnect()
  }

  @Test("Without it everything is where it was")
  func together() throws {
    let world = try TestServer()
    let admin = try world.admin()
    _ = try world.event(seats: 1)
    for path in Self.paths { #expect(try admin.get(path).status == 200, "\(path)") }
  }

  @Test("An address that cannot be had or read is one sentence")
  func faults() throws {
    let world = try TestServer()
    for (address, sentence) in [
      ("127.0.0.1:\(world.port)", "annot listen on 127.0.0.1 port \(world.port)"),
      ("9464", "must be an address and a port like '127.0.0.1:9464', not '9464'"),
    ] {
      let folder = try TemporaryFolder()
      let arguments = ["serve", "--port", "0", "--data", folder.path + "/d", "--admin-listen", address]
      let ended = try run(ServerProcess.executable(), arguments)
      #expect(ended.error.contains(sentence), "\(ended.error)")
    }
  }
}
