// The commands that are clients of a server, against a real one: `listen`, `top` and `rehearse`.
import Glibc
import TestSupport
import Testing

@Suite("Tools", .timeLimit(.minutes(30)))
struct ToolsTests {
  private let world: TestServer
  private var url: String { "http://127.0.0.1:\(world.port)" }

  init() throws { world = try TestServer() }

  /// A file with a token, in the server's folder.
  private func file(_ token: String, _ name: String) throws -> String {
    let path = world.server.folder.path + "/" + name
    try put(token, at: path)
    return path
  }

  /// Rehearses on the server, which must keep every promise.
  /// - Returns: the report.
  @discardableResult
  private func rehearsal(_ words: String...) throws -> JSON {
    let ran = try run(
      ServerProcess.executable(),
      ["rehearse", "--url", url, "--data", world.server.folder.path, "--json"] + words)
    #expect(ran.status == .exited(0), "\(ran.error)")
    return try JSON(parsing: Array(ran.output.utf8))
  }

  @Test("listen prints the server's messages, goes on over a restart, and ends cleanly by Ctrl-C")
  func listen() throws {
    let event = try world.event(seats: 10)
    let token = try file(world.mint.token(user: 3), "token")
    let listening = try ChildProcess(
      ServerProcess.executable(), ["listen", "--event", String(event), "--url", url, "--token-file", token])
    try eventually("it is connected") { listening.standardOutput.contains("connection_established") }
    try world.person(4).book(event, quantity: 2)
    try eventually("it hears of the booking") { listening.standardOutput.contains("booking_created") }
    try world.server.kill9()
    try eventually("it tells the loss") { listening.standardOutput.contains("connection_lost") }
    try world.server.restart(samePort: true)
    try world.person(4).book(event)
    try eventually("it goes on") { listening.standardOutput.contains(#""availableSeats":7,"#) }
    listening.signal(SIGINT)
    #expect(try listening.wait() == .exited(0))
    let lines = listening.standardOutput.split(separator: "\n")
    for line in lines { #expect(try JSON(parsing: Array(line.utf8))["type"] != nil) }
  }

  @Test("listen to an event that does not exist, or without a token, ends with a sentence")
  func refused() throws {
    let token = try file(world.mint.token(user: 3), "token")
    let missing = try run(
      ServerProcess.executable(), ["listen", "--event", "99", "--url", url, "--token-file", token])
    #expect(missing.status == .exited(1) && missing.error.contains("There is no event 99."))
    let event = try world.event(seats: 1)
    let anonymous = try run(ServerProcess.executable(), ["listen", "--event", String(event), "--url", url])
    #expect(anonymous.status == .exited(1) && anonymous.error.contains("token"))
  }

  @Test("top prints the server's numbers with rates, one object a line")
  func top() throws {
    let event = try world.event(seats: 50)
    let admin = try #require(try world.admin().token)
    let showing = try ChildProcess(
      ServerProcess.executable(),
      ["top", "--url", url, "--every", "1s", "--token-file", file(admin, "admin")])
    try eventually("a first line") { showing.standardOutput.contains("\n") }
    for user in 1...5 { try world.person(user).book(event) }
    try eventually("a line that counts the bookings") {
      showing.standardOutput.contains(#""bookings":5,"#)
        && showing.standardOutput.contains("\"rates\":{\"bookings\":")
    }
    showing.signal(SIGTERM)
    #expect(try showing.wait() == .exited(0))
    let user = try file(world.mint.token(user: 3), "token")
    let refused = try run(ServerProcess.executable(), ["top", "--url", url, "--token-file", user])
    #expect(refused.status == .exited(1))
  }

  @Test("rehearse sells what there is, checks every promise, draws the curve, and cancels its event")
  func rehearse() throws {
    let chart = world.server.folder.path + "/curve.svg"
    let report = try rehearsal(
      "--users", "60", "--seats", "40", "--viewers", "8", "--cancel", "10", "--chart", chart)
    #expect(report["consistency"]?["consistent"] == true && report["consistency"]?["broken"] == [])
    #expect(try report.number("bookings") >= 40 && report["refused"]?["rate-limited"] == nil)
    #expect(report["viewers"]?["watched"] == 8 && report["bookingMs"]?["p99"] != .null)
    let changes = try report["consistency"]?.number("changes") ?? 0
    #expect(try report["commitToScreenMs"]?.number("count") == 8 * changes)
    #expect(String(decoding: contents(of: chart) ?? [], as: UTF8.self).hasPrefix("<svg "))
    let event = try world.admin().get("/api/events/\(report.number("eventId"))").json()
    #expect(event["status"] == "cancelled" && event["name"] == "Rehearsal of 60 users for 40 seats")
  }

  @Test(
    "rehearse with an event that exists sells its free seats and gives back what it took, and nothing else")
  func rehearseExisting() throws {
    let event = try world.event(seats: 30)
    try world.person(4).book(event, quantity: 5)
    let report = try rehearsal(
      "--event", String(event), "--yes", "--users", "40", "--viewers", "4", "--cancel", "10")
    #expect(report["consistency"]?["consistent"] == true && report["consistency"]?["broken"] == [])
    #expect(try report.number("eventId") == event && report.number("seats") == 25)
    #expect(try report.number("bookings") >= 25)
    let after = try world.admin().get("/api/events/\(event)").json()
    #expect(after["status"] == "on_sale" && after["availableSeats"] == 25)
  }

  @Test("a rehearsal's history is judged right once more by verify, and wrong when one line of it is changed")
  func verify() throws {
    let path = world.server.folder.path + "/history.jsonl"
    try rehearsal("--users", "40", "--seats", "25", "--viewers", "4", "--cancel", "20", "--history", path)
    let judged = try run(ServerProcess.executable(), ["verify", path, "--search", "--json"])
    #expect(judged.status == .exited(0), "\(judged.output)")
    let report = try JSON(parsing: Array(judged.output.utf8))
    #expect(report["witness"] == true && report["windows"]?["illegal"] == 0)
    #expect(try report.number("answers") >= 40 && report.number("frames") >= 4)

    var lines = String(decoding: contents(of: path) ?? [], as: UTF8.self).split(separator: "\n").map(
      String.init)
    let place = try #require(
      lines.lastIndex { $0.contains(#""kind":"frame""#) && $0.contains("booking_created") })
    lines.insert(lines[place], at: place + 1)
    try put(lines.joined(separator: "\n"), at: path)
    let broken = try run(ServerProcess.executable(), ["verify", path])
    #expect(broken.status == .exited(1) && broken.output.contains("BROKEN unique"), "\(broken.output)")
    #expect(broken.output.contains("lines \(place + 1), \(place + 2)"), "\(broken.output)")
    let none = try run(ServerProcess.executable(), ["verify", world.server.folder.path + "/seatcast.db"])
    #expect(none.status == .exited(65) && none.error.contains("Line 1 of"))
  }

  @Test("rehearse needs a server's folder or tokens")
  func withoutTokens() throws {
    let empty = try TemporaryFolder()
    let ran = try run(
      ServerProcess.executable(), ["rehearse", "--url", url, "--data", empty.path, "--users", "2"])
    #expect(ran.status == .exited(69) && ran.error.contains("Name its data folder with --data"))
    let users = try file((1...3).map { world.mint.token(user: $0) }.joined(separator: "\n"), "users")
    let admin = try file(#require(try world.admin().token), "admin")
    let given = try run(
      ServerProcess.executable(),
      [
        "rehearse", "--url", url, "--seats", "2", "--viewers", "1", "--user-tokens", users, "--token-file",
        admin,
      ])
    #expect(given.status == .exited(0), "\(given.error)")
    #expect(given.output.contains("every promise held"))
    let undrawn = try run(
      ServerProcess.executable(),
      [
        "rehearse", "--url", url, "--seats", "2", "--viewers", "1", "--user-tokens", users, "--token-file",
        admin, "--chart", empty.path + "/none/curve.svg",
      ])
    #expect(undrawn.status == .exited(1) && undrawn.error.contains("curve.svg cannot be written"))
    #expect(undrawn.output.contains("every promise held"), "the report is not lost with the picture")
  }
}
