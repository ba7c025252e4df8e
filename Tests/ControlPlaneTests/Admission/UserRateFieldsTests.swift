import Testing

@testable import ControlPlane

@Suite("Rate limit fields of answers to users")
struct UserRateFieldsTests {
  private let requests = RateLimit(20, per: 1_000, burst: 40)
  private let changes = RateLimit(30, per: 60_000)

  @Test("The lines are those that RateStanding makes, for each limit and for both")
  func same() throws {
    let decision = RateDecision(isAllowed: true, remaining: 29, wait: 1_500_000)
    let full = RateDecision(isAllowed: true, remaining: 0, wait: 1)
    let fields = UserRateFields(requests: requests, changes: changes)
    let standings = [
      RateStanding(.requestsUser, requests, full), RateStanding(.changes, changes, decision),
    ].compactMap(\.self)
    #expect(
      fields.lines(UserStandings(requests: full, changes: decision)) == RateStanding.fields(standings))
    #expect(fields.lines(UserStandings(requests: full)) == RateStanding.fields([standings[0]]))
    #expect(fields.lines(UserStandings(changes: decision)) == RateStanding.fields([standings[1]]))
    #expect(fields.lines(UserStandings()).isEmpty)
  }

  @Test("Every answer to a user tells what is left, whoever makes it")
  func everywhere() throws {
    var limits = AdmissionLimits()
    (limits.requestsPerUser, limits.changesPerUser) = (RateLimit(40, per: 3_600_000), changes)
    let fixture = try APIFixture(limits: limits)
    let event = try fixture.event()
    let token = try fixture.userToken()
    let both = #""requests-user";q=40;w=3600, "changes";q=30;w=60"#
    let booked = try fixture.book(event, token: token)
    #expect(booked.status == 201 && booked.first("ratelimit-policy") == both)
    #expect(booked.first("ratelimit") == #""requests-user";r=39;t=90, "changes";r=29;t=2"#)
    // Decided by the ledger and refused.
    let refused = try fixture.book(event, quantity: 11, token: token)
    #expect(refused.status == 409)
    #expect(refused.first("ratelimit") == #""requests-user";r=38;t=90, "changes";r=28;t=2"#)
    let cancelled = try fixture.send(
      "DELETE", "/api/bookings/\(try booked.text("bookingId"))", token: token)
    #expect(cancelled.status == 200 && cancelled.first("ratelimit-policy") == both)
    // Answered by the worker, refused by an endpoint, refused because of the role.
    for (path, status) in [("/api/bookings", 200), ("/api/bookings/BK-00000000", 404), ("/api/users", 403)] {
      let reply = try fixture.send("GET", path, token: token)
      #expect(reply.status == status)
      #expect(reply.first("ratelimit-policy") == #""requests-user";q=40;w=3600"#, "\(path)")
    }
    // Nobody is counted for.
    for path in ["/api/events", "/api/bookings"] {
      #expect(try fixture.send("GET", path).first("ratelimit") == nil)
    }
  }

  @Test("A refusal tells the limit that refused, once; administrators, who are exempt, are told nothing then")
  func refused() throws {
    var limits = AdmissionLimits()
    limits.requestsPerUser = RateLimit(1, per: 3_600_000)
    let fixture = try APIFixture(limits: limits)
    let token = try fixture.userToken()
    #expect(try fixture.send("GET", "/api/auth/me", token: token).status == 200)
    let reply = try fixture.send("GET", "/api/auth/me", token: token)
    #expect(reply.status == 429)
    #expect(reply.fields.filter { $0.name == "ratelimit" }.map(\.value) == [#""requests-user";r=0;t=3600"#])
    let admin = try fixture.adminToken()
    #expect(try fixture.send("GET", "/api/users", token: admin).first("ratelimit") != nil)
    let exempt = try fixture.send("GET", "/api/users", token: admin)
    #expect(exempt.status == 200 && exempt.first("ratelimit") == nil)
  }
}
