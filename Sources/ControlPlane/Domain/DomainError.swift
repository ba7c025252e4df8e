/// The plane's one vocabulary for "no": each case is one problem type of the API, and nothing else is ever
/// thrown by services and stores.
enum DomainError: Error, Sendable, Equatable {
  // Booking
  case soldOut(available: Int, requested: Int)
  case notOpenYet(opensAt: Instant)
  /// `closesAt`: the end of sales when it has passed; nil: an admin stopped them.
  case closed(closesAt: Instant?)
  case paused
  case eventCancelled
  /// The user holds `booked` seats of this event already.
  case perUserLimit(limit: Int, booked: Int, requested: Int)
  case quantityLimit(limit: Int, requested: Int)
  /// The same idempotency key came with another request.
  case idempotencyMismatch
  /// There is none, or it is somebody else's: nobody learns which numbers exist.
  case unknownBooking

  // Holds
  /// The event has none.
  case holdsNotOffered
  /// The hold ended before it was confirmed.
  case holdExpired(expiresAt: Instant?)
  /// Neither a hold nor confirmed any more.
  case bookingCancelled
  /// Confirmed already: there is nothing to extend.
  case notHeld
  case extensionsNotOffered
  /// A hold is extended once.
  case extensionUsed

  // Waiting list
  /// There is nothing to wait for.
  case seatsAvailable(Int)
  case waitlistFull
  /// Free seats are about to be offered to those who wait.
  case waitlistFirst(available: Int)

  // Catalogue
  case unknownEvent
  /// The event has no type of this number, or it was named twice.
  case unknownTicketType
  /// Seats of the type are sold or held: it cannot go.
  case ticketTypeInUse(id: Int)
  case capacityBelowSold(sold: Int, held: Int)
  /// A changed capacity would be no possible one.
  case capacityOutOfRange(asked: Int)
  /// A published event cannot become a draft again.
  case alreadyPublished
  case eventHasBookings
  /// `If-Match` names another representation.
  case versionMismatch(current: EventTag)
  /// `opensAt` would not be before `closesAt`.
  case salesWindowInverted

  // Accounts
  case emailTaken
  case unknownUser
  case wrongCredentials
  /// The password was right.
  case accountDisabled
  /// The current password, asked for a change of it, is not that.
  case wrongPassword
  /// Administrators cannot take their own rights away.
  case ownAccount
  /// Whoever asked is no administrator any more.
  case notAdministrator
  case unknownServiceToken
  /// There are as many as there may be.
  case tooManyServiceTokens

  // The server
  /// The disk refused; nothing of the request took effect.
  case storageUnavailable
  /// A queue is full; nothing was begun.
  case overloaded
  case internalFailure(String)
}
