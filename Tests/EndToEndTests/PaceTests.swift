// Connections that ask for a pace, as the whole server has it.
import TestSupport
import Testing

@Suite("Paces", .timeLimit(.minutes(30)))
struct PaceTests {
  /// What one connection heard of notices: they must tile, from `seq` 1 on.
  private struct Heard {
    private(set) var count = 0
    private(set) var last: Int

    init(after seq: Int) { last = seq }

    mutating func take(_ message: JSON) throws {
      guard let seq = message["seq"]?.integer else { throw TestFailure("no notice: \(message.text)") }
      let first = message["fromSeq"]?.integer ?? seq
      guard first == last + 1, message["toSeq"]?.integer ?? seq == seq else {
        throw TestFailure("behind \(last) came \(message.text)")
      }
      (last, count) = (seq, count + 1)
    }
  }

  @Test(
    "a hidden page is sent at most a message a second, which declares what it left out, and everything again when it is shown",
    arguments: [true, false])
  func hidden(isAnonymous: Bool) throws {
    let world = try TestServer(ServerOptions(arguments: ["--watch", "public"]))
    let event = try world.event(seats: 1_000)
    let socket = try WebSocketClient(
      port: world.port, path: "/ws/events/\(event)",
      token: isAnonymous ? nil : world.mint.token(user: 5, lifetime: 600))
    let start = try #require(try socket.expect("connection_established")["seq"]?.integer)
    for bad: JSON in [61, -1, "1", .null] {
      try socket.send(json: ["type": "set_pace", "maxPerSecond": bad])
      #expect(try socket.expect("error")["code"] == "invalid_pace")
    }
    let began = ContinuousClock.now
    try socket.send(json: ["type": "set_pace", "maxPerSecond": 1])
    try socket.send(json: ["type": "ping"])
    _ = try socket.expect("pong")
    let person = world.person(7)
    var heard = Heard(after: start)
    var booked = 0
    while began.duration(to: .now) < .seconds(3) {
      _ = try person.book(event)
      booked += 1
      pause(milliseconds: 20)
    }
    while heard.last < start + booked { try heard.take(socket.nextJSON()) }
    // However slow everything is: this is what the pace allows, and one that was on its way.
    let seconds = Double(began.duration(to: .now).components.seconds) + 1
    #expect(Double(heard.count) <= seconds + 1 && heard.count < booked, "\(booked) bookings")
    for _ in 0..<3 { _ = try person.book(event) }
    try socket.send(json: ["type": "set_pace", "maxPerSecond": 0])
    while heard.last < start + booked + 3 { try heard.take(socket.nextJSON()) }
    _ = try person.book(event)
    let last = try socket.expect("booking_created")
    #expect(
      last["seq"]?.integer == start + booked + 4 && last["availableSeats"]?.integer == 1_000 - booked - 4)
    let metrics = try world.server.client().request("GET", "/metrics").text
    #expect(metrics.contains("seatcast_subscriptions_paced{"))
  }
}
