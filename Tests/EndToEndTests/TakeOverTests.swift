// Method: subscribers of both kinds watch an event that is booked all the time, while one process after another takes over;
// nobody is disconnected, and everybody hears each number once or has its skip declared. Then processes are killed in the
// middle of it: nothing that was acknowledged is lost.
import Glibc
import TestSupport
import Testing

@Suite("Take-over", .timeLimit(.minutes(30)), .serialized)
struct TakeOverTests {
  private static let sockets = 150
  private static let streams = 12

  /// People who book with one connection each until they are told to stop.
  private final class Bookers: Sendable {
    private let isOver = Guarded(false)
    private let threads = Guarded<[BackgroundThread<[String]>]>([])
    let reconnects = Guarded(0)

    init(_ count: Int, _ server: TestServer, event: Int) throws {
      let started = try (0..<count).map { number in
        try BackgroundThread { try self.run(server, event, number) }
      }
      threads.withLock { $0 = started }
    }

    /// The bookings that were acknowledged. One that is not answered is asked for again with the same key.
    private func run(_ server: TestServer, _ event: Int, _ number: Int) throws -> [String] {
      var (acknowledged, order): ([String], Int) = ([], 0)
      var client = server.server.client(token: server.mint.token(user: number + 1))
      while !isOver.withLock({ $0 }) {
        let key = "\(number)-\(order)"
        guard let answer = try? client.tryToBook(event, key: key) else {
          reconnects.withLock { $0 += 1 }
          client = server.server.client(token: server.mint.token(user: number + 1))
          pause(milliseconds: 5)
          continue
        }
        if answer.status == 503 { continue }
        guard answer.status == 201 || answer.status == 200 else {
          throw TestFailure("\(answer.status) \(answer.text)")
        }
        acknowledged.append(try answer.json().word("bookingId"))
        order += 1
        pause(milliseconds: 4)
      }
      return acknowledged
    }

    func stop() throws -> [String] {
      isOver.withLock { $0 = true }
      return try threads.withLock { $0 }.flatMap { try $0.join() }
    }
  }

  /// What one subscriber has heard: the number that it expects next.
  private struct Place {
    private(set) var next: Int

    /// Throws when a number is missing or comes again.
    mutating func hear(_ message: JSON) throws {
      switch message["type"]?.string {
      case "connection_established": next = try message.number("seq") + 1
      case "booking_created", "booking_cancelled":
        guard try message.number("seq") == next else {
          throw TestFailure("\(next) was expected: \(message.text)")
        }
        next += 1
      case "seat_update":
        guard try message.number("fromSeq") == next else {
          throw TestFailure("\(next) was expected: \(message.text)")
        }
        next = try message.number("toSeq") + 1
      default: throw TestFailure("an unexpected message: \(message.text)")
      }
    }

    init() { next = 0 }
  }

  @Test("across take-overs in a row, nobody is disconnected and nothing is missed")
  func inARow() throws {
    let server = try TestServer()
    let event = try server.event(seats: 50_000)
    let crowd = SocketCrowd()
    for number in 0..<Self.sockets {
      try crowd.join(
        port: server.port, path: "/ws/events/\(event)", token: server.mint.token(user: 7_000 + number))
    }
    var places = Array(repeating: Place(), count: Self.sockets)
    func read(until isDone: @escaping ([Place]) -> Bool) throws {
      try crowd.read(within: .seconds(120), until: { isDone(places) }) { member, incoming in
        switch incoming {
        case .text(let text): try places[member].hear(JSON(parsing: text))
        case .ping, .pong: break
        default: throw TestFailure("member \(member): \(incoming)")
        }
      }
    }
    try read { $0.allSatisfy { $0.next > 0 } }
    let end = Guarded(Int.max)
    let streams = try (0..<Self.streams).map { _ in
      let client = try EventStreamClient(
        port: server.port, path: "/api/events/\(event)/stream", token: server.mint.token(user: 6_000))
      return try BackgroundThread {
        var place = Place()
        while place.next <= end.withLock({ $0 }) {
          do { try place.hear(JSON(parsing: client.next(within: .seconds(2)).data)) } catch is Silence {}
        }
      }
    }
    let bookers = try Bookers(6, server, event: event)
    for loops in [3, 1, 2] {
      let start = places[0].next
      try read { $0.allSatisfy { $0.next > start + 20 } }
      #expect(try server.server.takeOver(["--loops", String(loops)]) == .exited(0))
    }
    let start = places[0].next
    try read { $0.allSatisfy { $0.next > start + 20 } }
    let acknowledged = try bookers.stop()
    let last = try server.server.client().get("/api/events/\(event)").json().number("seq")
    end.withLock { $0 = last }
    try read { $0.allSatisfy { $0.next == last + 1 } }
    for stream in streams { try stream.join() }
    #expect(crowd.members.allSatisfy { !$0.hasEnded })
    #expect(bookers.reconnects.withLock { $0 } == 0, "keep-alive connections go on, too")
    #expect(try server.loggedBookings(of: event).isSuperset(of: acknowledged))
    #expect(Set(acknowledged).count == acknowledged.count)
    #expect(last == acknowledged.count)
    #expect(try server.server.terminate() == .exited(0))
  }

  @Test("a process that is killed while it takes over costs nothing that was acknowledged")
  func killedHeir() throws {
    let server = try TestServer(ServerOptions(arguments: ["--loops", "2"]))
    let event = try server.event(seats: 50_000)
    let bookers = try Bookers(4, server, event: event)
    for milliseconds in [0, 5, 10, 15, 20, 25, 30, 40, 50, 70, 100] {
      let (socket, _) = try server.watch(event)
      let heir = try server.server.startHeir()
      pause(milliseconds: milliseconds)
      heir.signal(SIGKILL)
      _ = try heir.wait()
      var isServing = false
      try eventually("it serves on, or has ended") {
        isServing = (try? server.server.client().get("/readyz").status) == 200
        return isServing || server.server.process.poll() != nil
      }
      if isServing {
        // As if nothing had happened.
        for _ in 0..<3 { _ = try socket.expect("booking_created") }
      } else {
        #expect(server.server.process.poll() == .exited(0))
        try server.server.restart(samePort: true)
      }
      socket.drop()
    }
    let acknowledged = try bookers.stop()
    #expect(try server.loggedBookings(of: event).isSuperset(of: acknowledged))
    #expect(try server.server.takeOver() == .exited(0))
  }

  @Test(
    "a server that is killed while it hands over leaves everything to the other, and nothing acknowledged is lost"
  )
  func killedHost() throws {
    let server = try TestServer(ServerOptions(arguments: ["--loops", "2"]))
    let event = try server.event(seats: 50_000)
    let bookers = try Bookers(4, server, event: event)
    for milliseconds in [30, 40, 50, 60, 70, 80, 100, 130] {
      let heir = try server.server.startHeir()
      pause(milliseconds: milliseconds)
      let isOver = server.server.process.poll() != nil
      server.server.process.signal(SIGKILL)
      _ = try server.server.process.wait()
      do {
        try server.server.follow(heir)
      } catch {
        // It had not got the listeners yet, or nothing at all.
        #expect(!isOver)
        _ = try heir.wait()
        try server.server.restart(samePort: true)
      }
      #expect(try server.server.client().get("/readyz").status == 200)
    }
    let acknowledged = try bookers.stop()
    #expect(try server.loggedBookings(of: event).isSuperset(of: acknowledged))
  }

  @Test("a process for another data folder is refused, and the server serves on")
  func otherFolder() throws {
    let (server, other) = (try TestServer(), try TemporaryFolder())
    let heir = try run(
      ServerProcess.executable(),
      ServerProcess.words(
        ServerOptions(arguments: ["--take-over", server.server.folder.path + "/take-over.sock"]),
        folder: other.path, port: server.port),
      environment: ServerProcess.environment(ServerOptions()))
    #expect(heir.status == .exited(1))
    #expect(heir.error.contains("The running server has another data folder."))
    #expect(try server.server.client().get("/readyz").status == 200)
  }
}
