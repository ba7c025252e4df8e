// Administration by command line, as a script would do it: the real program, with a running server and without one.
import Glibc
import TestSupport
import Testing

/// Runs `seatcast …` on a data folder.
struct Commands {
  let folder: String
  var environment = [
    "SEATCAST_PASSWORD_COST": "insecure-test", "SEATCAST_JWT_SECRET": ServerProcess.secret,
  ]

  /// - Parameter words: behind `seatcast`, separated by spaces.
  func run(_ words: String..., input: String? = nil) throws -> (
    status: TestSupport.ExitStatus, output: String, error: String
  ) {
    let all = words.flatMap { $0.split(separator: " ").map(String.init) } + ["--data", folder]
    let binary = try ServerProcess.executable()
    guard let input else { return try TestSupport.run(binary, all, environment: environment) }
    let pipe = "printf '%s\\n' \"$0\" | exec \"$@\""
    return try TestSupport.run("/bin/sh", ["-c", pipe, input, binary] + all, environment: environment)
  }

  /// What it prints with `--json`; throws unless it succeeds.
  func json(_ words: String..., input: String? = nil) throws -> JSON {
    let ran = try run(words.joined(separator: " "), "--json", input: input)
    guard ran.status == .exited(0) else { throw TestFailure("\(words): \(ran.error)") }
    return try JSON(parsing: ran.output)
  }
}

@Suite("Administration", .timeLimit(.minutes(30)))
struct AdministrationTests {
  @Test("commands reach the pages of a running server, and the files when it has stopped")
  func story() throws {
    let server = try TestServer()
    let commands = Commands(folder: server.server.folder.path)
    let event = try commands.json("event create --name Night --seats 10").number("id")
    let (socket, _) = try server.watch(event)
    try server.person(1).book(event, quantity: 2)
    _ = try socket.expect("booking_created")
    #expect(try commands.json("event capacity \(event) --by=-3").number("availableSeats") == 5)
    #expect(try socket.expect("seat_update").number("availableSeats") == 5)
    #expect(try commands.json("event pause \(event)").word("status") == "paused")
    #expect(try socket.expect("event_updated").number("seq") == 3)
    #expect(try server.person(2).tryToBook(event).status == 409)

    let ann = try commands.json("user create --email ann@example.test --name Ann", input: "a password of ann")
    #expect(try ann.word("role") == "user")
    let token = try commands.run("token mint ann@example.test --lifetime 5m").output.dropLast()
    let client = server.server.client(token: String(token))
    #expect(try client.get("/api/auth/me").json().word("email") == "ann@example.test")
    #expect(try commands.run("user disable ann@example.test").status == .exited(0))
    #expect(try client.get("/api/auth/me").status == 401)
    #expect(try commands.json("token inspect \(token)").word("reason") == "its user is disabled")

    #expect(try server.server.terminate() == .exited(0))
    #expect(try commands.json("event resume \(event)").word("status") == "on_sale")
    #expect(try commands.json("user enable ann@example.test")["disabled"] == false)
    try server.server.restart()
    #expect(try server.person(2).tryToBook(event).status == 201)
    #expect(try server.server.client(token: String(token)).get("/api/auth/me").status == 401)
  }

  @Test("each kind of failure is one sentence and an exit status")
  func failures() throws {
    let server = try TestServer()
    let commands = Commands(folder: server.server.folder.path)
    func check(_ words: String, _ status: Int32, _ sentence: String, input: String? = nil) throws {
      let ran = try commands.run(words, input: input)
      #expect(ran.status == .exited(status), "\(words)")
      #expect(ran.error == "seatcast: \(sentence)\n")
      #expect(ran.output.isEmpty)
    }
    try check("event destroy", 64, "There is no command 'event destroy'. Try 'seatcast event --help'.")
    try check("event create --name x --seats 0", 65, "seatCapacity must be a whole number from 1 to 1000000.")
    try check("event pause 99", 1, "There is no such event.")
    try check("user create --email a@b.c --name A", 65, "password must have 8 to 1024 bytes.", input: "short")
    try check("user passwd a@b.c", 65, "There is no password on standard input.", input: "")
    #expect(unsafe unlink(commands.folder + "/admin.sock") == 0)
    try check(
      "event list", 69,
      "A server has the data folder \(commands.folder), but does not listen at its admin.sock.")
  }

  @Test("after kill -9 the next command works on the files, and the next server replaces the socket")
  func killed() throws {
    let server = try TestServer()
    let commands = Commands(folder: server.server.folder.path)
    let event = try server.event(seats: 4)
    try server.person(1).book(event)
    try server.server.kill9()
    #expect(names(in: commands.folder).contains("admin.sock"))
    #expect(try commands.json("event list")["items"]?.array?.first?.number("availableSeats") == 3)
    try server.server.restart()
    #expect(try commands.json("event capacity \(event) --to 9").number("availableSeats") == 8)
    #expect(try server.server.terminate() == .exited(0))
    #expect(!names(in: commands.folder).contains("admin.sock"))
  }
}
