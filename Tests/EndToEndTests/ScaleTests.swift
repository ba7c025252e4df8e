// What must hold when there are many: of clients that come back at once, of readers that do not read, of topics, of
// loops with descriptor tables of their own. Sizes are those that a debug build bears; the benchmarks go further.
import Glibc
import TestSupport
import Testing

@Suite("At scale", .timeLimit(.minutes(30)), .serialized)
struct ScaleTests {
  /// Subscribers and what each has heard, as `seq` in order of arrival.
  private final class Audience {
    let crowd = SocketCrowd()
    var greetings: [String]
    var heard: [[Int]]
    private let patience = Duration.seconds(240)

    init(_ size: Int, join: (SocketCrowd, Int) throws -> Void) throws {
      _ = SocketCrowd.raiseDescriptorLimit()
      greetings = [String](repeating: "", count: size)
      heard = [[Int]](repeating: [], count: size)
      for member in 0..<size { try join(crowd, member) }
      try listen { self.greetings.allSatisfy { !$0.isEmpty } }
    }

    func listen(until isDone: () -> Bool) throws {
      try crowd.read(within: patience, until: isDone) { member, incoming in
        guard case .text(let text) = incoming else { return }
        if text.contains("\"connection_established\"") {
          greetings[member] = text
        } else {
          heard[member].append(try JSON(parsing: text).number("seq"))
        }
      }
    }

    func leave() { for member in crowd.members { member.socket.close() } }
  }

  @Test("a storm of returning clients is answered from memory: no command, no read of the notice table")
  func storm() throws {
    let server = try TestServer()
    let event = try server.event(seats: 100)
    let token = server.mint.token(user: 77)
    let path = "/ws/events/\(event)"
    let size = 1_000
    let first = try Audience(size) { crowd, _ in try crowd.join(port: server.port, path: path, token: token) }
    for _ in 0..<5 { try server.person(1).book(event) }
    try first.listen { first.heard.allSatisfy { $0.count == 5 } }
    let epoch = try JSON(parsing: first.greetings[0]).word("epoch")
    first.leave()
    for _ in 0..<3 { try server.person(1).book(event) }
    let before = try (server.metric("seatcast_commands_total"), server.metric("seatcast_recalls_total"))

    let second = try Audience(size) { crowd, _ in
      try crowd.join(port: server.port, path: path + "?since=5&epoch=\(epoch)", token: token)
    }
    try second.listen { second.heard.allSatisfy { $0.count == 3 } }
    #expect(second.heard.allSatisfy { $0 == [6, 7, 8] })
    #expect(second.greetings.allSatisfy { $0.contains("\"recovered\":true") })
    // Loops publish their counters once per tick.
    usleep(500_000)
    // The record of sales is sealed by a command once a second at most, as long as there is something to seal.
    #expect(try server.metric("seatcast_commands_total") - before.0 <= 3)
    #expect(try server.metric("seatcast_recalls_total") == before.1)
    second.leave()
  }

  @Test("hundreds of readers that do not read cost bounded memory and hold up nobody")
  func sleepers() throws {
    let server = try TestServer()
    let event = try server.event(seats: 1_000_000)
    let token = server.mint.token(user: 77)
    let path = "/ws/events/\(event)"
    let readers = try Audience(100) { crowd, _ in try crowd.join(port: server.port, path: path, token: token)
    }
    let sleepers = try (0..<300).map { _ in
      try WebSocketClient(port: server.port, path: path, token: token, receiveBuffer: 2_048)
    }
    for sleeper in sleepers { _ = try sleeper.expect("connection_established") }
    let before = try server.server.residentBytes()
    let (port, mint) = (server.port, server.mint)
    let work = try (0..<8).map { number in
      try BackgroundThread {
        let client = HTTPClient(port: port, token: mint.token(user: 100 + number))
        for _ in 0..<60 { try client.book(event) }
      }
    }
    try readers.listen { readers.heard.allSatisfy { $0.last == 480 } }
    for thread in work { try thread.join() }
    #expect(readers.heard.allSatisfy { $0 == Array(1...480) })
    let grown = try server.server.residentBytes() - before
    #expect(grown < 64 * 1_024 * 1_024, "the server grew by \(grown) bytes")
    // On a slow machine those who read nothing have been given up by now.
    let slow =
      try server.metric("seatcast_connections_blocked") + server.metric("seatcast_stalled_closed_total")
    #expect(slow > 0, "nobody was slow")
    readers.leave()
  }

  @Test("hundreds of events at once: everybody hears of what they watch, and of nothing else")
  func events() throws {
    let server = try TestServer()
    let perSocket = 32
    let events = try (0..<256).map { _ in try server.event(seats: 10) }
    let sockets = try (0..<events.count / perSocket).map { _ in try server.connect() }
    for (number, event) in events.enumerated() {
      let socket = sockets[number / perSocket]
      try socket.send(text: #"{"type":"subscribe_event","eventId":\#(event)}"#)
      #expect(try socket.expect("subscribed").number("eventId") == event)
    }
    let (port, mint) = (server.port, server.mint)
    _ = try concurrently(4) { number in
      let client = HTTPClient(port: port, token: mint.token(user: number + 1))
      for event in events { try client.book(event) }
    }
    for (number, socket) in sockets.enumerated() {
      var seqs: [Int: [Int]] = [:]
      for _ in 0..<perSocket * 4 {
        let notice = try socket.expect("booking_created")
        seqs[try notice.number("eventId"), default: []].append(try notice.number("seq"))
      }
      #expect(seqs.keys.sorted() == Array(events[number * perSocket..<(number + 1) * perSocket]))
      #expect(seqs.values.allSatisfy { $0 == [1, 2, 3, 4] })
    }
  }

  @Test("loops with descriptor tables of their own serve the same, and a stop closes all of them")
  func privateTables() throws {
    var options = ServerOptions()
    options.arguments = ["--loops", "3", "--descriptor-tables", "private"]
    let server = try TestServer(options)
    let event = try server.event(seats: 100)
    let token = server.mint.token(user: 77)
    let path = "/ws/events/\(event)"
    let shared = { names(in: "/proc/\(server.server.process.identifier)/fd").count }
    let before = shared()
    let size = 150
    let audience = try Audience(size) { crowd, _ in
      try crowd.join(port: server.port, path: path, token: token)
    }
    #expect(shared() < before + size / 2, "connections stand in the loops' tables, not in the shared one")
    for _ in 0..<4 { try server.person(1).book(event) }
    try audience.listen { audience.heard.allSatisfy { $0.count == 4 } }
    #expect(audience.heard.allSatisfy { $0 == [1, 2, 3, 4] })
    try eventually("all of them are counted") { try server.metric("seatcast_websockets_open") == size }
    let port = server.port
    #expect(try server.server.terminate() == .exited(0))
    #expect(throws: (any Error).self) { try Socket(port: port) }
    audience.leave()
  }
}
