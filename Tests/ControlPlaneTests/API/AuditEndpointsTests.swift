import Testing

@testable import ControlPlane

@Suite("AuditEndpoints")
struct AuditEndpointsTests {
  private let backend: APIFixture

  init() throws {
    backend = try APIFixture()
    backend.client = ClientAddress(upper: 0, lower: 0xFFFF_C000_0207)
  }

  private func audit(_ query: String = "") throws -> Reply {
    try backend.send("GET", "/api/audit\(query)", token: admin)
  }

  /// One log-in only: each of an administrator is a row.
  private var admin: String { get throws { try backend.mint(role: "admin", user: 1) } }

  private func actions() throws -> [String] {
    try audit("?limit=100").items.compactMap { $0.members?["action"]?.text }
  }

  @Test("Every action of an administrator is there with who, from where and what; users leave no entry")
  func actionsOfAdministrators() throws {
    let (admin, user) = (try admin, try backend.userToken())
    let event = try backend.send("POST", "/api/events", #"{"name":"E","seatCapacity":5}"#, token: admin)
      .number("id")
    let path = "/api/events/\(event)"
    _ = try backend.send("PATCH", path, "{\n\"seatCapacity\":\n9}", token: admin)
    _ = try backend.send("PATCH", path, #"{"seatCapacity":-1}"#, token: admin)
    let booked = try backend.book(event, token: user)
    _ = try backend.send("DELETE", "/api/bookings/\(booked.text("bookingId"))", token: admin)
    _ = try backend.send("DELETE", path, token: admin)
    _ = try backend.send("PATCH", "/api/users/2", #"{"disabled":true}"#, token: admin)
    _ = try backend.send("POST", "/api/users/2/password", #"{"newPassword":"a new secret"}"#, token: admin)
    _ = try backend.send("POST", "/api/users/2/logout", token: admin)
    _ = try backend.send(
      "POST", "/api/service-tokens", #"{"name":"shop","scopes":["feed:read"]}"#, token: admin)
    _ = try backend.send("DELETE", "/api/service-tokens/1", token: admin)
    _ = try backend.send("DELETE", "/api/users/2", token: admin)
    #expect(
      try actions() == [
        "user.erase", "service-token.revoke", "service-token.create", "user.logout", "user.password",
        "user.change",
        "booking.cancel", "event.change", "event.create",
      ])
    let reply = try audit("?limit=100")
    #expect(!String(decoding: reply.body, as: UTF8.self).contains("a new secret"))
    let created = try #require(try reply.items.last?.members)
    #expect(created["subject"] == .string("1") && created["issuer"] == .string("seatcast"))
    #expect(created["address"] == .string("192.0.2.7") && created["object"] == .string(path))
    #expect(created["detail"]?.members?["seatCapacity"] == .integer(5))
  }

  @Test("Entries are searched by words")
  func search() throws {
    let admin = try admin
    for name in ["E", "F"] {
      _ = try backend.send("POST", "/api/events", "{\"name\":\"\(name)\",\"seatCapacity\":5}", token: admin)
    }
    _ = try backend.send("PATCH", "/api/events/1", #"{"status":"paused"}"#, token: admin)
    func found(_ words: String) throws -> [String] {
      try audit("?q=\(words)").items.compactMap { $0.members?["action"]?.text }
    }
    #expect(try found("EVENT.create") == ["event.create", "event.create"])
    #expect(try found("192.0.2.7%20paused") == ["event.change"])
    #expect(try found("nothing").isEmpty)
  }

  @Test("Failed log-ins are there without what was typed, and log-ins of administrators")
  func logins() throws {
    _ = try backend.userToken("ann")
    func login(_ email: String, _ password: String) throws {
      _ = try backend.send("POST", "/api/auth/login", #"{"email":"\#(email)","password":"\#(password)"}"#)
    }
    try login("ann@example.org", "password of ann")
    #expect(try actions().isEmpty)
    try login("ann@example.org", "a wrong one")
    try login("my password by mistake", "a wrong one")
    try login("admin@example.org", "admin password")
    let items = try audit().items.compactMap(\.members)
    #expect(items.compactMap { $0["action"]?.text } == ["login", "login.failure", "login.failure"])
    #expect(items.map { $0["object"] } == [.string("/api/users/1"), .null, .string("/api/users/2")])
    #expect(try !String(decoding: audit().body, as: UTF8.self).contains("mistake"))
  }

  @Test("The log comes in pages, newest first, and is exported as JSON lines and CSV")
  func pages() throws {
    let admin = try admin
    for name in ["one", "=two, \\\"quoted\\\"", "three"] {
      _ = try backend.send("POST", "/api/events", "{\n\"name\":\"\(name)\",\"seatCapacity\":5}", token: admin)
    }
    let first = try audit("?limit=2")
    #expect(try first.items.compactMap { $0.members?["id"]?.whole } == [3, 2])
    let rest = try audit("?limit=2&cursor=\(first.text("next"))")
    #expect(try rest.items.compactMap { $0.members?["id"]?.whole } == [1] && rest.member("next") == .null)

    let lines = try backend.send("GET", "/api/audit/export?limit=2", token: admin)
    #expect(lines.first("content-type") == "application/jsonl")
    let texts = lines.body.split(separator: UInt8(ascii: "\n"))
    #expect(texts.count == 2 && texts.allSatisfy { (try? StrictJSON.parse(Array($0)).members) != nil })
    let next = try #require(lines.first("link")?.split(separator: "<")[0].split(separator: ">")[0])
    let last = try backend.send("GET", String(next), token: admin)
    #expect(last.body.split(separator: UInt8(ascii: "\n")).count == 1 && last.first("link") == nil)

    let csv = try backend.send("GET", "/api/audit/export?format=csv&limit=1000", token: admin)
    let rows = String(decoding: csv.body, as: UTF8.self).components(by: "\r\n")
    #expect(csv.first("content-type")?.hasPrefix("text/csv") == true)
    #expect(rows[0] == "id,at,issuer,subject,address,action,object,detail")
    #expect(rows[1].contains("audit.export") && rows.count == 5 + 1)
    #expect(rows[3].hasSuffix(#","{ ""name"":""=two, \""quoted\"""",""seatCapacity"":5}""#))
    #expect(try backend.send("GET", "/api/audit/export?format=xml", token: admin).status == 400)
    #expect(try backend.send("GET", "/api/audit/export?cursor=x", token: admin).status == 400)
  }

  @Test("A cell that a spreadsheet would take for a formula is a text")
  func formulas() {
    let record = AuditRecord(
      id: 1, at: Instant(milliseconds: 0), subject: "=cmd()", action: "-1", object: "a,b")
    let text = String(decoding: AuditText.csv([record]), as: UTF8.self)
    #expect(text.hasSuffix(#"1,1970-01-01T00:00:00.000Z,,'=cmd(),,'-1,"a,b","# + "\r\n"))
  }

  @Test("A quote inside a cell is doubled, also where a combining mark follows it")
  func quotes() {
    let record = AuditRecord(
      id: 1, at: Instant(milliseconds: 0), subject: "a\"\u{301},b", action: "c",
      detail: "{\"name\":\"\u{301}\"}")
    let text = AuditText.csv([record]).split(separator: UInt8(ascii: "\n")).last.map(Array.init) ?? []
    let row = "1,1970-01-01T00:00:00.000Z,,\"a\"\"\u{301},b\",,c,,\"{\"\"name\"\":\"\"\u{301}\"\"}\"\r"
    #expect(text == Array(row.utf8))
  }

  @Test("The log is for administrators")
  func forbidden() throws {
    #expect(try backend.send("GET", "/api/audit").status == 401)
    let user = try backend.userToken()
    #expect(try backend.send("GET", "/api/audit", token: user).status == 403)
    #expect(try backend.send("GET", "/api/audit/export", token: user).status == 403)
  }

  @Test("Addresses go after their time, and erasing somebody twice is the same as once")
  func privacy() throws {
    let (admin, user) = (try admin, try backend.userToken("zoe"))
    let event = try backend.event()
    let booked = try backend.book(event, token: user)
    let path = "/api/users/\(try booked.number("userId"))"
    #expect(try backend.send("DELETE", path, token: user).status == 403)
    for _ in 0..<2 { #expect(try backend.send("DELETE", path, token: admin).status == 204) }
    #expect(try backend.send("GET", "/api/auth/me", token: user).status == 401)
    let login = #"{"email":"zoe@example.org","password":"password of zoe"}"#
    #expect(try backend.send("POST", "/api/auth/login", login).status == 401)
    let kept = try backend.send("GET", "/api/bookings/\(booked.text("bookingId"))", token: admin)
    #expect(try kept.status == 200 && kept.member("userId") == booked.member("userId"))
    #expect(try !String(decoding: audit("?limit=100").body, as: UTF8.self).contains("zoe"))
    #expect(try backend.send("DELETE", "/api/users/1", token: admin).problem == "own-account")
    #expect(try backend.send("DELETE", "/api/users/999", token: admin).problem == "unknown-user")
  }
}

extension String {
  fileprivate func components(by separator: String) -> [String] {
    var (parts, rest): ([String], Substring) = ([], self[...])
    while let range = rest.firstRange(of: separator) {
      parts.append(String(rest[..<range.lowerBound]))
      rest = rest[range.upperBound...]
    }
    return parts + [String(rest)]
  }
}
