// The stage of a browser test: a server of its own with one event, and people who look at it.
import Glibc
import TestSupport

struct SimulatedServer: Sendable {
  static let password = "correct horse battery"
  private let server: ServerProcess
  private let adminToken: String
  private let event: Int

  var address: String { "http://127.0.0.1:\(server.port)/" }
  var eventAddress: String { "\(address)#/events/\(event)" }

  /// Starts a server and opens the sale of one event.
  init(seats: Int) throws {
    server = try ServerProcess()
    let login: JSON = [
      "email": .string(ServerProcess.adminEmail), "password": .string(ServerProcess.adminPassword),
    ]
    adminToken = try SimulatedServer.post("/api/auth/login", login, to: server)["token"]?.string ?? ""
    let draft: JSON = ["name": "An evening", "seatCapacity": .integer(seats)]
    event = try SimulatedServer.post("/api/events", draft, to: server, token: adminToken)["id"]?.integer ?? 0
  }

  /// A window of somebody who has registered and looks at the event, live.
  func window(in browser: Chromium, of name: String) throws -> BrowserPage {
    let email = "\(name)@browser.test"
    let account: JSON = [
      "email": .string(email), "password": .string(SimulatedServer.password), "name": .string(name),
    ]
    _ = try SimulatedServer.post("/api/auth/register", account, to: server)
    let page = try browser.openPage(eventAddress)
    try page.logIn(email, SimulatedServer.password)
    return page
  }

  /// A booking by somebody who uses no browser.
  func book(_ quantity: Int) throws {
    let order: JSON = ["eventId": .integer(event), "quantity": .integer(quantity)]
    _ = try SimulatedServer.post("/api/bookings", order, to: server, token: adminToken)
  }

  /// kill -9, then the same server again at the same address.
  func killAndRestart(whileAway: () throws -> Void) throws {
    try server.kill9()
    try whileAway()
    try server.restart(samePort: true)
  }

  private static func post(
    _ path: String, _ body: JSON, to server: ServerProcess, token: String? = nil
  ) throws -> JSON {
    let answer = try server.client(token: token).request("POST", path, json: body)
    guard answer.status < 300 else { throw TestFailure("POST \(path): \(answer.status) \(answer.text)") }
    return try answer.json()
  }
}

/// Runs what blocks for long on a thread of its own, so that the tests' own threads stay free.
func onItsOwnThread<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
  let (end, mark) = AsyncStream<Void>.makeStream()
  let thread = try BackgroundThread {
    defer { mark.finish() }
    return try body()
  }
  for await _ in end {}
  return try thread.join()
}
