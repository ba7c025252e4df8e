// The Swift client library against the real server: over TLS, over a restart, and the program of docs/guides.
import Glibc
import SeatcastClient
import TestSupport
import Testing

@Suite("Swift client", .timeLimit(.minutes(30)))
struct SwiftClientTests {
  @Test("The guide's program watches, books and gives back; the guide shows that very program")
  func guide() throws {
    let folder = SourceTree.root + "/docs/guides"
    let program = String(decoding: contents(of: folder + "/swift-client/main.swift") ?? [], as: UTF8.self)
    let guide = String(decoding: contents(of: folder + "/SWIFT_CLIENT.md") ?? [], as: UTF8.self)
    #expect(guide.contains("```swift\n\(program)```"))

    let server = try TestServer()
    let event = try server.event(seats: 10)
    let ran = try run(
      Self.example(),
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

  // In processes of their own: the asynchronous tests of one process wait for threads that others hold, and a client of a
  // server has deadlines.
  @Test("Over TLS the certificate must be trusted and name the host")
  func tls() throws {
    var options = ServerOptions()
    let certificates = SourceTree.root + "/Tests/Certificates/localhost-test-"
    options.arguments = [
      "--tls-cert", certificates + "certificate.pem", "--tls-key", certificates + "key.pem",
    ]
    let server = try ServerProcess(options)
    let words = ["--name", "Night", "--seats", "10", "--data", server.folder.path, "--json"]
    let made = try run(ServerProcess.executable(), ["event", "create"] + words)
    let event = try JSON(parsing: Array(made.output.utf8)).number("id")
    let trusting = ["SSL_CERT_FILE": certificates + "certificate.pem", "SWIFT_BACKTRACE": "enable=no"]
    func book(_ host: String, _ environment: [String: String]) throws -> (
      isDone: Bool, output: String, error: String
    ) {
      let account = [ServerProcess.adminEmail, ServerProcess.adminPassword]
      let ran = try run(
        Self.example(), ["https://\(host):\(server.port)", String(event)] + account, environment: environment)
      return (ran.status == .exited(0), ran.output, ran.error)
    }

    for host in ["localhost", "127.0.0.1"] {
      let (isDone, output, error) = try book(host, trusting)
      #expect(isDone && output.contains("8 seats left\ncancelled\n"), "\(host): \(error)")
    }
    var strange = trusting
    strange["SSL_CERT_FILE"] =
      certificates.replacing("localhost-test", with: "other-test") + "certificate.pem"
    // 127.1 is another name for the same address, which the certificate does not have.
    for (host, environment) in [("localhost", strange), ("127.1", trusting)] {
      let (isDone, output, error) = try book(host, environment)
      #expect(!isDone && output.isEmpty && error.contains("failed: "), "\(host): \(error)")
    }
  }

  private static func example() throws -> String {
    let folder = try ServerProcess.executable().split(separator: "/").dropLast().joined(separator: "/")
    return "/\(folder)/swift-client-example"
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
