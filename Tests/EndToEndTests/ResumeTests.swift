// Coming back: a subscriber that names the last seq it has gets exactly what it missed, by WebSocket and by
// event stream, also when the server was restarted or killed in between.
import TestSupport
import Testing

@Suite("Resume", .timeLimit(.minutes(30)))
struct ResumeTests {
  /// Books `count` seats one by one.
  private func book(_ server: TestServer, _ event: Int, _ count: Int) throws {
    let client = server.person(1)
    for _ in 0..<count { try client.book(event) }
  }

  /// Expects the notices `from` to `through` in order with counts that agree, then nothing before a pong.
  private func expectNotices(
    _ socket: WebSocketClient, _ from: Int, _ through: Int, seats: Int
  ) throws {
    for seq in stride(from: from, through: through, by: 1) {
      let notice = try socket.expect("booking_created")
      #expect(try notice.number("seq") == seq)
      #expect(try notice.number("availableSeats") == seats - seq)
    }
    try socket.send(json: ["type": "ping"])
    _ = try socket.expect("pong")
  }

  @Test("with since and epoch exactly the missed notices follow, in order")
  func missed() throws {
    let server = try TestServer()
    let event = try server.event(seats: 50)
    let (first, greeting) = try server.watch(event)
    #expect(try greeting.number("seq") == 0)
    #expect(try greeting.number("availableSeats") == 50)
    #expect(try greeting.number("seatCapacity") == 50)
    #expect(greeting["recovered"] == nil)
    let epoch = try greeting.word("epoch")
    try book(server, event, 3)
    try expectNotices(first, 1, 3, seats: 50)
    first.drop()
    try book(server, event, 6)
    let (second, resumed) = try server.watch(event, query: "?since=3&epoch=\(epoch)")
    #expect(resumed["recovered"]?.bool == true)
    try expectNotices(second, 4, 9, seats: 50)
    let (third, nothing) = try server.watch(event, query: "?since=9&epoch=\(epoch)")
    #expect(nothing["recovered"]?.bool == true)
    try expectNotices(third, 10, 9, seats: 50)
  }

  @Test("a subscription by message resumes in the same way")
  func byMessage() throws {
    let server = try TestServer()
    let event = try server.event(seats: 50)
    let epoch = try server.watch(event).greeting.word("epoch")
    try book(server, event, 4)
    let socket = try server.connect()
    try socket.send(
      json: ["type": "subscribe_event", "eventId": .integer(event), "since": 2, "epoch": .string(epoch)])
    #expect(try socket.expect("subscribed")["recovered"]?.bool == true)
    try expectNotices(socket, 3, 4, seats: 50)
  }

  @Test("another epoch, none, or a seq of the future gives the snapshot with recovered false")
  func impossible() throws {
    let server = try TestServer()
    let event = try server.event(seats: 50)
    let epoch = try server.watch(event).greeting.word("epoch")
    try book(server, event, 4)
    for query in ["?since=2&epoch=other", "?since=2", "?since=5000&epoch=\(epoch)"] {
      let (socket, greeting) = try server.watch(event, query: query)
      #expect(greeting["recovered"]?.bool == false, "\(query)")
      #expect(try greeting.number("seq") == 4, "\(query)")
      #expect(try greeting.number("availableSeats") == 46, "\(query)")
      try expectNotices(socket, 5, 4, seats: 50)
    }
  }

  @Test("a restart and a kill lose nothing: the epoch stays and the missed notices follow")
  func restart() throws {
    let server = try TestServer()
    let event = try server.event(seats: 50)
    let epoch = try server.watch(event).greeting.word("epoch")
    try book(server, event, 3)
    #expect(try server.server.terminate() == .exited(0))
    try server.server.restart()
    let (afterStop, stopped) = try server.watch(event, query: "?since=1&epoch=\(epoch)")
    #expect(stopped["recovered"]?.bool == true)
    #expect(try stopped.word("epoch") == epoch)
    try expectNotices(afterStop, 2, 3, seats: 50)
    try book(server, event, 3)
    try server.server.kill9()
    try server.server.restart()
    let (afterKill, killed) = try server.watch(event, query: "?since=2&epoch=\(epoch)")
    #expect(killed["recovered"]?.bool == true)
    try expectNotices(afterKill, 3, 6, seats: 50)
  }

  @Test("more than the ring holds comes from the notice table; more than a resume allows is a snapshot")
  func farBehind() throws {
    let server = try TestServer()
    let event = try server.event(seats: 5_000, ["maxPerUser": 0])
    let (_, greeting) = try server.watch(event)
    let epoch = try greeting.word("epoch")
    let clients = 8
    let each = 150
    let (port, mint) = (server.port, server.mint)
    _ = try concurrently(clients) { number in
      let client = HTTPClient(port: port, token: mint.token(user: number + 1))
      for _ in 0..<each { try client.book(event) }
    }
    let total = clients * each
    let (near, recovered) = try server.watch(event, query: "?since=\(total - 900)&epoch=\(epoch)")
    #expect(recovered["recovered"]?.bool == true)
    try expectNotices(near, total - 899, total, seats: 5_000)
    let (far, snapshot) = try server.watch(event, query: "?since=1&epoch=\(epoch)")
    #expect(snapshot["recovered"]?.bool == false)
    #expect(try snapshot.number("seq") == total)
    #expect(try snapshot.number("availableSeats") == 5_000 - total)
    try expectNotices(far, total + 1, total, seats: 5_000)
  }

  @Test("an event stream carries the same notices with epoch and seq as id, and Last-Event-ID resumes")
  func eventStream() throws {
    let server = try TestServer()
    let event = try server.event(seats: 50)
    let token = server.mint.token(user: 5)
    let path = "/api/events/\(event)/stream"
    let stream = try EventStreamClient(port: server.port, path: path, token: token)
    #expect(stream.answer.status == 200)
    #expect(stream.answer.field("Content-Type")?.hasPrefix("text/event-stream") == true)
    let greeting = try stream.next()
    let epoch = try JSON(parsing: greeting.data).word("epoch")
    #expect(greeting.id == "\(epoch).0")
    #expect(try JSON(parsing: greeting.data).number("availableSeats") == 50)
    try book(server, event, 3)
    try expectEvents(stream, 1, 3, seats: 50, epoch: epoch)
    stream.close()
    try book(server, event, 2)
    let again = try EventStreamClient(port: server.port, path: path, token: token, lastEventID: "\(epoch).3")
    try expectEvents(again, 4, 5, seats: 50, epoch: epoch)
    try book(server, event, 1)
    try expectEvents(again, 6, 6, seats: 50, epoch: epoch)
    try server.server.kill9()
    try server.server.restart()
    let late = try EventStreamClient(port: server.port, path: path, token: token, lastEventID: "\(epoch).2")
    try expectEvents(late, 3, 6, seats: 50, epoch: epoch)
    // A position of another database.
    let stray = try EventStreamClient(port: server.port, path: path, token: token, lastEventID: "other.2")
    let snapshot = try JSON(parsing: stray.next().data)
    #expect(snapshot["recovered"]?.bool == false)
    #expect(try snapshot.number("seq") == 6)
  }

  @Test("an event stream ends with its token, and says so")
  func eventStreamExpires() throws {
    let server = try TestServer()
    let event = try server.event(seats: 50)
    let token = server.mint.token(user: 5, lifetime: 3)
    let stream = try EventStreamClient(
      port: server.port, path: "/api/events/\(event)/stream", token: token)
    _ = try stream.next()
    let end = try stream.next()
    #expect(end.name == "end")
    #expect(end.data == "token expired")
    #expect(throws: TestFailure.self) { _ = try stream.next() }
  }

  /// Expects these notices as events, after a greeting or not.
  private func expectEvents(
    _ stream: EventStreamClient, _ from: Int, _ through: Int, seats: Int, epoch: String
  ) throws {
    var seq = from
    while seq <= through {
      let event = try stream.next()
      let notice = try JSON(parsing: event.data)
      guard notice["type"]?.string == "booking_created" else {
        #expect(seq == from, "\(event.data) between notices")
        continue
      }
      #expect(event.id == "\(epoch).\(seq)")
      #expect(try notice.number("seq") == seq)
      #expect(try notice.number("availableSeats") == seats - seq)
      seq += 1
    }
  }
}
