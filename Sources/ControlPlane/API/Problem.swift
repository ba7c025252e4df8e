// How the API says no: a problem document (RFC 9457) with a stable `type`. One table of types; which domain
// error is which problem stands in Problem+Domain.swift. Pure; any thread.

/// Every kind of problem that this plane answers with. The raw value is the last part of the `type` URN
/// (`urn:seatcast:problem:sold-out`) and never changes; texts may.
enum ProblemType: String, CaseIterable, Sendable {
  // The request
  case malformedPath = "malformed-path"
  case notFound = "not-found"
  case methodNotAllowed = "method-not-allowed"
  case unsupportedMediaType = "unsupported-media-type"
  case malformedJSON = "malformed-json"
  case validationFailed = "validation-failed"
  case invalidParameter = "invalid-parameter"
  case invalidHeader = "invalid-header"

  // Who asks
  case authenticationRequired = "authentication-required"
  case invalidToken = "invalid-token"
  case forbidden = "forbidden"
  case wrongCredentials = "wrong-credentials"
  case emailTaken = "email-taken"
  case rateLimited = "rate-limited"
  case unknownUser = "unknown-user"
  case registrationOff = "registration-off"
  case loginOff = "login-off"
  case accountDisabled = "account-disabled"
  case wrongPassword = "wrong-password"
  case ownAccount = "own-account"

  // Events
  case unknownEvent = "unknown-event"
  case unknownTicketType = "unknown-ticket-type"
  case ticketTypeInUse = "ticket-type-in-use"
  case capacityBelowSold = "capacity-below-sold"
  case eventHasBookings = "event-has-bookings"
  case preconditionFailed = "precondition-failed"
  case alreadyPublished = "already-published"

  // Service tokens
  case insufficientScope = "insufficient-scope"
  case unknownServiceToken = "unknown-service-token"
  case serviceTokenLimit = "service-token-limit"

  // The feed
  case feedRestarted = "feed-restarted"

  // Bookings
  case soldOut = "sold-out"
  case notOpenYet = "not-open-yet"
  case salesPaused = "sales-paused"
  case salesClosed = "sales-closed"
  case eventCancelled = "event-cancelled"
  case perUserLimit = "per-user-limit"
  case quantityLimit = "quantity-limit"
  case seatsAvailable = "seats-available"
  case waitlistFull = "waitlist-full"
  case waitlistFirst = "waitlist-first"
  case notWaiting = "not-waiting"
  case holdsNotOffered = "holds-not-offered"
  case holdExpired = "hold-expired"
  case bookingCancelled = "booking-cancelled"
  case notHeld = "not-held"
  case extensionsNotOffered = "extensions-not-offered"
  case extensionUsed = "extension-used"
  case idempotencyMismatch = "idempotency-mismatch"
  case unknownBooking = "unknown-booking"

  // The server
  case storageUnavailable = "storage-unavailable"
  case overloaded = "overloaded"
  case internalError = "internal-error"

  var uri: String { "urn:seatcast:problem:" + rawValue }

  var status: Int {
    switch self {
    case .malformedPath, .malformedJSON, .invalidParameter, .invalidHeader: 400
    case .authenticationRequired, .invalidToken, .wrongCredentials: 401
    case .insufficientScope, .forbidden, .registrationOff, .loginOff, .accountDisabled, .wrongPassword: 403
    case .notFound, .notWaiting, .unknownServiceToken, .unknownUser, .unknownEvent, .unknownBooking: 404
    case .methodNotAllowed: 405
    case .serviceTokenLimit, .emailTaken, .ownAccount, .ticketTypeInUse, .capacityBelowSold,
      .eventHasBookings, .alreadyPublished, .soldOut, .notOpenYet, .salesPaused, .salesClosed,
      .eventCancelled, .perUserLimit, .quantityLimit, .seatsAvailable, .waitlistFull, .waitlistFirst,
      .bookingCancelled, .notHeld, .extensionsNotOffered, .extensionUsed:
      409
    case .holdExpired, .feedRestarted: 410
    case .preconditionFailed: 412
    case .unsupportedMediaType: 415
    case .validationFailed, .unknownTicketType, .holdsNotOffered, .idempotencyMismatch: 422
    case .rateLimited: 429
    case .internalError: 500
    case .storageUnavailable, .overloaded: 503
    }
  }

  /// The same for every problem of this type (RFC 9457, section 3.1.3).
  var title: String {
    switch self {
    case .malformedPath: "Malformed path"
    case .notFound: "Not found"
    case .methodNotAllowed: "Method not allowed"
    case .unsupportedMediaType: "Unsupported media type"
    case .malformedJSON: "Malformed JSON"
    case .validationFailed: "Validation failed"
    case .invalidParameter: "Invalid query parameter"
    case .invalidHeader: "Invalid header field"
    case .authenticationRequired: "Authentication required"
    case .invalidToken: "Invalid token"
    case .forbidden: "Forbidden"
    case .wrongCredentials: "Wrong email or password"
    case .emailTaken: "Email address taken"
    case .rateLimited: "Too many requests"
    case .unknownUser: "Unknown user"
    case .registrationOff: "Registration is off"
    case .loginOff: "Log-in is for administrators"
    case .accountDisabled: "Account disabled"
    case .wrongPassword: "Wrong password"
    case .ownAccount: "Your own account"
    case .unknownEvent: "Unknown event"
    case .unknownTicketType: "Unknown ticket type"
    case .ticketTypeInUse: "Ticket type in use"
    case .capacityBelowSold: "Capacity below sold seats"
    case .eventHasBookings: "Event has bookings"
    case .preconditionFailed: "Precondition failed"
    case .alreadyPublished: "Event already published"
    case .insufficientScope: "Insufficient scope"
    case .unknownServiceToken: "Unknown service token"
    case .serviceTokenLimit: "Too many service tokens"
    case .feedRestarted: "The feed has begun anew"
    case .soldOut: "Sold out"
    case .notOpenYet: "Sales have not begun"
    case .salesPaused: "Sales are paused"
    case .salesClosed: "Sales are closed"
    case .eventCancelled: "Event cancelled"
    case .perUserLimit: "Limit per user reached"
    case .quantityLimit: "Quantity out of bounds"
    case .seatsAvailable: "Seats are available"
    case .waitlistFull: "Waiting list is full"
    case .waitlistFirst: "Waiting list comes first"
    case .notWaiting: "Not on the waiting list"
    case .holdsNotOffered: "Holds are not offered"
    case .holdExpired: "Hold expired"
    case .bookingCancelled: "Booking cancelled"
    case .notHeld: "Not a hold"
    case .extensionsNotOffered: "Holds are not extended"
    case .extensionUsed: "Hold extended before"
    case .idempotencyMismatch: "Idempotency key used for another request"
    case .unknownBooking: "Unknown booking"
    case .storageUnavailable: "Storage unavailable"
    case .overloaded: "Overloaded"
    case .internalError: "Internal error"
    }
  }
}

/// One refusal. Endpoints throw it; the router makes a reply of it.
struct Problem: Error, Sendable, Equatable {
  var type: ProblemType
  /// What is particular about this occurrence, for people.
  var detail: String
  /// Members beside the standard ones (RFC 9457, section 3.2), in order.
  var members: [Member] = []
  var errors: [FieldError] = []
  var fields: FieldLines = []

  struct Member: Sendable, Equatable {
    var name: String
    var value: Value
    init(_ name: String, _ value: Value) { (self.name, self.value) = (name, value) }
  }

  enum Value: Sendable, Equatable {
    case integer(Int)
    case text(String)
    case moment(Instant)
  }

  init(
    _ type: ProblemType, _ detail: String, members: [Member] = [], errors: [FieldError] = [],
    fields: FieldLines = []
  ) {
    self.type = type
    self.detail = detail
    self.members = members
    self.errors = errors
    self.fields = fields
  }

  var reply: Reply {
    let body = JSONWriter.object { writer in
      writer.members(verbatim: Self.standardMembers[type] ?? [])
      writer.member("detail", detail)
      for member in members { writer.member(member.name, member.value) }
      if !errors.isEmpty { writer.member("errors", errors) }
    }
    return Reply.common(status: type.status, .problem, fields: fields, body: body)
  }

  /// The members that are the same for every problem of a type, made once.
  private static let standardMembers = Dictionary(
    uniqueKeysWithValues: ProblemType.allCases.map { type in
      let object = JSONWriter.object { writer in
        writer.member("type", type.uri)
        writer.member("title", type.title)
        writer.member("status", type.status)
      }
      return (type, Array(object.dropFirst().dropLast()))
    })
}

extension Problem.Value: JSONWritable {
  func write(to writer: inout JSONWriter) {
    switch self {
    case .integer(let value): writer.integer(value)
    case .text(let text): writer.string(text)
    case .moment(let moment): writer.timestamp(moment)
    }
  }
}

/// What is wrong with one member of a body.
struct FieldError: Sendable, Equatable, JSONWritable {
  var pointer: JSONPointer
  var detail: String

  func write(to writer: inout JSONWriter) {
    writer.object { writer in
      writer.member("pointer", pointer.text)
      writer.member("detail", detail)
    }
  }
}
