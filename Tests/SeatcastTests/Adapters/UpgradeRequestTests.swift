import ControlPlane
import FanoutCore
import Testing

@testable import seatcast

@Suite("Upgrade requests")
struct UpgradeRequestTests {
  private func request(_ target: String, _ fields: [(String, String)] = []) -> UpgradeRequest {
    UpgradeRequest(.make("GET", target, fields))
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
    #expect(request("/ws?a=b&token=a.b.c").token == "a.b.c")
    #expect(request("/ws?token=a%2Eb%2ec%3D").token == "a.b.c=")
    #expect(request("/ws", [("authorization", "bEARER  a.b.c ")]).token == "a.b.c")
    #expect(request("/ws", [("Sec-WebSocket-Protocol", "seatcast.v1 , bearer.a.b.c")]).token == "a.b.c")
    #expect(
      request("/ws", [("Sec-WebSocket-Protocol", "bearer.x"), ("Sec-WebSocket-Protocol", "seatcast.v1")])
        .token
        == "x")
  }

  @Test("The URL comes first, then the field, then the subprotocol, and empty ones count for nothing")
  func precedence() {
    let fields = [("Authorization", "Bearer field"), ("Sec-WebSocket-Protocol", "bearer.protocol")]
    #expect(request("/ws?token=url&token=second", fields).token == "url")
    #expect(request("/ws?token=", fields).token == "field")
    #expect(request("/ws?token=", [fields[1]]).token == "protocol")
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
    #expect(request(target, fields).token == nil)
  }

  @Test("Only our own subprotocol counts as offered")
  func subprotocol() {
    #expect(
      request("/ws", [("Sec-WebSocket-Protocol", "chat, seatcast.v1")]).chosenSubprotocol == "seatcast.v1")
    #expect(request("/ws", [("Sec-WebSocket-Protocol", "seatcast.v2, SEATCAST.V1")]).chosenSubprotocol == nil)
    #expect(request("/ws").chosenSubprotocol == nil)
  }

  @Test("Since and epoch are taken as they stand")
  func resume() {
    let found = request("/ws/events/1?since=12&epoch=a%2Fb")
    #expect(found.since == "12")
    #expect(found.epoch == "a/b")
    #expect(request("/ws").since == nil)
  }

  @Test(
    "Queries are decoded without ever failing",
    arguments: [
      ("a=%", "%"), ("a=%4", "%4"), ("a=%zz", "%zz"), ("a=%41%", "A%"), ("a=1+2", "1+2"), ("a==", "="),
      ("&&a=x&", "x"), ("a", ""), ("a=%E2%82%AC", "€"), ("a=%FF", "\u{FFFD}"), ("%61=y", "y"),
    ])
  func queries(query: String, expected: String) {
    #expect(QueryString(query)["a"] == expected)
  }
}
