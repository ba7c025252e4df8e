import FoundationEssentials
import Testing

@testable import ControlPlane

@Suite("SessionMessages")
struct SessionMessagesTests {
  private let messages = SessionMessages(
    epoch: "ep-1", clock: StillClock(milliseconds: 1_731_321_000_000), identifiers: CountingIdentifiers())

  private func decode(_ text: String) -> ClientRequest { messages.decode(Array(text.utf8)) }

  private let badFormat = ClientRequest.refused(
    code: "invalid_format", message: "Invalid message format", event: nil)
  private let badEvent = ClientRequest.refused(
    code: "invalid_event_id", message: "Invalid event id", event: nil)

  @Test("The three given messages are understood")
  func given() {
    #expect(
      decode(#"{"type":"subscribe_event","eventId":123}"#) == .subscribe(EventID(123), since: nil, epoch: nil)
    )
    #expect(decode(#"{"type":"unsubscribe_event","eventId":123}"#) == .unsubscribe(EventID(123)))
    #expect(decode(#"{"type":"ping"}"#) == .ping)
    #expect(decode(#"{"type":"refresh_token","token":"a.b.c"}"#) == .refresh(token: Array("a.b.c".utf8)))
    #expect(decode(#" { "extra" : [ { } ] , "type" : "ping" } "#) == .ping)
  }

  @Test("A pace is a whole number from 0 to 60")
  func pace() {
    #expect(decode(#"{"type":"set_pace","maxPerSecond":0}"#) == .pace(maxPerSecond: 0))
    #expect(decode(#"{"type":"set_pace","maxPerSecond":60}"#) == .pace(maxPerSecond: 60))
    for number in ["61", "-1", "1.5", "\"1\"", "null", "true", "9223372036854775808"] {
      #expect(
        decode(#"{"type":"set_pace","maxPerSecond":\#(number)}"#)
          == .refused(code: "invalid_pace", message: "Invalid maxPerSecond", event: nil))
    }
    #expect(decode(#"{"type":"set_pace"}"#) == SessionMessages.invalidPace)
  }

  @Test("subscribe_event may carry since and epoch")
  func resume() {
    #expect(
      decode(#"{"type":"subscribe_event","eventId":1,"since":7,"epoch":"e"}"#)
        == .subscribe(EventID(1), since: 7, epoch: "e"))
    #expect(
      decode(#"{"type":"subscribe_event","eventId":1,"since":null,"epoch":null}"#)
        == .subscribe(EventID(1), since: nil, epoch: nil))
    for since in ["-1", "1.5", "\"7\"", "true", "9223372036854775808"] {
      #expect(
        decode(#"{"type":"subscribe_event","eventId":1,"since":\#(since)}"#)
          == .refused(code: "invalid_since", message: "Invalid since", event: EventID(1)))
    }
    #expect(
      decode(#"{"type":"subscribe_event","eventId":1,"epoch":7}"#)
        == .refused(code: "invalid_epoch", message: "Invalid epoch", event: EventID(1)))
  }

  @Test(
    "What is not a JSON object is an invalid format",
    arguments: [
      "", "ping", "[]", "\"ping\"", "null", "{", "{\"type\":\"ping\"",
      "{\"type\":\"ping\",\"type\":\"ping\"}",
    ])
  func format(text: String) {
    #expect(decode(text) == badFormat)
  }

  @Test("Bytes that are not UTF-8 are an invalid format")
  func notUTF8() {
    #expect(messages.decode([0x7B, 0x22, 0xFF, 0x22, 0x3A, 0x31, 0x7D]) == badFormat)
  }

  @Test(
    "Other types, and none, are unknown",
    arguments: [#"{"type":"x"}"#, #"{"type":1}"#, "{}", #"{"type":"PING"}"#])
  func unknown(text: String) {
    #expect(decode(text) == .refused(code: "unknown_type", message: "Unknown message type", event: nil))
  }

  @Test(
    "A missing or impossible event id is refused",
    arguments: [
      "", ",\"eventId\":null", ",\"eventId\":\"1\"", ",\"eventId\":0", ",\"eventId\":-1", ",\"eventId\":1.5",
      ",\"eventId\":1e99",
    ])
  func eventID(member: String) {
    #expect(decode(#"{"type":"subscribe_event"\#(member)}"#) == badEvent)
    #expect(decode(#"{"type":"unsubscribe_event"\#(member)}"#) == badEvent)
  }

  // MARK: Writing

  private struct Message: Decodable, Equatable {
    var type: String
    var clientId: String?
    var eventId: Int?
    var seq: Int?
    var epoch: String?
    var timestamp: String?
    var recovered: Bool?
    var message: String?
    var code: String?
    var reconnectAfterMs: Int?
  }

  private func read(_ bytes: [UInt8]) throws -> Message {
    try JSONDecoder().decode(Message.self, from: Data(bytes))
  }

  private let now = "2024-11-11T10:30:00.000Z"
  private let snapshot = Array(
    #""eventId":3,"seq":17,"epoch":"ep-1","timestamp":"2020-01-01T00:00:00.000Z""#.utf8)

  @Test("The greeting with a subscription carries client id and snapshot")
  func connected() throws {
    let greeting = try read(messages.connected(event: EventID(3), snapshot: snapshot, recovered: true))
    #expect(
      greeting
        == Message(
          type: "connection_established", clientId: "ws_1731321000000_000102030405", eventId: 3, seq: 17,
          epoch: "ep-1", timestamp: "2020-01-01T00:00:00.000Z", recovered: true))
  }

  @Test("The greeting without a subscription has its own timestamp and no event")
  func connectedAlone() throws {
    let greeting = try read(messages.connected(event: nil, snapshot: nil, recovered: nil))
    #expect(
      greeting
        == Message(
          type: "connection_established", clientId: "ws_1731321000000_000102030405", epoch: "ep-1",
          timestamp: now))
  }

  @Test("Subscribed, unsubscribed, pong and draining say what the contract names")
  func others() throws {
    #expect(
      try read(messages.subscribed(snapshot, recovered: false))
        == Message(
          type: "subscribed", eventId: 3, seq: 17, epoch: "ep-1", timestamp: "2020-01-01T00:00:00.000Z",
          recovered: false))
    #expect(try read(messages.subscribed(snapshot, recovered: nil)).recovered == nil)
    #expect(
      try read(messages.unsubscribed(EventID(4))) == Message(type: "unsubscribed", eventId: 4, timestamp: now)
    )
    #expect(
      String(decoding: messages.pong([(EventID(3), 17), (EventID(4), 0)]), as: UTF8.self)
        == #"{"type":"pong","positions":[{"eventId":3,"seq":17},{"eventId":4,"seq":0}],"timestamp":"\#(now)"}"#
    )
    #expect(
      String(decoding: messages.pong([]), as: UTF8.self)
        == #"{"type":"pong","positions":[],"timestamp":"\#(now)"}"#)
    #expect(
      String(decoding: messages.viewers(12, of: EventID(3)), as: UTF8.self)
        == #"{"type":"viewers","eventId":3,"viewers":12}"#)
    #expect(
      try read(messages.draining(reconnectAfterMilliseconds: 250))
        == Message(type: "server_draining", timestamp: now, reconnectAfterMs: 250))
  }

  @Test("Errors carry message, code and event, escaped")
  func errors() throws {
    let text = "no \"such\"\nthing \\ é"
    #expect(
      try read(messages.error(code: "c", message: text, event: EventID(4)))
        == Message(type: "error", eventId: 4, timestamp: now, message: text, code: "c"))
    #expect(
      try read(messages.error(code: "c", message: text))
        == Message(type: "error", timestamp: now, message: text, code: "c"))
  }
}
