// The messages of the live protocol (docs/WIRE_PROTOCOL.md) and their JSON schemas, for AsyncAPI; the notices among them
// stand in an event's log and so in OpenAPI, too. Hand-written; tests hold real messages against them.

/// A message of the live protocol.
struct MessageSchema: Sendable {
  /// The value of its `type`.
  let type: String
  let isFromClient: Bool
  let summary: String
  let json: String

  /// From the server.
  init(_ type: String, _ summary: String, _ json: String) {
    (self.type, self.summary, self.json, isFromClient) = (type, summary, json, false)
  }

  init(fromClient type: String, _ summary: String, _ json: String) {
    (self.type, self.summary, self.json, isFromClient) = (type, summary, json, true)
  }

  /// `booking_created` is BookingCreated.
  var name: String {
    type.split(separator: "_").map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined()
  }
}

extension Schemas {
  static let availableTypes = #"""
    {"type":"array","description":"Only where the event is divided.","items":{"type":"object",
    "required":["id","available"],"properties":{"id":{"type":"integer"},"available":\#(count)}}}
    """#
  static let publicState = #"""
    "status":{"enum":["scheduled","on_sale","paused","closed","cancelled","deleted","draft"]},
    "name":{"type":"string"},"startsAt":\#(timeOrNull),"opensAt":\#(timeOrNull),"closesAt":\#(timeOrNull),
    "maxPerBooking":{"type":"integer","minimum":1}
    """#
  private static let counts = #"""
    "eventId":\#(eventID),"seq":\#(count),"availableSeats":\#(count),
    "seatCapacity":{"type":"integer","minimum":1},"timestamp":\#(time),
    "types":\#(availableTypes)
    """#

  private static func greeting(_ type: String, _ more: String, _ required: String) -> String {
    #"""
    {"type":"object","required":["type","epoch","timestamp"\#(required)],"properties":{
    "type":{"const":"\#(type)"}\#(more),\#(counts),\#(publicState),
    "epoch":{"type":"string"},"recovered":{"type":"boolean",
    "description":"Whether what was missed follows; only when a resume was asked."}}}
    """#
  }

  private static func booking(_ type: String) -> String {
    #"""
    {"type":"object","required":["type","eventId","quantity","availableSeats","seatCapacity","seq","timestamp"],
    "properties":{"type":{"const":"\#(type)"},\#(counts),"bookingId":\#(bookingID),"userId":\#(subject),
    "quantity":{"type":"integer","minimum":1},"typeId":{"type":"integer","minimum":1}}}
    """#
  }

  private static func told(_ type: String, _ members: String, required: String) -> String {
    #"""
    {"type":"object","required":["type","timestamp"\#(required)],"properties":{
    "type":{"const":"\#(type)"},"timestamp":\#(time)\#(members)}}
    """#
  }

  static let messages: [MessageSchema] = [
    MessageSchema(
      "connection_established", "The first message of a connection.",
      greeting("connection_established", #","clientId":{"type":"string"}"#, #","clientId""#)),
    MessageSchema(
      "subscribed", "The answer to subscribe_event.",
      greeting("subscribed", "", #","eventId","seq""#)),
    MessageSchema(
      "unsubscribed", "The answer to unsubscribe_event.",
      told("unsubscribed", #","eventId":\#(eventID)"#, required: #","eventId""#)),
    MessageSchema(
      "booking_created", "Seats were booked or held. Anonymous viewers get neither bookingId nor userId.",
      booking("booking_created")),
    MessageSchema(
      "booking_cancelled", "A booking or a hold was given back, or a hold expired.",
      booking("booking_cancelled")),
    MessageSchema(
      "seat_update",
      "The capacity was changed; with fromSeq and toSeq it stands for everything missed between them.",
      #"""
      {"type":"object","required":["type","eventId","availableSeats","seatCapacity","seq","timestamp"],
      "properties":{"type":{"const":"seat_update"},\#(counts),\#(publicState),"fromSeq":\#(count),
      "toSeq":\#(count)}}
      """#),
    MessageSchema(
      "event_updated", "Anything else of the event was changed, or it was deleted.",
      #"""
      {"type":"object","required":["type","eventId","status","name","startsAt","opensAt","closesAt",
      "maxPerBooking","availableSeats","seatCapacity","seq","timestamp"],
      "properties":{"type":{"const":"event_updated"},\#(counts),\#(publicState)}}
      """#),
    MessageSchema(
      "pong", "The answer to ping, with the last seq that this connection was sent of each event.",
      told(
        "pong",
        #","positions":{"type":"array","items":{"type":"object","required":["eventId","seq"],"#
          + #""properties":{"eventId":\#(eventID),"seq":\#(count)}}}"#, required: #","positions""#)),
    MessageSchema(
      "viewers", "How many watch an event (--viewer-counts on). It has no seq: the newest counts.",
      #"""
      {"type":"object","required":["type","eventId","viewers"],"properties":{"type":{"const":"viewers"},
      "eventId":\#(eventID),"viewers":\#(count)}}
      """#),
    MessageSchema(
      "error", "A message was not acted upon.",
      told(
        "error",
        #","message":{"type":"string","description":"For people."},"code":{"type":"string"},"eventId":\#(eventID)"#,
        required: #","message","code""#)),
    MessageSchema(
      "stats", "The answer to get_stats: what GET /api/server/stats answers.",
      told("stats", "," + serverStatsMembers, required: "," + serverStatsNames)),
    MessageSchema(
      "token_expiring", "The token, and the connection with it, end at this time unless it is refreshed.",
      told("token_expiring", #","expiresAt":\#(time)"#, required: #","expiresAt""#)),
    MessageSchema(
      "token_refreshed", "The answer to refresh_token.",
      told("token_refreshed", #","expiresAt":\#(time)"#, required: #","expiresAt""#)),
    MessageSchema(
      "waitlist_offer",
      "Only to the user's own connections: seats are held for the user until expiresAt; confirm the booking.",
      told(
        "waitlist_offer",
        #","eventId":\#(eventID),"bookingId":\#(bookingID),"quantity":{"type":"integer","minimum":1},"#
          + #""typeId":{"type":"integer","minimum":1},"expiresAt":\#(time)"#,
        required: #","eventId","bookingId","quantity","expiresAt""#)),
    MessageSchema(
      "waitlist_position", "Only to the user's own connections: the user has moved up in a waiting list.",
      told(
        "waitlist_position",
        #","eventId":\#(eventID),"position":{"type":"integer","minimum":1},"#
          + #""quantity":{"type":"integer","minimum":1}"#,
        required: #","eventId","position","quantity""#)),
    MessageSchema(
      "server_draining", "The server restarts; come back after this time.",
      told("server_draining", #","reconnectAfterMs":\#(count)"#, required: #","reconnectAfterMs""#)),
    MessageSchema(
      fromClient: "subscribe_event", "Subscribes; with since and epoch it resumes.",
      #"""
      {"type":"object","required":["type","eventId"],"properties":{"type":{"const":"subscribe_event"},
      "eventId":\#(eventID),"since":{"type":["integer","null"],"minimum":0},"epoch":{"type":["string","null"]}}}
      """#),
    MessageSchema(
      fromClient: "unsubscribe_event", "Ends a subscription.",
      #"""
      {"type":"object","required":["type","eventId"],"properties":{"type":{"const":"unsubscribe_event"},
      "eventId":\#(eventID)}}
      """#),
    MessageSchema(
      fromClient: "set_pace",
      "Asks for at most so many messages with a seq per event and second, 0 for all. What is left out is one seat_update with fromSeq and toSeq.",
      #"""
      {"type":"object","required":["type","maxPerSecond"],"properties":{"type":{"const":"set_pace"},
      "maxPerSecond":{"type":"integer","minimum":0,"maximum":\#(SessionMessages.highestPace)}}}
      """#),
    MessageSchema(
      fromClient: "refresh_token", "The connection is to live as long as this token of the same user.",
      #"""
      {"type":"object","required":["type","token"],"properties":{"type":{"const":"refresh_token"},
      "token":{"type":"string"}}}
      """#),
    MessageSchema(
      fromClient: "get_stats", "Asks for the numbers of the server; for administrators.",
      #"{"type":"object","required":["type"],"properties":{"type":{"const":"get_stats"}}}"#),
    MessageSchema(
      fromClient: "ping", "Asks for a pong.",
      #"{"type":"object","required":["type"],"properties":{"type":{"const":"ping"}}}"#),
  ]

  /// The messages that are notices: they stand in the notice log, too.
  static let notices = messages.filter {
    ["booking_created", "booking_cancelled", "seat_update", "event_updated"].contains($0.type)
  }
}
