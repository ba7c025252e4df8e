// What a server says on a live connection (docs/WIRE_PROTOCOL.md), read once into values. Members that this version
// does not know are ignored; a message that lacks what its type promises is a violation of the protocol. Pure.

/// The state of an event that pages show, as far as a message tells it.
public struct EventState: Sendable, Hashable {
  /// `draft`, `scheduled`, `on_sale`, `paused`, `closed`, `cancelled` or `deleted`.
  public let status: String
  public let name: String
  /// Times as the server writes them, `2026-01-31T20:00:00.000Z`; nil: there is none.
  public let startsAt: String?
  public let opensAt: String?
  public let closesAt: String?
  public let maxPerBooking: Int?
}

/// What is left of one ticket type.
public struct TypeCount: Sendable, Hashable {
  public let id: Int
  public let available: Int
}

/// The counts of an event after one change of it.
public struct SeatCount: Sendable, Hashable {
  public let availableSeats: Int
  public let seatCapacity: Int
  /// Of the ticket types; empty where there are none.
  public let types: [TypeCount]
}

/// One change of an event, or what stands for several.
public struct Notice: Sendable, Hashable {
  public enum Kind: String, Sendable, Hashable {
    case bookingCreated = "booking_created"
    case bookingCancelled = "booking_cancelled"
    case seatUpdate = "seat_update"
    case eventUpdated = "event_updated"
    /// Not told by the server as a change: the state after changes that are no longer to be had one by one.
    case caughtUp = "caught_up"
  }

  public let kind: Kind
  public let eventID: Int
  /// The number of this change. Without gaps: the next notice's `fromSeq` is this plus 1.
  public let seq: UInt64
  /// Below `seq` when the notice stands for all changes from here on: a reader was too slow, or away for too long.
  public internal(set) var fromSeq: UInt64
  public let count: SeatCount
  /// Told by `eventUpdated`, `caughtUp`, and notices that stand for several.
  public let state: EventState?
  /// Of bookings, where the server tells them.
  public let bookingID: String?
  public let userID: String?
  public let quantity: Int?
  /// The time of the commit by the server's clock, in milliseconds since 1970.
  public let committedAt: Int64

  /// Whether it stands for more than its own change.
  public var standsForMany: Bool { fromSeq < seq }
}

/// Where a connection begins.
struct Greeting: Sendable, Hashable {
  /// Nil on a connection without an event.
  let eventID: Int?
  let seq: UInt64
  let epoch: String
  /// Nil after a resume: exactly the missed notices follow.
  let count: SeatCount?
  let state: EventState?
  /// Nil: no resume was asked.
  let recovered: Bool?
  let timestamp: Int64
}

/// A message of a server.
enum ServerMessage: Sendable, Hashable {
  case greeting(Greeting)
  case notice(Notice)
  case tokenExpiring
  case draining(reconnectAfterMilliseconds: Int)
  case error(code: String, message: String)
  /// Seats of the waiting list are held for this user.
  case offer(WaitlistOffer)
  /// One that a feed of notices does not need.
  case other(type: String)

  init(_ text: [UInt8]) throws(ClientError) {
    guard let document = try? StrictJSON.scan(text), document.isObject,
      let type = document.text(of: "type")
    else { throw .protocolViolation("The server sent a message that is no JSON object with a type.") }
    let reader = MessageMembers(document: document, type: type)
    switch type {
    case "connection_established", "subscribed": self = .greeting(try reader.greeting())
    case "booking_created", "booking_cancelled", "seat_update", "event_updated":
      self = .notice(try reader.notice())
    case "token_expiring": self = .tokenExpiring
    case "server_draining":
      self = .draining(reconnectAfterMilliseconds: try reader.number("reconnectAfterMs"))
    case "error":
      self = .error(code: document.text(of: "code") ?? "", message: try reader.text("message"))
    case "waitlist_offer": self = .offer(try reader.offer())
    default: self = .other(type: type)
    }
  }
}

/// An offer of the waiting list: confirm the booking before it ends.
public struct WaitlistOffer: Sendable, Hashable {
  public let eventID: Int
  public let bookingID: String
  public let quantity: Int
  public let expiresAt: String
}

/// Reads the members of one message.
private struct MessageMembers {
  let document: JSONDocument
  let type: String

  private func missing(_ name: String) -> ClientError {
    .protocolViolation("The server's message \(type) has no valid \(name).")
  }

  func text(_ name: String) throws(ClientError) -> String {
    guard let text = document.text(of: name) else { throw missing(name) }
    return text
  }

  func number(_ name: String) throws(ClientError) -> Int {
    guard let number = document.number(of: name) else { throw missing(name) }
    return number
  }

  private func seq(_ name: String) throws(ClientError) -> UInt64 {
    guard let seq = UInt64(exactly: try number(name)) else { throw missing(name) }
    return seq
  }

  private func time() throws(ClientError) -> Int64 {
    guard let moment = Timestamps.parse(try text("timestamp")) else { throw missing("timestamp") }
    return moment.milliseconds
  }

  func greeting() throws(ClientError) -> Greeting {
    let epoch = document.text(of: "epoch") ?? ""
    let event = document.number(of: "eventId")
    return Greeting(
      eventID: event, seq: event == nil ? 0 : try seq("seq"), epoch: epoch,
      count: document.member("availableSeats") == nil ? nil : try count(),
      state: state(), recovered: document.member("recovered").flatMap(document.bool), timestamp: try time())
  }

  func notice() throws(ClientError) -> Notice {
    guard let kind = Notice.Kind(rawValue: type) else { throw missing("type") }
    let seq = try seq("seq")
    return Notice(
      kind: kind, eventID: try number("eventId"), seq: seq,
      fromSeq: document.member("fromSeq") == nil ? seq : try self.seq("fromSeq"), count: try count(),
      state: state(), bookingID: document.text(of: "bookingId"), userID: user(),
      quantity: document.number(of: "quantity"), committedAt: try time())
  }

  func offer() throws(ClientError) -> WaitlistOffer {
    WaitlistOffer(
      eventID: try number("eventId"), bookingID: try text("bookingId"), quantity: try number("quantity"),
      expiresAt: try text("expiresAt"))
  }

  /// A number as the server's own, a string for users of another system.
  private func user() -> String? {
    document.text(of: "userId") ?? document.number(of: "userId").map(String.init)
  }

  private func count() throws(ClientError) -> SeatCount {
    SeatCount(
      availableSeats: try number("availableSeats"), seatCapacity: try number("seatCapacity"), types: types())
  }

  private func types() -> [TypeCount] {
    (document.member("types").flatMap { document.elements(of: $0) } ?? []).compactMap { index in
      guard document.isObject(index), let id = document.number(of: "id", in: index),
        let available = document.number(of: "available", in: index)
      else { return nil }
      return TypeCount(id: id, available: available)
    }
  }

  private func state() -> EventState? {
    guard let status = document.text(of: "status"), let name = document.text(of: "name") else { return nil }
    return EventState(
      status: status, name: name, startsAt: document.text(of: "startsAt"),
      opensAt: document.text(of: "opensAt"), closesAt: document.text(of: "closesAt"),
      maxPerBooking: document.number(of: "maxPerBooking"))
  }
}
