import TestSupport
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

  @Test("A server by itself is a cluster of one, which leads")
  func clusterOfOne() throws {
    let backend = try APIFixture(insight: ScriptedInsight())
    let (admin, user) = (try backend.adminToken(), try backend.userToken())
    let reply = try backend.send("GET", "/api/cluster", token: admin)
    #expect(reply.status == 200)
    let told = try StrictJSON.parse(reply.body).members
    #expect(told?["leader"] == told?["node"] && told?["bus"] == .null)
    #expect(told?["store"]?.members?["kind"]?.text == "sqlite")
    #expect(told?["totals"]?.members?["nodes"]?.whole == 1)
    guard case .array(let nodes)? = told?["nodes"] else { throw TestFailure("no nodes") }
    #expect(nodes.count == 1 && nodes[0].members?["state"]?.text == "alive")
    #expect(nodes[0].members?["leads"] == .bool(true) && nodes[0].members?["lagMilliseconds"]?.whole == 0)
    #expect(try backend.send("GET", "/api/cluster", token: user).status == 403)
    #expect(try backend.send("GET", "/api/cluster").status == 401)
  }

  @Test("Without a data plane there is nothing to tell")
  func alone() throws {
    let backend = try APIFixture()
    #expect(try backend.send("GET", "/api/server/stats", token: backend.adminToken()).status == 404)
  }

  @Test("Administrators look at how loops broadcast an event")
  func fanout() throws {
    var audience = AudienceFanout(.anonymous)
    (audience.subscribers, audience.head, audience.oldest) = (3, 9, 8)
    var insight = ScriptedInsight()
    insight.loops = [
      PartFanout(part: 0, hasAnswered: true, audiences: [audience]),
      PartFanout(part: 1, hasAnswered: false, audiences: []),
    ]
    let backend = try APIFixture(insight: insight)
    let admin = try backend.adminToken()
    let event = try backend.send("POST", "/api/events", #"{"name":"E","seatCapacity":1}"#, token: admin)
      .number("id")
    let reply = try backend.send("GET", "/debug/fanout/\(event)", token: admin)
    #expect(
      String(decoding: reply.body, as: UTF8.self).hasSuffix(
        #""loops":[{"loop":0,"answered":true,"audiences":[{"audience":"anonymous","subscribers":3,"lagging":0,"#
          + #""cohorts":0,"seq":9,"oldestSeq":8,"newestSeq":null,"logFrames":0,"logBytes":0,"conflated":0}]},"#
          + #"{"loop":1,"answered":false,"audiences":[]}]}"#))
    #expect(try backend.send("GET", "/debug/fanout/999", token: admin).status == 404)
    #expect(try backend.send("GET", "/debug/fanout/\(event)", token: backend.userToken()).status == 403)
  }

  @Test("While somebody else asks, the answer is to come again")
  func busy() throws {
    var insight = ScriptedInsight()
    insight.loops = nil
    let backend = try APIFixture(insight: insight)
    let admin = try backend.adminToken()
    let event = try backend.send("POST", "/api/events", #"{"name":"E","seatCapacity":1}"#, token: admin)
      .number("id")
    let reply = try backend.send("GET", "/debug/fanout/\(event)", token: admin)
    #expect(reply.status == 503 && reply.first("retry-after") == "1")
  }
}
