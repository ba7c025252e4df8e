// The JSON schemas (draft 2020-12) of everything that REST sends and receives; those of the live protocol are in
// Schemas+Messages.swift. Hand-written; tests hold real answers and messages against them, and every member that those
// have must stand here. Lengths count bytes of UTF-8 where the server does, so a schema may allow a little more.

/// A schema by name, as finished JSON.
struct NamedSchema: Sendable {
  let name: String
  let json: String
  init(_ name: String, _ json: String) { (self.name, self.json) = (name, json) }
}

enum Schemas {
  static let time = #"{"type":"string","format":"date-time"}"#
  static let timeOrNull = #"{"type":["string","null"],"format":"date-time"}"#
  static let count = #"{"type":"integer","minimum":0}"#
  static let eventID = #"{"type":"integer","minimum":1}"#
  static let bookingID = #"{"type":"string","pattern":"^BK-[0-9A-Z]+$"}"#
  static let subject =
    #"{"type":["integer","string"],"description":"The subject of the token: an integer when it is one below 2^53, else a string."}"#

  /// One that an account has; and one that it is to have.
  private static let password = #"{"type":"string","minLength":1,"maxLength":1024}"#
  private static let newPassword = #"{"type":"string","minLength":8,"maxLength":1024}"#

  static func page(of name: String, next: String = #"{"type":["string","null"]}"#) -> String {
    #"""
    {"type":"object","required":["items","next"],"properties":{
    "items":{"type":"array","items":{"$ref":"#/components/schemas/\#(name)"}},"next":\#(next)}}
    """#
  }

  // MARK: REST

  static let rest: [NamedSchema] = accounts + events + feed + bookings + records + [problem]

  private static let accounts = [
    NamedSchema(
      "Registration",
      #"""
      {"type":"object","required":["email","password","name"],"properties":{
      "email":{"type":"string","minLength":3,"maxLength":254},
      "password":\#(newPassword),
      "name":{"type":"string","minLength":1,"maxLength":200}}}
      """#),
    NamedSchema(
      "Credentials",
      #"""
      {"type":"object","required":["email","password"],"properties":{
      "email":{"type":"string","minLength":1,"maxLength":254},
      "password":\#(password)}}
      """#),
    NamedSchema(
      "PasswordChange",
      #"""
      {"type":"object","required":["currentPassword","newPassword"],"properties":{
      "currentPassword":\#(password),
      "newPassword":\#(newPassword)}}
      """#),
    NamedSchema(
      "NewPassword",
      #"""
      {"type":"object","required":["newPassword"],"properties":{
      "newPassword":\#(newPassword)}}
      """#),
    NamedSchema(
      "User",
      #"""
      {"type":"object","required":["id","email","name","role"],"properties":{"id":\#(subject),
      "email":{"type":["string","null"]},"name":{"type":["string","null"]},
      "role":{"enum":["user","admin"]}}}
      """#),
    NamedSchema(
      "Session",
      #"""
      {"type":"object","required":["user","token","expiresAt"],"properties":{
      "user":{"$ref":"#/components/schemas/User"},"token":{"type":"string"},"expiresAt":\#(time)}}
      """#),
    NamedSchema(
      "Person",
      #"""
      {"type":"object","required":["id","issuer","email","name","role","disabled","createdAt"],"properties":{
      "id":\#(subject),"issuer":{"type":"string"},"email":{"type":["string","null"]},
      "name":{"type":["string","null"]},"role":{"enum":["user","admin",null]},
      "disabled":{"type":"boolean"},"createdAt":\#(time)}}
      """#),
    NamedSchema(
      "PersonPatch",
      #"""
      {"type":"object","properties":{"role":{"enum":["user","admin"]},"disabled":{"type":"boolean"}},
      "additionalProperties":false}
      """#),
    NamedSchema("PersonPage", page(of: "Person")),
    NamedSchema(
      "ConnectionWish",
      #"""
      {"type":"object","properties":{"events":{"type":"array","minItems":1,"maxItems":64,"items":\#(eventID),
      "description":"The only events that the connection may watch."}}}
      """#),
    NamedSchema(
      "ConnectionToken",
      #"""
      {"type":"object","required":["token","expiresAt"],"properties":{"token":{"type":"string"},
      "expiresAt":\#(time)}}
      """#),
  ]

  /// `scheduled` and what the clock closes are told, not set; both words may be sent back.
  private static let status =
    #"{"enum":["draft","scheduled","on_sale","paused","closed","cancelled"]}"#

  private static let eventMembers = #"""
    "name":{"type":"string","minLength":1,"maxLength":200},
    "description":{"type":"string","maxLength":4000},"venue":{"type":"string","maxLength":200},
    "startsAt":\#(timeOrNull),"opensAt":\#(timeOrNull),"closesAt":\#(timeOrNull),"status":\#(status),
    "seatCapacity":{"type":"integer","minimum":1,"maximum":1000000},
    "maxPerBooking":{"type":"integer","minimum":1,"maximum":1000},
    "maxPerUser":{"type":"integer","minimum":0,"maximum":1000000,"description":"0: no limit."},
    "holdSeconds":{"type":"integer","minimum":0,"maximum":86400,"description":"0: no holds."},
    "holdExtensionSeconds":{"type":"integer","minimum":0,"maximum":86400,"description":"0: no extension."},
    "types":{"type":"array","maxItems":50,"items":{"$ref":"#/components/schemas/TicketType"},
    "description":"Only where the event is divided."},
    "id":\#(eventID),"availableSeats":\#(count),"seq":\#(count)
    """#

  private static let events = [
    NamedSchema(
      "Event",
      #"""
      {"type":"object","required":["id","name","description","venue","startsAt","opensAt","closesAt","status",
      "seatCapacity","availableSeats","maxPerBooking","maxPerUser","holdSeconds","holdExtensionSeconds","seq"],
      "properties":{\#(eventMembers)}}
      """#),
    NamedSchema(
      "TicketType",
      #"""
      {"type":"object","required":["name"],"properties":{
      "id":{"type":"integer","minimum":1,"description":"Given by the server; names a type that is to stay."},
      "name":{"type":"string","minLength":1,"maxLength":200},
      "capacity":{"type":["integer","null"],"minimum":1,"maximum":1000000,
      "description":"null: it shares what the event has left."},
      "available":\#(count),"maxPerBooking":{"type":["integer","null"],"minimum":1,"maximum":1000},
      "maxPerUser":{"type":"integer","minimum":0,"maximum":1000000},
      "opensAt":\#(timeOrNull),"closesAt":\#(timeOrNull)},"additionalProperties":false}
      """#),
    NamedSchema(
      "EventDraft",
      #"""
      {"type":"object","required":["name","seatCapacity"],"properties":{\#(eventMembers)},
      "additionalProperties":false,
      "description":"id, availableSeats and seq are the server's and ignored, so an event may be sent back as it was read."}
      """#),
    NamedSchema(
      "EventPatch",
      #"""
      {"type":"object","properties":{\#(eventMembers),
      "seatCapacityDelta":{"type":"integer","minimum":-1000000,"maximum":1000000,
      "description":"Added to the capacity as it is then; not beside seatCapacity."}},
      "additionalProperties":false}
      """#),
    NamedSchema("EventPage", page(of: "Event")),
    NamedSchema(
      "Notice",
      #"""
      {"oneOf":[{"$ref":"#/components/schemas/BookingCreated"},
      {"$ref":"#/components/schemas/BookingCancelled"},{"$ref":"#/components/schemas/SeatUpdate"},
      {"$ref":"#/components/schemas/EventUpdated"}]}
      """#),
    NamedSchema("NoticePage", page(of: "Notice", next: #"{"type":["integer","null"]}"#)),
  ]

  private static let feed = [
    NamedSchema(
      "FeedItem",
      #"""
      {"type":"object","required":["position","type","eventId","at"],"properties":{
      "position":{"type":"string"},"type":{"enum":["booking_held","booking_confirmed","booking_extended",
      "booking_cancelled","booking_expired","capacity_changed","event_created","event_updated",
      "event_cancelled","event_deleted"]},"eventId":\#(eventID),"seq":\#(count),"at":\#(time),
      "bookingId":\#(bookingID),"userId":\#(subject),"issuer":{"type":"string"},
      "quantity":{"type":"integer","minimum":1},"typeId":{"type":"integer","minimum":1},"expiresAt":\#(time),
      "availableSeats":\#(count),"seatCapacity":{"type":"integer","minimum":1},"types":\#(availableTypes),
      \#(publicState)}}
      """#),
    NamedSchema(
      "WaitlistWish",
      #"""
      {"type":"object","properties":{"quantity":{"type":"integer","minimum":1,"default":1},
      "typeId":{"type":"integer","minimum":1,"description":"The ticket type; absent: any."}}}
      """#),
    NamedSchema(
      "WaitlistPlace",
      #"""
      {"type":"object","required":["eventId","position","quantity","joinedAt"],"properties":{
      "eventId":\#(eventID),"position":{"type":"integer","minimum":1},
      "quantity":{"type":"integer","minimum":1},"typeId":{"type":"integer","minimum":1},"joinedAt":\#(time)}}
      """#),
    NamedSchema(
      "FeedPage",
      #"""
      {"type":"object","required":["items","position"],"properties":{
      "items":{"type":"array","items":{"$ref":"#/components/schemas/FeedItem"}},
      "position":{"type":"string","description":"What the next request names as after."}}}
      """#),
  ]

  private static let bookings = [
    NamedSchema(
      "NewBooking",
      #"""
      {"type":"object","required":["eventId"],"properties":{"eventId":\#(eventID),
      "quantity":{"type":"integer","minimum":1,"maximum":1000000,"default":1},
      "hold":{"type":"boolean","default":false,"description":"Keep the seats for the event's holdSeconds."},
      "typeId":{"type":"integer","minimum":1,
      "description":"Without it the first ticket type that takes the booking."}}}
      """#),
    NamedSchema(
      "Booking",
      #"""
      {"type":"object","required":["bookingId","eventId","userId","quantity","status","createdAt",
      "availableSeats","seq"],"properties":{"bookingId":\#(bookingID),"eventId":\#(eventID),
      "userId":\#(subject),"quantity":{"type":"integer","minimum":1},
      "typeId":{"type":"integer","minimum":1},"status":{"enum":["held","confirmed","cancelled","expired"]},"createdAt":\#(time),
      "expiresAt":{"type":"string","format":"date-time","description":"Of a hold: when its seats are free again."},
      "cancelledAt":\#(time),"availableSeats":\#(count),"seq":\#(count)}}
      """#),
    NamedSchema("BookingPage", page(of: "Booking")),
  ]

  private static let problem = NamedSchema(
    "Problem",
    #"""
    {"type":"object","required":["type","title","status"],"properties":{
    "type":{"type":"string","description":"Stable: about:blank or urn:seatcast:problem:NAME."},
    "title":{"type":"string"},"status":{"type":"integer","minimum":400,"maximum":599},
    "detail":{"type":"string","description":"For people."},
    "errors":{"type":"array","items":{"type":"object","required":["pointer","detail"],"properties":{
    "pointer":{"type":"string"},"detail":{"type":"string"}}}},
    "available":\#(count),"requested":{"type":"integer"},
    "limit":{"type":["integer","string"]},"booked":\#(count),"retryAfter":\#(count),
    "sold":\#(count),"held":\#(count),"opensAt":\#(time),"closesAt":\#(time),"expiresAt":\#(time),
    "offset":\#(count),"parameter":{"type":"string"},"typeId":{"type":"integer"},
    "position":{"type":"string"},
    "requestId":{"type":"string","description":"As X-Request-Id."}}}
    """#)
}
