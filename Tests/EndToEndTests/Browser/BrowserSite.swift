// What a browser test looks at: a server of its own with one event, and windows of people who are logged in.
// Everything but the windows is done over REST, by the admin.
import Glibc
import TestSupport
import Testing

struct BrowserSite: Sendable {
  static let password = "correct horse battery"
  private let server: ServerProcess
  private let adminToken: String
  let event: Int

  var address: String { "http://127.0.0.1:\(server.port)/" }
  var eventAddress: String { "\(address)#/events/\(event)" }

  /// Starts a server and opens the sale of one event.
  /// - Parameters:
  ///   - more: further members of the event.
  ///   - arguments: further flags of the server.
  init(seats: Int, more: [String: JSON] = [:], arguments: [String] = []) throws {
    server = try ServerProcess(ServerOptions(arguments: arguments))
    let login: JSON = [
      "email": .string(ServerProcess.adminEmail), "password": .string(ServerProcess.adminPassword),
    ]
    adminToken = try BrowserSite.post("/api/auth/login", login, to: server)["token"]?.string ?? ""
    let draft: [String: JSON] = ["name": "An evening", "seatCapacity": .integer(seats)]
    let event = JSON.object(draft.merging(more) { $1 })
    self.event = try BrowserSite.post("/api/events", event, to: server, token: adminToken)["id"]?.integer ?? 0
  }

  /// A second event.
  func addEvent(_ draft: JSON) throws -> Int {
    try BrowserSite.post("/api/events", draft, to: server, token: adminToken)["id"]?.integer ?? 0
  }

  func deleteEvent() throws {
    let answer = try server.client(token: adminToken).request("DELETE", "/api/events/\(event)")
    guard answer.status == 204 else { throw TestFailure("DELETE: \(answer.status) \(answer.text)") }
  }

  func changeEvent(_ changes: JSON) throws {
    let client = server.client(token: adminToken)
    let answer = try client.request("PATCH", "/api/events/\(event)", json: changes)
    guard answer.status == 200 else { throw TestFailure("PATCH: \(answer.status) \(answer.text)") }
  }

  /// A window of somebody who has registered and looks at the event, live.
  /// - Parameter script: runs in the window before the page's own scripts.
  func window(in browser: Chromium, of name: String, script: String? = nil) throws -> BrowserPage {
    let email = "\(name)@browser.test"
    let account: JSON = [
      "email": .string(email), "password": .string(BrowserSite.password), "name": .string(name),
    ]
    _ = try BrowserSite.post("/api/auth/register", account, to: server)
    let page = try browser.openPage(eventAddress, script: script)
    try page.logIn(email, BrowserSite.password)
    return page
  }

  /// A booking by somebody who uses no browser.
  func book(_ quantity: Int) throws {
    let order: JSON = ["eventId": .integer(event), "quantity": .integer(quantity)]
    _ = try BrowserSite.post("/api/bookings", order, to: server, token: adminToken)
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

/// A site and a browser for one test, on a thread of its own; what the pages complained about must be nothing.
func browse(
  seats: Int, more: [String: JSON] = [:], arguments: [String] = [],
  _ body: @escaping @Sendable (BrowserSite, Chromium) throws -> Void
) async throws {
  let complaints = try await onItsOwnThread {
    let site = try BrowserSite(seats: seats, more: more, arguments: arguments)
    let browser = try Chromium()
    try body(site, browser)
    return browser.complaints
  }
  #expect(complaints == [])
}
