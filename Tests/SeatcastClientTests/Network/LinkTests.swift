import TestSupport
import Testing

@testable import SeatcastClient

@Suite("Link", .timeLimit(.minutes(30)))
struct LinkTests {
  @Test("What a peer does not take is bounded, and then refused in words")
  func bounds() async throws {
    let server = try ScriptedServer { _, connection in
      while !connection.bytes(1).isEmpty { pause(milliseconds: 50) }
    }
    let network = try Network()
    let link = try await network.open(ServerAddress(server.url), tls: nil, within: .seconds(20))
    let piece = [UInt8](repeating: 1, count: Link.outputLimit / 2)
    await #expect(throws: ClientError.connection("The server takes nothing any more.")) {
      for _ in 0..<200 { try await network.send(piece, on: link) }
    }
    await network.close(link)
    await #expect(throws: ClientError.connection("The connection is closed.")) {
      try await network.send(piece, on: link)
    }
  }
}
