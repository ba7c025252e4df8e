// The one table from the server's vocabulary of "no" to the outside.

extension Problem {
  init(_ error: DomainError) {
    switch error {
    case .soldOut(let available, let requested):
      self.init(
        .soldOut, Self.soldOutDetail(available, requested),
        members: [.init("available", .integer(available)), .init("requested", .integer(requested))])
    case .notOpenYet(let opensAt):
      self.init(
        .notOpenYet, "Sales of this event begin at \(Timestamps.text(opensAt)).",
        members: [.init("opensAt", .moment(opensAt))])
    case .closed(let closesAt):
      let detail = closesAt.map { "Sales of this event ended at \(Timestamps.text($0))." }
      self.init(
        .salesClosed, detail ?? "Sales of this event were stopped.",
        members: closesAt.map { [.init("closesAt", .moment($0))] } ?? [])
    case .paused: self.init(.salesPaused, "Sales of this event are paused.")
    case .eventCancelled:
      self.init(.eventCancelled, "This event was cancelled; that is final.")
    case .perUserLimit(let limit, let booked, let requested):
      self.init(
        .perUserLimit,
        "You have \(booked) of at most \(limit) seats of this event and asked for \(requested).",
        members: [
          .init("limit", .integer(limit)), .init("booked", .integer(booked)),
          .init("requested", .integer(requested)),
        ])
    case .quantityLimit(let limit, let requested):
      self.init(
        .quantityLimit, "One booking of this event takes 1 to \(limit) seats, not \(requested).",
        members: [.init("limit", .integer(limit)), .init("requested", .integer(requested))])
    case .idempotencyMismatch:
      self.init(
        .idempotencyMismatch,
        "This Idempotency-Key came before with another event, quantity or kind of booking.")
    case .unknownBooking: self.init(.unknownBooking, "There is no such booking.")
    case .seatsAvailable(let available):
      self.init(
        .seatsAvailable, "Seats are available; book them instead of waiting.",
        members: [.init("available", .integer(available))])
    case .waitlistFull: self.init(.waitlistFull, "The waiting list of this event is full.")
    case .waitlistFirst(let available):
      self.init(
        .waitlistFirst, "The free seats of this event are offered to its waiting list first.",
        members: [.init("available", .integer(available))])
    case .holdsNotOffered: self.init(.holdsNotOffered, "This event has no holds.")
    case .holdExpired(let expiresAt):
      self.init(
        .holdExpired,
        expiresAt.map { "The hold ended at \(Timestamps.text($0)); its seats are free again." }
          ?? "The hold ended; its seats are free again.",
        members: expiresAt.map { [.init("expiresAt", .moment($0))] } ?? [])
    case .bookingCancelled: self.init(.bookingCancelled, "This booking was cancelled.")
    case .notHeld: self.init(.notHeld, "This booking is confirmed; it is no hold any more.")
    case .extensionsNotOffered: self.init(.extensionsNotOffered, "Holds of this event are not extended.")
    case .extensionUsed: self.init(.extensionUsed, "This hold was extended before; that is possible once.")
    case .unknownEvent: self.init(.unknownEvent, "There is no such event.")
    case .unknownTicketType: self.init(.unknownTicketType, "The event has no such ticket type.")
    case .ticketTypeInUse(let id):
      self.init(
        .ticketTypeInUse, "Seats of ticket type \(id) are sold or held; close it instead of removing it.",
        members: [.init("typeId", .integer(id))])
    case .capacityBelowSold(let sold, let held):
      self.init(
        .capacityBelowSold, "The capacity cannot be less than the \(sold + held) seats sold and held.",
        members: [.init("sold", .integer(sold)), .init("held", .integer(held))])
    case .capacityOutOfRange(let asked):
      let range = BookingRules.capacities
      self.init(
        .validationFailed, "An event has \(range.lowerBound) to \(range.upperBound) seats.",
        errors: [.init(pointer: .root.appending("seatCapacity"), detail: "would be \(asked)")])
    case .alreadyPublished:
      self.init(.alreadyPublished, "A published event cannot become a draft again; pause it instead.")
    case .eventHasBookings:
      self.init(
        .eventHasBookings, "This event was booked; set its status to \"cancelled\" instead of deleting it.")
    case .versionMismatch(let current):
      self.init(
        .preconditionFailed, "The event has changed since you read it.",
        fields: [.init(name: "etag", value: current.field)])
    case .salesWindowInverted:
      self.init(
        .validationFailed, "The sales window is empty.",
        errors: [.init(pointer: .root.appending("closesAt"), detail: "must be later than opensAt")])
    case .emailTaken: self.init(.emailTaken, "There is an account with this email address.")
    case .unknownUser: self.init(.unknownUser, "This server has no account of this user.")
    case .wrongCredentials: self = .wrongCredentials
    case .accountDisabled:
      self.init(.accountDisabled, "This account was disabled by an administrator.")
    case .wrongPassword: self.init(.wrongPassword, "The current password is wrong.")
    case .ownAccount:
      self.init(.ownAccount, "Nobody can disable the own account or take the own admin role away.")
    case .notAdministrator: self = .notAdministrator
    case .unknownServiceToken: self.init(.unknownServiceToken, "There is no such service token.")
    case .tooManyServiceTokens:
      self.init(
        .serviceTokenLimit, "There are \(ServiceToken.most) service tokens; revoke those that nobody needs.")
    case .storageUnavailable:
      self.init(
        .storageUnavailable, "The request could not be stored; nothing of it took effect.",
        fields: [.retryAfter])
    case .overloaded:
      self.init(.overloaded, "Too much is waiting; nothing was begun.", fields: [.retryAfter])
    case .internalFailure:
      self.init(.internalError, "Something went wrong on our side; it has been noted.")
    }
  }

  static let wrongCredentials = Problem(
    .wrongCredentials, "The email address or the password is wrong.", fields: [.challenge()])

  static let notAdministrator = Problem(.forbidden, "Only administrators of this server may do this.")

  private static func soldOutDetail(_ available: Int, _ requested: Int) -> String {
    available == 0
      ? "No seat is left." : "Only \(available) of the \(requested) seats asked for are left."
  }
}

extension FieldLines.Field {
  /// Seconds.
  static let retryAfter = FieldLines.Field(name: "retry-after", value: "1")

  /// Which credentials would be accepted (RFC 6750, section 3).
  static func challenge(error: String? = nil) -> FieldLines.Field {
    let detail = error.map { ", error=\"\($0)\"" } ?? ""
    return FieldLines.Field(name: "www-authenticate", value: "Bearer realm=\"seatcast\"" + detail)
  }
}
