import Testing

@testable import ControlPlane

@Suite("Administrator")
struct AdministratorTests {
  private let fixture: APIFixture

  init() throws { fixture = try APIFixture() }

  private func ask(
    _ command: AdminRequest.Command, _ members: [(String, AdminRequest.Value)] = []
  ) -> AdminAnswer.Outcome {
    Administrator(backend: fixture.backend)
      .answer(AdminRequest(command, members.map { (name: $0.0, value: $0.1) }).line).outcome
  }

  private func result(
    _ command: AdminRequest.Command, _ members: [(String, AdminRequest.Value)] = []
  ) throws -> [String: JSONValue] {
    switch ask(command, members) {
    case .done(let json, let text):
      #expect(text.hasSuffix("\n"))
      return try #require(try StrictJSON.parse(json).members)
    case .failed(let failure): throw failure
    }
  }

  private func items(
    _ command: AdminRequest.Command, _ members: [(String, AdminRequest.Value)] = []
  ) throws -> [JSONValue] {
    guard case .array(let items) = try result(command, members)["items"] else {
      throw AdminAnswer.Failure(.data, "no items")
    }
    return items
  }

  private func failure(
    _ command: AdminRequest.Command, _ members: [(String, AdminRequest.Value)] = []
  ) -> AdminAnswer.Failure? {
    if case .failed(let failure) = ask(command, members) { failure } else { nil }
  }

  // MARK: Events

  @Test("an event is made, listed and changed as the API would")
  func events() throws {
    let made = try result(
      .eventCreate, [("name", .text("Night")), ("seatCapacity", .number(5)), ("holdSeconds", .number(0))])
    #expect(made["id"] == .integer(1) && made["holdSeconds"] == .integer(0))
    #expect(
      try result(.eventCapacity, [("id", .number(1)), ("seatCapacityDelta", .number(-2))])["seatCapacity"]
        == .integer(3))
    #expect(
      try result(.eventCapacity, [("id", .number(1)), ("seatCapacity", .number(9))])["seatCapacity"]
        == .integer(9))
    #expect(try result(.eventPause, [("id", .number(1))])["status"] == .string("paused"))
    #expect(try result(.eventResume, [("id", .number(1))])["status"] == .string("on_sale"))
    #expect(try result(.eventCancel, [("id", .number(1))])["status"] == .string("cancelled"))
    let reply = try fixture.send("GET", "/api/events/1")
    #expect(try reply.text("status") == "cancelled")
    #expect(try reply.number("seatCapacity") == 9)
  }

  @Test("an event has ticket types, which are listed with what is available of them")
  func types() throws {
    let types: [AdminRequest.TicketType] = [
      .init(name: "Stalls", capacity: 3), .init(name: "Standing", capacity: nil),
    ]
    let made = try result(
      .eventCreate, [("name", .text("Night")), ("seatCapacity", .number(5)), ("types", .ticketTypes(types))])
    guard case .array(let rows)? = made["types"] else { throw AdminAnswer.Failure(.data, "no types") }
    #expect(rows.compactMap { $0.members?["name"]?.text } == ["Stalls", "Standing"])
    #expect(rows.map { $0.members?["capacity"] } == [.integer(3), .null])
    guard case .done(_, let text) = ask(.eventList) else { throw AdminAnswer.Failure(.data, "no list") }
    #expect(text.contains("1 Stalls (3 of 3), 2 Standing (5)\n"))
    #expect(
      failure(
        .eventCreate,
        [
          ("name", .text("X")), ("seatCapacity", .number(5)),
          ("types", .ticketTypes([.init(name: "A", capacity: 0)])),
        ])
        == .init(.data, "types/0/capacity must be a whole number from 1 to 1000000."))
  }

  @Test("cancelling an event cancels its bookings")
  func cancelling() throws {
    let event = try fixture.event()
    let token = try fixture.userToken()
    let booking = try fixture.book(event, token: token).text("bookingId")
    _ = try result(.eventCancel, [("id", .number(Int(event)))])
    while fixture.backend.pump() {}
    #expect(try fixture.send("GET", "/api/bookings/\(booking)", token: token).text("status") == "cancelled")
  }

  @Test("pages end where the limit says, and go on behind it")
  func pages() throws {
    for _ in 0..<3 { _ = try fixture.event() }
    let first = try result(.eventList, [("limit", .number(2))])
    #expect(first["next"] == .integer(2))
    let second = try result(.eventList, [("limit", .number(2)), ("after", .number(2))])
    #expect(second["next"] == .null)
    #expect(try items(.eventList, [("limit", .number(2)), ("after", .number(2))]).count == 1)
  }

  @Test("what cannot be is bad data, what a rule forbids is refused")
  func refusals() throws {
    let event = try fixture.event()
    _ = try fixture.book(event, quantity: 3, token: fixture.userToken())
    #expect(
      failure(.eventCapacity, [("id", .number(Int(event))), ("seatCapacity", .number(2))])
        == .init(.refused, "The capacity cannot be less than the 3 seats sold and held."))
    #expect(failure(.eventPause, [("id", .number(77))]) == .init(.refused, "There is no such event."))
    #expect(
      failure(.eventCreate, [("name", .text("X")), ("seatCapacity", .number(0))])
        == .init(.data, "seatCapacity must be a whole number from 1 to 1000000."))
    #expect(failure(.eventCapacity, [("id", .number(1))])?.kind == .data)
    #expect(
      failure(.eventPause, [("id", .number(1)), ("ide", .number(1))])
        == .init(.data, "ide is not known here; did you mean id?."))
  }

  @Test(
    "a line that is no request is answered in a sentence",
    arguments: ["", "nonsense", "[]", "{}", #"{"command":7}"#, #"{"command":"event destroy"}"#])
  func nonsense(line: String) {
    guard case .failed(let failure) = fixture.backend.administer(Array(line.utf8)).outcome else {
      Issue.record("\(line) was done")
      return
    }
    #expect(failure.kind == .data && failure.description.hasSuffix("."))
  }

  @Test("a line that is too long is refused unread")
  func tooLong() {
    let line = [UInt8](repeating: UInt8(ascii: " "), count: AdminRequest.maximumBytes + 1)
    #expect(
      fixture.backend.administer(line).outcome
        == .failed(.init(.data, "The request has more than 65536 bytes.")))
  }

  // MARK: Users

  private func create(_ name: String, role: String = "user") throws -> [String: JSONValue] {
    try result(
      .userCreate,
      [
        ("email", .text("\(name)@example.org")), ("name", .text(name)), ("role", .text(role)),
        ("password", .text("password of \(name)")),
      ])
  }

  @Test("an account that was made here can log in, with its role")
  func userCreation() throws {
    #expect(try create("eve", role: "admin")["role"] == .string("admin"))
    let token = try fixture.token("eve@example.org", "password of eve")
    #expect(try fixture.send("GET", "/api/users", token: token).status == 200)
    #expect(
      failure(
        .userCreate,
        [("email", .text("EVE@example.org")), ("name", .text("E")), ("password", .text("password of eve"))])
        == .init(.refused, "There is an account with this email address."))
    #expect(
      failure(.userCreate, [("email", .text("x@y")), ("name", .text("E")), ("password", .text("short"))])?
        .kind
        == .data)
  }

  @Test("where another system has the accounts, only administrators are made")
  func externalAccounts() throws {
    let external = try APIFixture { configuration in
      configuration.accounts = .external(issuer: "https://shop.example", adminClaim: nil)
    }
    let members: AdminMembers = [
      ("email", .text("a@example.org")), ("name", .text("A")), ("password", .text("password of a")),
    ]
    guard
      case .failed(let failure) = external.backend.administer(AdminRequest(.userCreate, members).line).outcome
    else { throw AdminAnswer.Failure(.data, "an account was made") }
    #expect(failure.kind == .refused)
    let admin = AdminRequest(.userCreate, members + [("role", .text("admin"))])
    guard case .done = external.backend.administer(admin.line).outcome else {
      throw AdminAnswer.Failure(.data, "no admin was made")
    }
  }

  private typealias AdminMembers = [(name: String, value: AdminRequest.Value)]

  @Test("who is disabled is refused at once, by address or by number, until enabled again")
  func disabling() throws {
    _ = try create("ann")
    let token = try fixture.token("ann@example.org", "password of ann")
    #expect(try result(.userDisable, [("user", .text("ann@example.org"))])["disabled"] == .bool(true))
    #expect(try fixture.send("GET", "/api/auth/me", token: token).status == 401)
    #expect(try result(.userEnable, [("user", .text("2"))])["disabled"] == .bool(false))
    _ = try fixture.token("ann@example.org", "password of ann")
    #expect(failure(.userDisable, [("user", .text("bob@example.org"))])?.kind == .refused)
  }

  @Test("a role counts from the next request on, and taking the admin role away ends sessions")
  func roles() throws {
    _ = try create("ann")
    #expect(
      try result(.userRole, [("user", .text("ann@example.org")), ("role", .text("admin"))])["role"]
        == .string("admin"))
    let token = try fixture.token("ann@example.org", "password of ann")
    #expect(try fixture.send("GET", "/api/users", token: token).status == 200)
    _ = try result(.userRole, [("user", .text("ann@example.org")), ("role", .text("user"))])
    #expect(try fixture.send("GET", "/api/users", token: token).status == 401)
    #expect(failure(.userRole, [("user", .text("ann@example.org")), ("role", .text("king"))])?.kind == .data)
  }

  @Test("a new password replaces the old one and ends the sessions")
  func passwords() throws {
    _ = try create("ann")
    let token = try fixture.token("ann@example.org", "password of ann")
    _ = try result(
      .userPassword, [("user", .text("ann@example.org")), ("password", .text("another password"))])
    #expect(try fixture.send("GET", "/api/auth/me", token: token).status == 401)
    _ = try fixture.token("ann@example.org", "another password")
  }

  @Test("users are listed, all or the one of an address")
  func listing() throws {
    _ = try create("ann")
    #expect(try items(.userList).count == 2)
    #expect(try items(.userList, [("email", .text("ANN@example.org"))]).count == 1)
  }

  // MARK: Tokens

  @Test("a minted token is accepted, for as long as was said")
  func minting() throws {
    _ = try create("ann")
    let made = try result(
      .tokenMint, [("user", .text("ann@example.org")), ("lifetimeSeconds", .number(120))])
    let token = try #require(made["token"]?.text)
    let me = try fixture.send("GET", "/api/auth/me", token: token)
    #expect(try me.text("email") == "ann@example.org")
    fixture.clock.set(milliseconds: 1_731_321_000_000 + 121_000)
    #expect(try fixture.send("GET", "/api/auth/me", token: token).status == 401)
    let inspected = try result(.tokenInspect, [("token", .text(token))])
    #expect(inspected["valid"] == .bool(false))
    #expect(inspected["reason"]?.text?.hasPrefix("it ended at 2024-") == true)
  }

  @Test("nobody gets a token that would be refused, or rights that the account does not have")
  func refusedMinting() throws {
    _ = try create("ann")
    #expect(
      failure(.tokenMint, [("user", .text("ann@example.org")), ("role", .text("admin"))])?.kind == .refused)
    _ = try result(.userDisable, [("user", .text("ann@example.org"))])
    #expect(
      failure(.tokenMint, [("user", .text("ann@example.org"))])
        == .init(.refused, "A token for this user would be refused: its user is disabled."))
    #expect(
      failure(.tokenMint, [("user", .text("5")), ("lifetimeSeconds", .number(1))])?.kind == .data)
  }
}
