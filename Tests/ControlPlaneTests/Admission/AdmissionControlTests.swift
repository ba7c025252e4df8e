import Testing

@testable import ControlPlane

/// Through the whole plane: what a limit refuses, what it says, and whom it does not concern.
@Suite("Admission control")
struct AdmissionControlTests {
  private static var limits: AdmissionLimits {
    var limits = AdmissionLimits()
    limits.loginPerAccount = RateLimit(10, per: 3_600_000)
    limits.loginPerAddress = RateLimit(30, per: 3_600_000)
    limits.registerPerAddress = RateLimit(5, per: 3_600_000)
    limits.changesPerUser = RateLimit(6, per: 3_600_000)
    return limits
  }

  private func address(_ last: UInt64) -> ClientAddress {
    ClientAddress(upper: 0, lower: 0xFFFF_7F00_0000 | last)
  }

  @Test("200 wrong passwords give 429, and the owner logs in from another address")
  func guessing() throws {
    let fixture = try APIFixture(limits: Self.limits)
    let wrong = #"{"email":"admin@example.org","password":"guess"}"#
    fixture.client = address(2)
    let replies = try (0..<200).map { _ in try fixture.send("POST", "/api/auth/login", wrong) }
    #expect(replies.prefix(3).allSatisfy { $0.status == 401 })
    #expect(replies.dropFirst(3).allSatisfy { $0.status == 429 && $0.problem == "rate-limited" })
    #expect(replies[3].first("retry-after") == "1")
    #expect(try replies[199].text("limit") == "login-address")
    fixture.client = address(3)
    #expect(try !fixture.adminToken().isEmpty)
    let counts = Dictionary(
      uniqueKeysWithValues: zip(LimitName.allCases, fixture.backend.counters().rateLimited))
    #expect(counts[.loginDelay] == 27 && counts[.loginAddress] == 170 && counts[.loginAccount] == 0)
    #expect(fixture.incidents.all.count == 197)
    #expect(fixture.incidents.all.first == .rateLimited(.loginDelay, .address(address(2))))
  }

  @Test("An attempt to log in says what is left")
  func loginFields() throws {
    let fixture = try APIFixture(limits: Self.limits)
    let reply = try fixture.send("POST", "/api/auth/login", #"{"email":"a@b.c","password":"guess"}"#)
    #expect(reply.status == 401)
    #expect(reply.first("ratelimit-policy") == #""login-account";q=10;w=3600, "login-address";q=30;w=3600"#)
    #expect(reply.first("ratelimit") == #""login-account";r=9;t=360, "login-address";r=29;t=120"#)
  }

  @Test("Spellings of one address are one account")
  func spellings() throws {
    let fixture = try APIFixture(limits: Self.limits)
    for email in ["admin@example.org", "ADMIN@example.org", " Admin@Example.org"] {
      let body = #"{"email":"\#(email)","password":"guess"}"#
      #expect(try fixture.send("POST", "/api/auth/login", body).status == 401)
    }
    #expect(
      try fixture.send("POST", "/api/auth/login", #"{"email":"admin@example.ORG","password":"x"}"#).status
        == 429)
  }

  @Test("The sixth registration from one address is refused, another address registers")
  func registrations() throws {
    let fixture = try APIFixture(limits: Self.limits)
    for name in ["a", "b", "c", "d", "e"] { #expect(try !fixture.userToken(name).isEmpty) }
    let body = #"{"email":"f@example.org","password":"password","name":"F"}"#
    let refused = try fixture.send("POST", "/api/auth/register", body)
    #expect(refused.status == 429 && refused.first("retry-after") == "720")
    #expect(try refused.text("limit") == "register-address")
    #expect(
      try fixture.send("POST", "/api/auth/register", "{}").status == 422, "nothing is counted for bad input")
    fixture.client = address(3)
    #expect(try fixture.send("POST", "/api/auth/register", body).status == 201)
  }

  @Test("Other limits hold at once, and what was used of the former ones stays used")
  func otherLimits() throws {
    var limits = Self.limits
    let fixture = try APIFixture(limits: limits)
    for name in ["a", "b", "c", "d", "e"] { #expect(try !fixture.userToken(name).isEmpty) }
    func status(_ name: String) throws -> Int {
      let body = #"{"email":"\#(name)@example.org","password":"password","name":"F"}"#
      return try fixture.send("POST", "/api/auth/register", body).status
    }
    #expect(try status("f") == 429)
    // What fills five in an hour fills ten that come back as fast.
    limits.registerPerAddress = RateLimit(5, per: 3_600_000, burst: 6)
    fixture.backend.use(limits, registration: true)
    #expect(try [status("f"), status("g")] == [201, 429])
    limits.registerPerAddress = nil
    fixture.backend.use(limits, registration: true)
    #expect(try status("i") == 201)
    fixture.backend.use(limits, registration: false)
    #expect(try status("j") == 403)
  }

  @Test("A user who books and cancels is bounded per event, others and other events are not")
  func changes() throws {
    let fixture = try APIFixture(limits: Self.limits)
    let (first, second) = (try fixture.event(), try fixture.event())
    let (ann, bob) = (try fixture.userToken("ann"), try fixture.userToken("bob"))
    for _ in 1...3 {
      let booking = try fixture.book(first, token: ann)
      #expect(booking.status == 201)
      #expect(
        try fixture.send("DELETE", "/api/bookings/\(booking.text("bookingId"))", token: ann).status == 200)
    }
    let refused = try fixture.book(first, token: ann)
    #expect(refused.status == 429 && refused.first("ratelimit") == #""changes";r=0;t=600"#)
    #expect(try fixture.book(second, token: ann).status == 201)
    let booking = try fixture.book(first, token: bob)
    #expect(booking.status == 201)
    for _ in 1...8 { #expect(try fixture.book(first, token: fixture.adminToken()).status == 201) }
    #expect(try fixture.book(first, token: ann).status == 429)
  }

  @Test("A cancellation is refused when the changes are used up, and one of nothing is not counted")
  func cancellations() throws {
    let fixture = try APIFixture(limits: Self.limits)
    let event = try fixture.event()
    let ann = try fixture.userToken()
    let bookings = try (1...6).map { _ in try fixture.book(event, token: ann).text("bookingId") }
    #expect(try fixture.send("POST", "/api/bookings/\(bookings[0])/cancel", token: ann).status == 429)
    #expect(
      try fixture.send("DELETE", "/api/bookings/\(bookings[0])", token: fixture.adminToken()).status == 200)
  }

  @Test("Cancelling somebody else's booking is 404 however often, and costs nothing of the event's changes")
  func cancellationsOfOthers() throws {
    let fixture = try APIFixture(limits: Self.limits)
    let event = try fixture.event()
    let (ann, bob) = (try fixture.userToken("ann"), try fixture.userToken("bob"))
    let booking = try fixture.book(event, token: ann).text("bookingId")
    func statuses() throws -> [Int] {
      try (1...20).flatMap { _ in
        [
          try fixture.send("DELETE", "/api/bookings/\(booking)", token: bob).status,
          try fixture.send("POST", "/api/bookings/\(booking)/cancel", token: bob).status,
        ]
      }
    }
    #expect(try statuses().allSatisfy { $0 == 404 }, "by a user without a row")
    #expect(try fixture.book(event, token: bob).status == 201)
    #expect(try statuses().allSatisfy { $0 == 404 }, "by a user who has bookings")
    #expect(try fixture.book(event, token: bob).status == 201)
  }

  @Test("Requests of a user are bounded, those of administrators and of others are not")
  func requests() throws {
    var limits = AdmissionLimits()
    limits.requestsPerUser = RateLimit(1, per: 3_600_000, burst: 4)
    let fixture = try APIFixture(limits: limits)
    let (ann, bob, admin) = (
      try fixture.userToken("ann"), try fixture.userToken("bob"), try fixture.adminToken()
    )
    let statuses = try (1...6).map { _ in try fixture.send("GET", "/api/auth/me", token: ann).status }
    #expect(statuses == [200, 200, 200, 200, 429, 429])
    #expect(try fixture.send("GET", "/api/auth/me", token: bob).status == 200)
    for _ in 1...10 { #expect(try fixture.send("GET", "/api/auth/me", token: admin).status == 200) }
    #expect(
      try fixture.send("GET", "/api/events").status == 200, "requests without a token count by address only")
  }
}
