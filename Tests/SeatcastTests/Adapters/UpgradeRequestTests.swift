import ControlPlane
import FanoutCore
import Testing

@testable import seatcast

@Suite("Upgrade requests")
struct UpgradeRequestTests {
  private func request(_ target: String, _ fields: [(String, String)] = []) -> UpgradeRequest {
    UpgradeRequest(.make("GET", target, fields))
  }

  private func token(_ target: String, _ fields: [(String, String)] = []) -> String? {
    request(target, fields).token.map { String(decoding: $0, as: UTF8.self) }
  }

  @Test(
    "The path names the event",
    arguments: [
      ("/ws", UpgradeRequest.Target.session), ("/ws/", .session), ("/ws?token=x", .session),
      ("/ws/events/1", .event(EventID(1))), ("/ws/events/9223372036854775807", .event(EventID(.max))),
      ("/ws/events/123?token=/ws", .event(EventID(123))),
    ])
  func targets(target: String, expected: UpgradeRequest.Target) {
    #expect(request(target).target == expected)
  }

  @Test(
    "What stands where an id should is told from a path that is not ours",
    arguments: [
      ("/ws/events/", UpgradeRequest.Target.malformedEvent), ("/ws/events/abc", .malformedEvent),
      ("/ws/events/0", .malformedEvent), ("/ws/events/-1", .malformedEvent),
      ("/ws/events/+1", .malformedEvent),
      ("/ws/events/01", .malformedEvent), ("/ws/events/1/", .malformedEvent),
      ("/ws/events/%31", .malformedEvent),
      ("/ws/events/9223372036854775808", .malformedEvent), ("/ws/events/1.0", .malformedEvent),
      ("/ws/events/\u{0661}", .malformedEvent), ("/ws/events", .elsewhere), ("/ws/event/1", .elsewhere),
      ("/", .elsewhere), ("/wss", .elsewhere), ("/api/events/1/stream", .elsewhere), ("/WS", .elsewhere),
    ])
  func strangeTargets(target: String, expected: UpgradeRequest.Target) {
    #expect(request(target).target == expected)
  }

  @Test("A token is found in each of its three places")
  func tokens() {
    #expect(token("/ws?a=b&token=a.b.c") == "a.b.c")
    #expect(token("/ws?token=a%2Eb%2ec%3D") == "a.b.c=")
    #expect(token("/ws", [("authorization", "bEARER  a.b.c ")]) == "a.b.c")
    #expect(token("/ws", [("Sec-WebSocket-Protocol", "seatcast.v1 , bearer.a.b.c")]) == "a.b.c")
    #expect(
      token("/ws", [("Sec-WebSocket-Protocol", "bearer.x"), ("Sec-WebSocket-Protocol", "seatcast.v1")])
        == "x")
  }

  @Test("The URL comes first, then the field, then the subprotocol, and empty ones count for nothing")
  func precedence() {
    let fields = [("Authorization", "Bearer field"), ("Sec-WebSocket-Protocol", "bearer.protocol")]
    #expect(token("/ws?token=url", fields) == "url")
    #expect(token("/ws?token=", fields) == "field")
    #expect(token("/ws?token=", [fields[1]]) == "protocol")
  }

  @Test(
    "Nothing that is no token is taken for one",
    arguments: [
      ("/ws", []), ("/ws?token=", []), ("/ws?token", []), ("/ws?Token=x", []),
      ("/ws", [("Authorization", "Basic x")]),
      ("/ws", [("Authorization", "Bearer")]), ("/ws", [("Authorization", "Bearer ")]),
      ("/ws", [("Sec-WebSocket-Protocol", "bearer.")]), ("/ws", [("Sec-WebSocket-Protocol", "seatcast.v1")]),
    ])
  func missing(target: String, fields: [(String, String)]) {
    #expect(token(target, fields) == nil)
  }

  @Test("Only our own subprotocol counts as offered")
  func subprotocol() {
    #expect(
      request("/ws", [("Sec-WebSocket-Protocol", "chat, seatcast.v1")]).chosenSubprotocol == "seatcast.v1")
    #expect(request("/ws", [("Sec-WebSocket-Protocol", "seatcast.v2, SEATCAST.V1")]).chosenSubprotocol == nil)
    #expect(request("/ws").chosenSubprotocol == nil)
  }

  @Test("Since is a number in its one spelling, the epoch whatever was sent")
  func resume() {
    let found = request("/ws/events/1?since=12&epoch=a%2Fb")
    #expect(found.since == .seq(12))
    #expect(found.epoch == "a/b")
    #expect(request("/ws").since == .absent)
    #expect(request("/ws?since=0").since == .seq(0))
    #expect(request("/ws?since=9223372036854775807").since == .seq(UInt64(Int64.max)))
    for text in ["abc", "", "-1", "01", "1.0", "%2B1", "9223372036854775808", "%00"] {
      #expect(request("/ws?since=\(text)").since == .malformed, "\(text)")
    }
  }

  @Test("A query that is not well-formed says why, and nothing in it counts")
  func queryFaults() {
    #expect(request("/ws?a=1&b=2").queryFault == nil)
    for target in ["/ws?token=GOOD&token=x", "/ws?token=GOOD&%74oken=GOOD"] {
      #expect(request(target).queryFault == "Repeated query parameter token")
      #expect(request(target).token == nil)
    }
    let long = String(repeating: "n", count: 33)
    #expect(request("/ws?\(long)&\(long)").queryFault == "Repeated query parameter")
    for target in ["/ws?token=%", "/ws?a=%zz", "/ws?%FF=1"] {
      #expect(request(target).queryFault == "Invalid percent escape in the query")
    }
  }
}
