import ControlPlane
import TestSupport
import Testing

@testable import seatcast

@Suite("Assembly")
struct AssemblyTests {
  private let folder: TemporaryFolder
  private let log = Log(format: .json, output: LinesKept(), now: { 0 })

  init() throws { folder = try TemporaryFolder() }

  private func configuration(port: Int = 0, data: String? = nil) throws -> ServeConfiguration {
    let flags: [Setting: String] = [
      .port: String(port), .data: data ?? folder.path + "/data", .loops: "1", .passwordCost: "insecure-test",
    ]
    return try ServeConfiguration(Settings(flags: flags, environment: [:], table: .serve))
  }

  private func assembly(port: Int = 0, data: String? = nil) throws -> Assembly {
    try Assembly(configuration(port: port, data: data), secrets: TokenSecrets(), log: log)
  }

  @Test("Joined together, the planes serve the page, health, metrics and the API, and stop")
  func serves() throws {
    let assembly = try assembly()
    let port = try assembly.start()
    #expect(port > 0)
    let client = HTTPClient(port: port)
    #expect(try client.get("/").status == 200)
    #expect(try client.get("/readyz").status == 200)
    #expect(try client.get("/api/events").status == 200)
    #expect(try client.get("/nowhere").status == 404)
    let metrics = try client.get("/metrics")
    #expect(String(decoding: metrics.body, as: UTF8.self).contains("\nseatcast_requests_total 2\n"))
    client.disconnect()
    assembly.stop()
    #expect(!assembly.backend.isReady)
    #expect(throws: (any Error).self) { try HTTPClient(port: port).get("/livez") }
  }

  @Test("A booking reaches a subscriber through every adapter")
  func broadcasts() throws {
    let assembly = try assembly()
    let demo = try assembly.backend.seedDemo()
    let port = try assembly.start()
    defer { assembly.stop() }
    let event = try #require(demo.events.first?.id.rawValue)
    let token = try #require(demo.accounts.last?.token)
    let watcher = try WebSocketClient(port: port, path: "/ws/events/\(event)", token: token)
    let greeting = try watcher.expect("connection_established")
    #expect(greeting["seq"] == .integer(0))
    let answer = try HTTPClient(port: port, token: token)
      .request(
        "POST", "/api/bookings", json: .object(["eventId": .integer(Int(event)), "quantity": .integer(2)]))
    #expect(answer.status == 201)
    let notice = try watcher.expect("booking_created")
    #expect(notice["seq"] == .integer(1))
    #expect(notice["bookingId"] == (try answer.json())["bookingId"])
    watcher.drop()
  }

  @Test("A second server on the same folder or port is refused in a sentence, and the first goes on")
  func refusals() throws {
    let first = try assembly()
    let port = try first.start()
    defer { first.stop() }
    #expect(throws: StartError.self) { try assembly() }
    let second = try assembly(port: port, data: folder.path + "/other")
    defer { second.stop() }
    #expect {
      try second.start()
    } throws: { error in
      "\(error)".hasPrefix("Cannot listen on 127.0.0.1 port \(port): ")
    }
    #expect(try HTTPClient(port: port).get("/livez").status == 200)
  }

  @Test("A folder that cannot be made is refused in a sentence")
  func unwritable() throws {
    #expect {
      try assembly(data: "/proc/seatcast")
    } throws: { error in
      "\(error)".contains("/proc/seatcast") && "\(error)".hasSuffix(".")
    }
  }

  @Test("A data plane's sentence gets a capital letter and one full stop")
  func sentences() {
    #expect(StartError(telling: StartError("cannot do")).description == "Cannot do.")
    #expect(StartError(telling: StartError("It ended.")).description == "It ended.")
  }
}
