// Method: ten thousand subscribers of one event in this process, one server in another; first one booking,
// then hundreds while one of the subscribers never reads. Counts are exact; nothing is timed.
import TestSupport
import Testing

@Suite("A crowd", .timeLimit(.minutes(30)), .serialized)
struct CrowdTests {
  /// What the members have heard of bookings, by member.
  private final class Ears {
    var greeted = 0
    var last: [Int]
    var faults: [String] = []
    init(_ count: Int) { last = [Int](repeating: 0, count: count) }

    /// A notice must follow the one before, or declare from where to where it stands for others.
    func hear(_ member: Int, _ incoming: Incoming) throws {
      if case .close(let code, let reason) = incoming {
        faults.append("member \(member) was closed with \(code ?? 0) \(reason) at \(last[member])")
      }
      guard case .text(let text) = incoming else { return }
      if text.contains("\"connection_established\"") {
        greeted += 1
        return
      }
      let notice = try JSON(parsing: text)
      let seq = try notice.number("seq")
      let from = notice["fromSeq"]?.integer ?? seq
      if from != last[member] + 1 || (notice["toSeq"]?.integer ?? seq) != seq {
        faults.append("member \(member) heard \(text) after \(last[member])")
      }
      last[member] = seq
    }
  }

  @Test("ten thousand subscribers of one event all get one booking")
  func tenThousand() throws {
    let limit = SocketCrowd.raiseDescriptorLimit()
    let size = min(10_000, limit - 500)
    if size < 10_000 { print("descriptor limit \(limit): the crowd has \(size) members instead of 10,000") }
    let server = try TestServer()
    let event = try server.event(seats: 5)
    let crowd = SocketCrowd()
    let ears = Ears(size)
    let token = server.mint.token(user: 77)
    while crowd.members.count < size {
      let wave = min(250, size - crowd.members.count)
      for _ in 0..<wave { try crowd.join(port: server.port, path: "/ws/events/\(event)", token: token) }
      let expected = crowd.members.count
      try crowd.read(within: .seconds(120), until: { ears.greeted == expected }, ears.hear)
    }
    let booking = try server.person(1).book(event)
    #expect(try booking.number("seq") == 1)
    try crowd.read(within: .seconds(120), until: { ears.last.allSatisfy { $0 == 1 } }, ears.hear)
    #expect(ears.faults.isEmpty, "\(ears.faults.prefix(3))")
    #expect(!crowd.members.contains { $0.hasEnded })
  }

  @Test("one subscriber that never reads costs bounded memory and holds up nobody")
  func sleeper() throws {
    _ = SocketCrowd.raiseDescriptorLimit()
    let server = try TestServer()
    let event = try server.event(seats: 1_000_000)
    let token = server.mint.token(user: 77)
    let size = 50
    let crowd = SocketCrowd()
    let ears = Ears(size)
    for _ in 0..<size { try crowd.join(port: server.port, path: "/ws/events/\(event)", token: token) }
    try crowd.read(within: .seconds(60), until: { ears.greeted == size }, ears.hear)
    let sleeper = try WebSocketClient(
      port: server.port, path: "/ws/events/\(event)", token: token, receiveBuffer: 2_048)
    _ = try sleeper.expect("connection_established")

    // More bytes than the kernel holds for the sleeper, whose buffer and segments are tiny.
    let each = 120
    let bookers = 8
    let total = each * bookers
    let before = try server.server.residentBytes()
    let (port, mint) = (server.port, server.mint)
    let work = try (0..<bookers).map { number in
      try BackgroundThread {
        let client = HTTPClient(port: port, token: mint.token(user: 100 + number))
        for _ in 0..<each { try client.book(event) }
      }
    }
    try crowd.read(within: .seconds(240), until: { ears.last.allSatisfy { $0 == total } }, ears.hear)
    for thread in work { try thread.join() }
    #expect(ears.faults.isEmpty, "\(ears.faults.prefix(3))")
    #expect(!crowd.members.contains { $0.hasEnded })
    let grown = try server.server.residentBytes() - before
    #expect(grown < 64 * 1_024 * 1_024, "the server grew by \(grown) bytes")
    try expectConvergence(of: sleeper, to: total)
  }

  /// The sleeper wakes: what it reads is in order, each skip is declared, and it ends at the last seq, or it
  /// has been closed with 1013.
  private func expectConvergence(of sleeper: WebSocketClient, to total: Int) throws {
    var last = 0
    var skips = 0
    defer { #expect(skips > 0 || last < total, "the sleeper was not behind at all") }
    while last < total {
      let incoming: Incoming
      do {
        incoming = try sleeper.next(within: .seconds(60))
      } catch is ConnectionEnded {
        return
      }
      switch incoming {
      case .close(let code, _):
        #expect(code == 1013)
        return
      case .text(let text):
        let notice = try JSON(parsing: text)
        let seq = try notice.number("seq")
        #expect(notice["fromSeq"]?.integer ?? seq == last + 1, "\(text) after \(last)")
        #expect(try notice.number("availableSeats") == 1_000_000 - seq)
        skips += seq > last + 1 ? 1 : 0
        last = seq
      default: continue
      }
    }
  }
}
