import TestSupport
import Testing

@testable import SeatcastClient

@Suite("Network", .timeLimit(.minutes(30)))
struct NetworkTests {
  @Test("Bytes go both ways, also many, and the end is told")
  func echoes() async throws {
    let server = try ScriptedServer { _, connection in connection.send(connection.bytes(600_000)) }
    let network = try Network()
    let link = try await network.open(ServerAddress(server.url), tls: nil, within: .seconds(20))
    let sent = (0..<600_000).map { UInt8(truncatingIfNeeded: $0) }
    try await network.send(sent, on: link)
    var received: [UInt8] = []
    while received.count < sent.count {
      let arrival = try await network.receive(link, within: .seconds(20))
      #expect(abs(arrival.at - Network.wallClock) < 60_000)
      received += arrival.bytes
    }
    #expect(received == sent)
    await #expect(throws: ClientError.connection("The server closed the connection.")) {
      try await network.receive(link, within: .seconds(20))
    }
  }

  @Test("A port that nobody listens at, and a host that does not exist, are told")
  func unreachable() async throws {
    let port = try ScriptedServer { _, _ in }.port
    let network = try Network()
    await #expect(throws: ClientError.self) {
      try await network.open(ServerAddress("http://127.0.0.1:\(port)"), tls: nil, within: .seconds(20))
    }
    await #expect(throws: ClientError.self) {
      try await network.open(ServerAddress("http://host.invalid"), tls: nil, within: .seconds(20))
    }
  }

  @Test("Whoever waits is freed by cancellation, and the connection closed")
  func cancellation() async throws {
    let ended = Guarded(false)
    let server = try ScriptedServer { _, connection in
      connection.drain()
      ended.withLock { $0 = true }
    }
    let network = try Network()
    let link = try await network.open(ServerAddress(server.url), tls: nil, within: .seconds(20))
    let task = Task { try await network.receive(link, within: nil) }
    try await Task.sleep(for: .milliseconds(50))
    task.cancel()
    await #expect(throws: CancellationError.self) { try await task.value }
    while !ended.withLock({ $0 }) { try await Task.sleep(for: .milliseconds(10)) }
  }

  @Test("A whole millisecond is the least that a wait takes")
  func milliseconds() {
    #expect(Duration.microseconds(1).wholeMilliseconds == 1 && Duration.seconds(2).wholeMilliseconds == 2_000)
  }
}
