// `--viewer-counts on`: whoever watches an event is told how many do, over all loops and ways of watching, at most once a
// second and only when it has changed; and `pong` tells how far a connection was sent each of its events.
import TestSupport
import Testing

@Suite("Viewers and positions", .timeLimit(.minutes(30)))
struct ViewerCountTests {
  private func server() throws -> TestServer {
    var options = ServerOptions()
    options.arguments = ["--viewer-counts", "on", "--watch", "public", "--loops", "2"]
    return try TestServer(options)
  }

  /// Reads over everything until the count of `event` is `viewers`; how many counts came.
  @discardableResult
  private func hear(_ viewers: Int, of event: Int, _ socket: WebSocketClient) throws -> Int {
    var counts = 0
    while true {
      let message = try socket.nextJSON()
      guard message["type"]?.string == "viewers", try message.number("eventId") == event else { continue }
      counts += 1
      if try message.number("viewers") == viewers { return counts }
    }
  }

  @Test("loops, tokens, anonymous viewers and event streams are summed, and everybody converges")
  func sums() throws {
    let server = try server()
    let (event, other) = (try server.event(seats: 5), try server.event(seats: 5))
    let members = try (0..<5).map { try server.watch(event, user: 10 + $0).0 }
    let anonymous = try WebSocketClient(port: server.port, path: "/ws/events/\(event)")
    let stream = try EventStreamClient(port: server.port, path: "/api/events/\(event)/stream", token: nil)
    let (elsewhere, _) = try server.watch(other)
    for socket in members + [anonymous] { try hear(7, of: event, socket) }
    try hear(1, of: other, elsewhere)
    var heard = ""
    while !heard.contains(#""viewers":7"#) { heard = try stream.next().data }
    #expect(heard == #"{"type":"viewers","eventId":\#(event),"viewers":7}"#)
    // Two subscriptions of one connection to one event are one.
    try elsewhere.send(json: ["type": "subscribe_event", "eventId": .integer(event)])
    try elsewhere.send(json: ["type": "subscribe_event", "eventId": .integer(event)])
    try hear(8, of: event, members[0])
    members[1].drop()
    try members[2].send(json: ["type": "unsubscribe_event", "eventId": .integer(event)])
    try hear(6, of: event, members[0])
    stream.close()
    try hear(5, of: event, members[0])
  }

  @Test("while nothing changes nothing is said, and a burst is one message a second")
  func rate() throws {
    let server = try server()
    let event = try server.event(seats: 5)
    let (socket, _) = try server.watch(event)
    try hear(1, of: event, socket)
    let crowd = try (0..<40).map { try server.watch(event, user: 100 + $0).0 }
    // They came within a few seconds on a busy machine: far fewer messages than changes.
    #expect(try hear(41, of: event, socket) < 30)
    #expect(throws: Silence.self) { _ = try socket.nextJSON(within: .milliseconds(2_500)) }
    crowd.forEach { $0.drop() }
    try hear(1, of: event, socket)
  }

  @Test("without the flag nobody is told")
  func off() throws {
    let server = try TestServer()
    let event = try server.event(seats: 5)
    let (socket, _) = try server.watch(event)
    #expect(throws: Silence.self) { _ = try socket.nextJSON(within: .milliseconds(2_500)) }
  }

  @Test("a pong has the last seq that the connection was sent of each event it is subscribed to")
  func positions() throws {
    let server = try TestServer()
    let events = try (0..<2).map { _ in try server.event(seats: 5) }
    let socket = try server.connect()
    func positions() throws -> [[Int]] {
      try socket.send(json: ["type": "ping"])
      let pong = try socket.expect("pong")
      return try (pong["positions"]?.array ?? []).map { [try $0.number("eventId"), try $0.number("seq")] }
    }
    #expect(try positions() == [])
    for event in events {
      try socket.send(json: ["type": "subscribe_event", "eventId": .integer(event)])
      _ = try socket.expect("subscribed")
    }
    #expect(try positions() == [[events[0], 0], [events[1], 0]])
    for seq in 1...3 {
      try server.person(1).book(events[1])
      #expect(try socket.expect("booking_created").number("seq") == seq)
      #expect(try positions() == [[events[0], 0], [events[1], seq]])
    }
    try socket.send(json: ["type": "unsubscribe_event", "eventId": .integer(events[0])])
    _ = try socket.expect("unsubscribed")
    #expect(try positions() == [[events[1], 3]])
  }
}
