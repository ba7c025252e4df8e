// The end of a server: asked to stop it answers, says goodbye, loses nothing and exits 0; what must not
// start does not start, with one sentence on standard error.
import Glibc
import TestSupport
import Testing

@Suite("Start and stop", .timeLimit(.minutes(30)))
struct ShutdownTests {
  @Test("SIGTERM and SIGINT say server_draining, close with 1012 and exit 0", arguments: [SIGTERM, SIGINT])
  func goodbye(_ signal: Int32) throws {
    let server = try TestServer()
    let event = try server.event(seats: 5)
    let (socket, _) = try server.watch(event)
    let booking = try server.person(1).book(event).word("bookingId")
    server.server.process.signal(signal)
    #expect(try socket.expect("booking_created").word("bookingId") == booking)
    let draining = try socket.expect("server_draining")
    #expect(try draining.number("reconnectAfterMs") >= 0)
    #expect(try socket.expectClose().code == 1012)
    #expect(try server.server.process.wait(within: .seconds(60)) == .exited(0))
    try server.server.restart()
    #expect(try server.person(1).get("/api/bookings/\(booking)").status == 200)
    #expect(try server.server.client().get("/api/events/\(event)").json().number("availableSeats") == 4)
  }

  @Test("bookings that were sent before the stop are answered or never happened")
  func queued() throws {
    let server = try TestServer()
    let event = try server.event(seats: 1_000)
    let (port, mint) = (server.port, server.mint)
    let bookers = try (0..<8).map { number in
      try BackgroundThread {
        let client = HTTPClient(port: port, token: mint.token(user: number + 1))
        var booked: [String] = []
        while let answer = try? client.tryToBook(event), answer.status == 201 {
          booked.append(try answer.json().word("bookingId"))
        }
        return booked
      }
    }
    try eventually("some bookings are made") {
      try server.server.client().get("/api/events/\(event)").json().number("seq") > 20
    }
    #expect(try server.server.terminate() == .exited(0))
    let acknowledged = Set(try bookers.flatMap { try $0.join() })
    try server.server.restart()
    let stored = try server.loggedBookings(of: event)
    #expect(acknowledged.isSubset(of: stored))
    // Whatever was answered while stopping was answered whole, so at most the refused ones are missing.
    #expect(stored == acknowledged)
  }

  @Test("a second server on the same data folder is refused with a sentence")
  func secondServer() throws {
    let server = try TestServer()
    let second = try run(
      ServerProcess.executable(),
      ServerProcess.words(ServerOptions(), folder: server.server.folder.path, port: 0),
      environment: ServerProcess.environment(ServerOptions()))
    #expect(second.status != .exited(0))
    #expect(!second.output.contains("listening"))
    #expect(second.error.contains(server.server.folder.path))
    #expect(try server.server.client().get("/readyz").status == 200)
  }

  @Test("a port in use is refused with a sentence")
  func portInUse() throws {
    let server = try TestServer()
    let folder = try TemporaryFolder()
    let second = try run(
      ServerProcess.executable(),
      ServerProcess.words(ServerOptions(), folder: folder.path, port: server.port),
      environment: ServerProcess.environment(ServerOptions()))
    #expect(second.status != .exited(0))
    #expect(second.error.contains(String(server.port)))
  }

  @Test("an unknown flag, command or value exits 64 and suggests what was meant")
  func usage() throws {
    let program = try ServerProcess.executable()
    for (words, hint) in [
      (["serve", "--prot", "1"], "--port"), (["srve"], "serve"), (["serve", "--port", "many"], "port"),
      (["serve", "--identity", "ful"], "full"), (["serve", "--port", "70000"], "port"),
    ] {
      let ended = try run(program, words)
      #expect(ended.status == .exited(64), "\(words)")
      #expect(ended.error.contains(hint), "\(words): \(ended.error)")
    }
  }

  @Test("help and version answer on standard output and exit 0")
  func help() throws {
    let program = try ServerProcess.executable()
    for words in [["--help"], ["serve", "--help"], ["version"]] {
      let ended = try run(program, words)
      #expect(ended.status == .exited(0), "\(words)")
      #expect(!ended.output.isEmpty && ended.error.isEmpty, "\(words)")
    }
  }

  @Test("a short secret and a folder that cannot be made are refused with a sentence")
  func badSettings() throws {
    let program = try ServerProcess.executable()
    let folder = try TemporaryFolder()
    let short = try run(
      program, ["serve", "--port", "0", "--data", folder.path], environment: ["SEATCAST_JWT_SECRET": "short"])
    #expect(short.status != .exited(0))
    #expect(short.error.contains("32"))
    let nowhere = try run(program, ["serve", "--port", "0", "--data", "/proc/nowhere/data"])
    #expect(nowhere.status != .exited(0))
    #expect(nowhere.error.contains("/proc/nowhere/data"))
  }

  @Test("the secret is made once, kept with mode 0600, and tokens outlive a restart")
  func secretKept() throws {
    let folder = try TemporaryFolder()
    let words = ServerProcess.words(ServerOptions(), folder: folder.path, port: 0)
    let person: JSON = ["email": "ada@example.test", "password": "a long enough password", "name": "Ada"]
    var token = ""
    for round in 0..<2 {
      let process = try ChildProcess(ServerProcess.executable(), words)
      let client = HTTPClient(port: try ServerProcess.awaitPort(of: process))
      if round == 0 {
        token = try client.request("POST", "/api/auth/register", json: person).json().word("token")
      }
      client.token = token
      #expect(try client.get("/api/auth/me").status == 200)
      process.signal(SIGTERM)
      #expect(try process.wait() == .exited(0))
    }
    #expect(try run("stat", ["-c", "%a", "\(folder.path)/jwt-secret"]).output == "600\n")
  }

  @Test("the demo has two events and people who can log in, and is the same after a restart")
  func demo() throws {
    var options = ServerOptions()
    options.demo = true
    let server = try TestServer(options)
    let events = try server.server.client().get("/api/events").json()["items"]
    #expect(events?.array?.count == 2)
    #expect(try server.server.terminate() == .exited(0))
    try server.server.restart()
    #expect(try server.server.client().get("/api/events").json()["items"] == events)
  }
}
