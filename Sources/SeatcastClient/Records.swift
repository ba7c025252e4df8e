// What REST answers are, read into values. Members that this version does not know are ignored. Pure.

/// An event as `GET /api/events/{id}` tells it.
public struct EventDetails: Sendable, Hashable {
  public let id: Int
  public let name: String
  public let status: String
  public let description: String?
  public let venue: String?
  /// Times as the server writes them, `2026-01-31T20:00:00.000Z`; nil: there is none.
  public let startsAt: String?
  public let opensAt: String?
  public let closesAt: String?
  public let seatCapacity: Int
  public let availableSeats: Int
  public let maxPerBooking: Int
  /// 0: no limit.
  public let maxPerUser: Int
  public let seq: UInt64

  package init(_ body: [UInt8]) throws(ClientError) {
    let record = try Record(body, "event")
    id = try record.number("id")
    name = try record.text("name")
    status = try record.text("status")
    description = record.document.text(of: "description")
    venue = record.document.text(of: "venue")
    startsAt = record.document.text(of: "startsAt")
    opensAt = record.document.text(of: "opensAt")
    closesAt = record.document.text(of: "closesAt")
    seatCapacity = try record.number("seatCapacity")
    availableSeats = try record.number("availableSeats")
    maxPerBooking = try record.number("maxPerBooking")
    maxPerUser = try record.number("maxPerUser")
    seq = UInt64(max(0, try record.number("seq")))
  }
}

/// A booking as the server answers it.
public struct Booking: Sendable, Hashable {
  public let bookingID: String
  public let eventID: Int
  public let userID: String
  public let quantity: Int
  /// `confirmed`, `held`, `cancelled` or `expired`.
  public let status: String
  public let createdAt: String
  /// Of a hold: when it ends.
  public let expiresAt: String?
  /// Right after the booking, where the answer tells it.
  public let availableSeats: Int?
  public let seq: UInt64?

  init(_ body: [UInt8]) throws(ClientError) {
    let record = try Record(body, "booking")
    bookingID = try record.text("bookingId")
    eventID = try record.number("eventId")
    if let subject = record.document.text(of: "userId") {
      userID = subject
    } else {
      userID = String(try record.number("userId"))
    }
    quantity = try record.number("quantity")
    status = try record.text("status")
    createdAt = try record.text("createdAt")
    expiresAt = record.document.text(of: "expiresAt")
    availableSeats = record.document.number(of: "availableSeats")
    seq = record.document.number(of: "seq").flatMap { UInt64(exactly: $0) }
  }
}

/// What a log-in gives.
public struct Session: Sendable, Hashable {
  public let token: String
  public let expiresAt: String
  public let userID: Int
  public let name: String
  /// `user` or `admin`.
  public let role: String

  init(_ body: [UInt8]) throws(ClientError) {
    let record = try Record(body, "log-in")
    token = try record.text("token")
    expiresAt = try record.text("expiresAt")
    guard let user = record.document.member("user"), record.document.isObject(user),
      let id = record.document.number(of: "id", in: user),
      let name = record.document.text(of: "name", in: user),
      let role = record.document.text(of: "role", in: user)
    else { throw record.missing("user") }
    (userID, self.name, self.role) = (id, name, role)
  }
}

/// The members of one answer.
private struct Record {
  let document: JSONDocument
  private let kind: String

  init(_ body: [UInt8], _ kind: String) throws(ClientError) {
    guard let document = try? StrictJSON.scan(body), document.isObject else {
      throw .protocolViolation("The server's answer is no \(kind).")
    }
    (self.document, self.kind) = (document, kind)
  }

  func missing(_ name: String) -> ClientError {
    .protocolViolation("The server's \(kind) has no valid \(name).")
  }

  func text(_ name: String) throws(ClientError) -> String {
    guard let text = document.text(of: name) else { throw missing(name) }
    return text
  }

  func number(_ name: String) throws(ClientError) -> Int {
    guard let number = document.number(of: name) else { throw missing(name) }
    return number
  }
}
