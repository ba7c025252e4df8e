import Testing

@testable import ControlPlane

@Suite("Server endpoints")
struct ServerEndpointsTests {
  @Test("Administrators read the numbers, which count what was done; nobody else does")
  func stats() throws {
    let backend = try APIFixture(insight: ScriptedInsight())
    let (admin, user) = (try backend.adminToken(), try backend.userToken())
    let event = try backend.send("POST", "/api/events", #"{"name":"E","seatCapacity":1}"#, token: admin)
      .number("id")
    _ = try backend.book(event, token: user)
    let refused = #"{"eventId":\#(event),"quantity":1}"#
    #expect(try backend.send("POST", "/api/bookings", refused, token: user).status == 409)
    let reply = try backend.send("GET", "/api/server/stats", token: admin)
    #expect(reply.status == 200)
    let stats = try StrictJSON.parse(reply.body).members
    #expect(stats?["totals"]?.members?["bookings"]?.whole == 1)
    #expect(stats?["refusals"]?.members?["sold-out"]?.whole == 1)
    #expect(stats?["histograms"]?.members?["sync"]?.members?["count"]?.whole ?? 0 >= 2)
    #expect(try backend.send("GET", "/api/server/stats", token: user).status == 403)
    #expect(try backend.send("GET", "/api/server/stats").status == 401)
  }

  @Test("Without a data plane there is nothing to tell")
  func alone() throws {
    let backend = try APIFixture()
    #expect(try backend.send("GET", "/api/server/stats", token: backend.adminToken()).status == 404)
  }
}
