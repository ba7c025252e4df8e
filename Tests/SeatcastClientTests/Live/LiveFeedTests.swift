import TestSupport
import Testing

// The live feed over lost connections, refused tokens and announced restarts, against a server that follows a script.
@testable import SeatcastClient

@Suite("LiveFeed", .timeLimit(.minutes(30)))
struct LiveFeedTests {
  @Test("A lost connection is opened again from where it was, and nothing comes twice")
  func resumes() async throws {
    let heads = Guarded<[String]>([])
    let server = try ScriptedServer { number, connection in
      guard let head = connection.upgrade() else { return }
      heads.withLock { $0.append(head) }
      if number == 0 {
        connection.frame(Script.greeting(7, seq: 4, seats: 9))
        connection.frame(Script.booked(7, seq: 5, seats: 8))
      } else {
        connection.frame(Script.greeting(7, seq: 5, seats: nil, recovered: true))
        connection.frame(Script.booked(7, seq: 6, seats: 7))
        connection.drain()
      }
    }
    let client = try SeatcastClient(server.url, token: .fixed("t"))
    var seen: [UInt64] = []
    for try await notice in client.event(7).notices {
      #expect(notice.fromSeq == notice.seq)
      seen.append(notice.seq)
      if seen.count == 2 { break }
    }
    #expect(seen == [5, 6])
    let requests = heads.withLock { $0 }
    #expect(requests[0].hasPrefix("GET /ws/events/7 HTTP/1.1\r\n"))
    #expect(requests[0].contains("Authorization: Bearer t\r\n"))
    #expect(requests[1].hasPrefix("GET /ws/events/7?since=5&epoch=e1 HTTP/1.1\r\n"))
  }

  @Test("What is no longer to be had is declared by one notice")
  func catchesUp() async throws {
    let server = try ScriptedServer { number, connection in
      guard connection.upgrade() != nil else { return }
      if number == 0 {
        connection.frame(Script.greeting(7, seq: 1, seats: 9))
        return
      }
      connection.frame(Script.greeting(7, seq: 40, seats: 2, recovered: false))
      connection.drain()
    }
    let client = try SeatcastClient(server.url)
    var iterator = client.event(7).notices.makeAsyncIterator()
    let notice = try #require(try await iterator.next())
    #expect(notice.kind == .caughtUp && notice.fromSeq == 2 && notice.seq == 40)
    #expect(notice.count.availableSeats == 2)
  }

  @Test("A token that ends is replaced: in time by a message, or on the next connection")
  func refreshesTokens() async throws {
    let frames = Guarded<[String]>([])
    let server = try ScriptedServer { number, connection in
      let head = connection.upgrade() ?? ""
      if number == 0 {
        connection.frame(Script.greeting(7, seq: 1, seats: 9))
        connection.frame(#"{"type":"token_expiring","expiresAt":"x","timestamp":"x"}"#)
        if let frame = connection.clientFrame() {
          frames.withLock { $0.append(String(decoding: frame.payload, as: UTF8.self)) }
        }
        connection.closeFrame(4001, "token expired")
        return
      }
      frames.withLock { $0.append(head.contains("Bearer new") ? "new" : head) }
      connection.frame(Script.greeting(7, seq: 1, seats: nil, recovered: true))
      connection.frame(Script.booked(7, seq: 2, seats: 8))
      connection.drain()
    }
    let tokens = TokenProvider { $0 == .usual ? "old" : "new" }
    var iterator = try SeatcastClient(server.url, token: tokens).event(7).notices.makeAsyncIterator()
    #expect(try await iterator.next()?.seq == 2)
    #expect(frames.withLock { $0 } == [#"{"type":"refresh_token","token":"new"}"#, "new"])
  }

  @Test("A pace is asked for on every connection, and what it leaves out is one notice")
  func pace() async throws {
    let frames = Guarded<[String]>([])
    let server = try ScriptedServer { number, connection in
      guard connection.upgrade() != nil else { return }
      if let frame = connection.clientFrame() {
        frames.withLock { $0.append(String(decoding: frame.payload, as: UTF8.self)) }
      }
      guard number > 0 else { return connection.closeFrame(1012, "restart") }
      connection.frame(Script.greeting(7, seq: 1, seats: 9))
      connection.frame(
        #"{"type":"seat_update","eventId":7,"availableSeats":5,"seatCapacity":10,"seq":5,"fromSeq":2,"toSeq":5,"timestamp":"2024-11-11T10:30:00.000Z"}"#
      )
      connection.drain()
    }
    var options = SeatcastClient.Options()
    options.maxPerSecond = 2
    var iterator = try SeatcastClient(server.url, options: options).event(7).notices.makeAsyncIterator()
    let notice = try await iterator.next()
    #expect(notice?.fromSeq == 2 && notice?.seq == 5)
    #expect(
      frames.withLock { $0 } == Array(repeating: #"{"type":"set_pace","maxPerSecond":2}"#, count: 2))
  }

  @Test("A restart is waited out in the slot that the server gave")
  func draining() async throws {
    let server = try ScriptedServer { _, connection in
      guard connection.upgrade() != nil else { return }
      connection.frame(Script.greeting(7, seq: 1, seats: 9))
      connection.frame(#"{"type":"server_draining","reconnectAfterMs":77,"timestamp":"x"}"#)
      connection.closeFrame(1012, "restart")
    }
    let client = try SeatcastClient(server.url)
    let waits = Guarded<[Duration]>([])
    let task = Task {
      try await client.runFeed(of: 7) { told in
        if case .lost(_, let retry) = told { waits.withLock { $0.append(retry) } }
        if case .live(_, _, _, _, _, let at) = told { #expect(abs(at - Network.wallClock) < 60_000) }
      }
    }
    while waits.withLock({ $0.isEmpty }) { try await Task.sleep(for: .milliseconds(10)) }
    task.cancel()
    #expect(waits.withLock { $0.first } == .milliseconds(77))
  }

  @Test(
    "What trying again cannot mend ends the feed",
    arguments: [
      (UInt16(4404), "event not found", ClientError.eventNotFound(7)),
      (1008, "Invalid authentication token", .unauthorized("")),
      (1008, "Event not allowed", .unauthorized("")),
    ])
  func ends(code: UInt16, reason: String, expected: ClientError) async throws {
    let server = try ScriptedServer { _, connection in
      guard connection.upgrade() != nil else { return }
      connection.closeFrame(code, reason)
      connection.drain()
    }
    var iterator = try SeatcastClient(server.url, token: .fixed("t")).event(7).notices.makeAsyncIterator()
    do {
      _ = try await iterator.next()
      Issue.record("the feed goes on")
    } catch let error as ClientError {
      switch (error, expected) {
      case (.unauthorized(let sentence), .unauthorized): #expect(sentence.contains(reason))
      default: #expect(error == expected)
      }
    }
  }

  @Test("A task that is cancelled ends its feed and its connection")
  func cancellation() async throws {
    let ended = Guarded(false)
    let server = try ScriptedServer { _, connection in
      guard connection.upgrade() != nil else { return }
      connection.frame(Script.greeting(7, seq: 1, seats: 9))
      connection.drain()
      ended.withLock { $0 = true }
    }
    let client = try SeatcastClient(server.url)
    let (started, go) = AsyncStream<Void>.makeStream()
    let task = Task {
      for try await snapshot in client.event(7).snapshots {
        #expect(snapshot.isLive && snapshot.count.availableSeats == 9)
        go.yield()
      }
    }
    for await _ in started { break }
    task.cancel()
    try await task.value
    while !ended.withLock({ $0 }) { try await Task.sleep(for: .milliseconds(10)) }
  }
}
