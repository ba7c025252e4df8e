import TestSupport
import Testing

@testable import SeatcastClient

@Suite("HTTPPool", .timeLimit(.minutes(30)))
struct HTTPPoolTests {
  private func pool(_ server: ScriptedServer, patience: Duration = .seconds(30)) throws -> HTTPPool {
    HTTPPool(try ServerAddress(server.url), network: try Network(), tls: nil, patience: patience)
  }

  @Test("A connection is kept for the next request")
  func keeps() async throws {
    let server = try ScriptedServer { _, connection in
      while connection.head() != nil { connection.answer(200, "hi") }
    }
    let pool = try pool(server)
    for _ in 0..<3 { #expect(try await pool.perform(HTTPCall("GET", "/")).body == Array("hi".utf8)) }
    #expect(server.accepted.withLock { $0 } == 1)
  }

  @Test("A request over a kept connection that was closed is sent again, unless it does harm twice")
  func repeats() async throws {
    let server = try ScriptedServer { _, connection in
      _ = connection.head()
      connection.answer(200, "hi")
    }
    let pool = try pool(server)
    #expect(try await pool.perform(HTTPCall("GET", "/")).status == 200)
    #expect(try await pool.perform(HTTPCall("GET", "/")).status == 200)
    await #expect(throws: ClientError.self) { try await pool.perform(HTTPCall("POST", "/")) }
  }

  @Test("A server that says nothing is given up")
  func silence() async throws {
    let server = try ScriptedServer { _, connection in connection.drain() }
    await #expect(throws: ClientError.connection("The server did not answer in time.")) {
      try await pool(server, patience: .milliseconds(200)).perform(HTTPCall("GET", "/"))
    }
  }
}
