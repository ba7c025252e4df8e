import TestSupport
import Testing

@testable import SeatcastClient

@Suite("SeatcastClient", .timeLimit(.minutes(30)))
struct SeatcastClientTests {
  private static let booking =
    #"{"bookingId":"BK-1","eventId":7,"userId":3,"quantity":2,"status":"confirmed","createdAt":"x"}"#

  @Test("A booking is asked for again under the same key when the server is busy or the connection breaks")
  func retries() async throws {
    let keys = Guarded<[String]>([])
    let server = try ScriptedServer { number, connection in
      guard let head = connection.head() else { return }
      keys.withLock {
        $0 += head.split(separator: "\r\n").filter { $0.hasPrefix("Idempotency-Key") }.map(String.init)
      }
      switch number {
      case 0: break
      case 1: connection.answer(503, "", fields: "Retry-After: 0\r\n")
      default: connection.answer(201, Self.booking)
      }
    }
    let client = try SeatcastClient(server.url, token: .fixed("t"))
    #expect(try await client.event(7).book(2).quantity == 2)
    let sent = keys.withLock { $0 }
    #expect(sent.count == 3 && Set(sent).count == 1)
  }

  @Test("A refusal is thrown at once, with what the server says")
  func refusals() async throws {
    let server = try ScriptedServer { _, connection in
      while connection.head() != nil {
        connection.answer(
          409, #"{"type":"urn:seatcast:problem:sold-out","title":"Sold out","detail":"None left."}"#)
      }
    }
    let client = try SeatcastClient(server.url)
    do {
      _ = try await client.event(7).book()
      Issue.record("booked")
    } catch let error as ClientError {
      guard case .refused(let problem) = error else { throw error }
      #expect(problem.kind == "sold-out")
    }
    #expect(server.accepted.withLock { $0 } == 1)
  }

  @Test("A refused token is replaced once, and a log-in's token is used from then on")
  func tokens() async throws {
    let seen = Guarded<[String]>([])
    let server = try ScriptedServer { _, connection in
      while let head = connection.head() {
        let token =
          head.split(separator: "\r\n").first { $0.hasPrefix("Authorization") }.map(String.init) ?? "none"
        seen.withLock { $0.append(token) }
        if head.contains("/api/auth/login") {
          let length = head.split(separator: "\r\n").first { $0.hasPrefix("Content-Length: ") }
          _ = connection.bytes(Int(length?.dropFirst(16) ?? "") ?? 0)
          connection.answer(200, #"{"user":{"id":3,"name":"N","role":"user"},"token":"own","expiresAt":"x"}"#)
        } else if token.hasSuffix("old") {
          connection.answer(401, "")
        } else {
          connection.answer(200, Self.booking)
        }
      }
    }
    let client = try SeatcastClient(server.url, token: TokenProvider { $0 == .usual ? "old" : "new" })
    #expect(try await client.confirm("BK-1").bookingID == "BK-1")
    try await client.logIn(email: "e", password: "p")
    #expect(try await client.cancel("BK-1").bookingID == "BK-1")
    #expect(
      seen.withLock { $0 } == [
        "Authorization: Bearer old", "Authorization: Bearer new", "none", "Authorization: Bearer own",
      ])
  }

  @Test("An id that is no booking's is refused before it is sent")
  func ids() async throws {
    let client = try SeatcastClient("http://127.0.0.1:1")
    await #expect(throws: ClientError.protocolViolation("'a/../b' is not the id of a booking.")) {
      try await client.cancel("a/../b")
    }
  }
}
