// The Swift client library against the real server: over TLS, over a restart, and the program of docs/guides.
import Glibc
import SeatcastClient
import TestSupport
import Testing

@Suite("Swift client", .timeLimit(.minutes(10)))
struct SwiftClientTests {
  @Test("The guide's program watches, books and gives back; the guide shows that very program")
  func guide() throws {
    let folder = SourceTree.root + "/docs/guides"
    let program = String(decoding: contents(of: folder + "/swift-client/main.swift") ?? [], as: UTF8.self)
    let guide = String(decoding: contents(of: folder + "/SWIFT_CLIENT.md") ?? [], as: UTF8.self)
    #expect(guide.contains("```swift\n\(program)```"))

    let server = try TestServer()
    let event = try server.event(seats: 10)
    let executable = try ServerProcess.executable().split(separator: "/").dropLast().joined(separator: "/")
    let ran = try run(
      "/\(executable)/swift-client-example",
      [
        "http://127.0.0.1:\(server.port)", String(event), ServerProcess.adminEmail,
        ServerProcess.adminPassword,
      ])
    #expect(ran.status == .exited(0), "\(ran.error)")
    #expect(
      ran.output.split(separator: "\n").dropFirst() == [
        "10 seats left", "booked 2 seats", "8 seats left", "cancelled",
      ])
  }

  @Test("Over TLS the certificate must be trusted and name the host")
  func tls() async throws {
    var options = ServerOptions()
    let certificates = SourceTree.root + "/Tests/Certificates/localhost-test-"
    options.arguments = [
      "--tls-cert", certificates + "certificate.pem", "--tls-key", certificates + "key.pem",
    ]
    let server = try ServerProcess(options)
    var trusting = SeatcastClient.Options()
    trusting.authorities = certificates + "certificate.pem"
    // All tests of a machine may run at once.
    trusting.timeout = .seconds(120)
    var patient = SeatcastClient.Options()
    patient.timeout = trusting.timeout
    let client = try SeatcastClient("https://localhost:\(server.port)", options: trusting)
    let session = try await client.logIn(
      email: ServerProcess.adminEmail, password: ServerProcess.adminPassword)
    #expect(session.role == "admin")
    var snapshots = client.event(99).snapshots.makeAsyncIterator()
    await #expect(throws: ClientError.eventNotFound(99)) { try await snapshots.next() }

    let strangers = try SeatcastClient("https://localhost:\(server.port)", options: patient)
    await Self.expectUntrusted { try await strangers.event(1).details() }
    #expect(try await SeatcastClient("https://127.0.0.1:\(server.port)", options: trusting).reachesEvents())
    // Another name for the same address, which the certificate does not have.
    await Self.expectUntrusted {
      try await SeatcastClient("https://127.1:\(server.port)", options: trusting).event(1).details()
    }
  }

  private static func expectUntrusted(_ body: () async throws -> EventDetails) async {
    do {
      _ = try await body()
      Issue.record("the certificate was accepted")
    } catch ClientError.tls(let sentence) {
      #expect(sentence.contains("failed: "))
    } catch {
      Issue.record("\(error)")
    }
  }

  @Test("A feed goes on over a restart of the server, without a gap")
  func restart() async throws {
    let server = try TestServer()
    let event = try server.event(seats: 100)
    let token = server.mint.token(user: 5)
    let client = try SeatcastClient("http://127.0.0.1:\(server.port)", token: .fixed(token))
    var notices = client.event(event).notices.makeAsyncIterator()
    try await eventuallySubscribed(server, event)
    #expect(try await client.event(event).book(3).availableSeats == 97)
    #expect(try await notices.next()?.count.availableSeats == 97)
    server.server.process.signal(SIGTERM)
    #expect(try server.server.process.wait() == .exited(0))
    try server.server.restart(samePort: true)
    let booking = try await client.event(event).book(1, hold: true)
    #expect(try await client.confirm(booking.bookingID).status == "confirmed")
    let second = try #require(try await notices.next())
    #expect(second.count.availableSeats == 96 && second.bookingID == booking.bookingID)
    #expect(second.fromSeq == second.seq)
  }

  private func eventuallySubscribed(_ server: TestServer, _ event: Int) async throws {
    while try server.metric("seatcast_subscriptions") == 0 { try await Task.sleep(for: .milliseconds(20)) }
  }
}

extension SeatcastClient {
  /// Whether the server answers, be it that there is no such event.
  fileprivate func reachesEvents() async throws -> Bool {
    do {
      return try await event(99).details().id == 99
    } catch ClientError.refused(let problem) {
      return problem.kind == "unknown-event"
    }
  }
}
