// A server whose wall clock somebody sets. docs/decisions/0012-three-kinds-of-time.md.
import TestSupport
import Testing

@Suite("Clocks", .timeLimit(.minutes(30)))
struct ClockTests {
  private let clock: ShiftedClock
  private let server: TestServer

  init() throws {
    clock = try ShiftedClock()
    var options = ServerOptions()
    options.environment = clock.environment
    server = try TestServer(options)
  }

  /// ISO 8601, so many seconds from now.
  @Test("fifty minutes ahead for a second open nothing afterwards, not even after a restart")
  func windows() throws {
    let event = try server.event(seats: 10, ["opensAt": .string(try utc(in: 1_800))])
    let other = try server.event(seats: 10)
    let buyer = server.person(1)
    #expect(try buyer.tryToBook(event).text.contains("not-open-yet"))
    try clock.set(ahead: 3_000)
    let (socket, _) = try server.watch(other)
    try buyer.book(other)
    #expect(try buyer.tryToBook(event, quantity: 99).text.contains("quantity-limit"))
    try clock.set(ahead: 0)
    let first = server.server.process
    for _ in 0..<2 {
      let answer = try server.person(1).tryToBook(event)
      #expect(answer.status == 409)
      #expect(answer.text.contains("not-open-yet"))
      #expect(try server.server.terminate() == .exited(0))
      try server.server.restart()
    }
    try first.waitForOutput()
    for way in ["forward", "back"] {
      #expect(first.standardError.contains("the wall clock was set \(way)"))
    }
    socket.drop()
  }

  @Test("a key of before a jump of three days is known two seconds after, and after the jump back")
  func keys() throws {
    let event = try server.event(seats: 10)
    let buyer = server.server.client(token: server.mint.token(user: 1, lifetime: 30 * 86_400))
    let first = try buyer.book(event, key: "once").word("bookingId")
    for days in [3, -3, 0] as [Int64] {
      try clock.set(ahead: days * 86_400)
      pause(milliseconds: 2_000)
      #expect(try buyer.book(event, key: "once").word("bookingId") == first)
    }
    #expect(try buyer.get("/api/events/\(event)").json().number("availableSeats") == 9)
    #expect(try server.metric("seatcast_clock_steps_total") >= 3)
  }
}
