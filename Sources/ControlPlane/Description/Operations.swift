// What every path of the API does, for OpenAPI and the documentation page: one row per route of `Routes`, and those of
// the executable's own pages. Tests compare this table with the routes and with the answers that they get.

enum Operations {
  static let all: [Operation] =
    accounts + connections + users + events + waitlist + feed + bookings
    + records + server

  static let limit = Operation.Parameter(
    "limit", #"{"type":"integer","minimum":1,"maximum":100,"default":20}"#, "How many items a page has.")
  static let cursor = Operation.Parameter(
    "cursor", #"{"type":"string"}"#, "The next member of the page before; opaque.")
  static func search(_ places: String) -> Operation.Parameter {
    .init(
      "q", #"{"type":"string","maxLength":200}"#,
      "Words that each must stand somewhere in \(places), whatever the case. A page may have few items, or none, and a next."
    )
  }
  static let issuer = Operation.Parameter(
    "issuer", #"{"type":"string"}"#, "Whose subject it is: seatcast, or the system whose accounts are taken.")
  private static let ifMatch = Operation.Parameter(
    "If-Match", #"{"type":"string"}"#, "The ETag that the event must have still; else 412.")

  static let user = Operation.Parameter(
    "id", #"{"type":"string","minLength":1}"#, "The user's subject, percent-encoded.")
  private static let event = Operation.Parameter(
    "id", #"{"type":"integer","minimum":1}"#, "The event's number.")
  private static let booking = Operation.Parameter(
    "id", #"{"type":"string"}"#, "The booking's public number, BK-…")

  /// A page of a list.
  static func list(of items: String, _ schema: String) -> Operation.Success {
    .init(status: 200, summary: "A page of \(items).", content: .json(schema), fields: ["Link"])
  }

  // MARK: Accounts

  /// An account and a token.
  private static func session(_ status: Int, _ summary: String) -> Operation.Success {
    .init(
      status: status, summary: summary, content: .json("Session"), fields: ["RateLimit", "RateLimit-Policy"])
  }

  private static let accounts = [
    Operation(
      method: "POST", path: "/api/auth/register", id: "register", group: .accounts, access: .anyone,
      summary: "Make an account", details: "Can be switched off (--registration off).",
      body: .init(schema: "Registration"),
      successes: [session(201, "The account and its first token.")],
      refusals: [.emailTaken, .registrationOff]),
    Operation(
      method: "POST", path: "/api/auth/login", id: "logIn", group: .accounts, access: .anyone,
      summary: "Log in", details: "The same work and words whether or not there is such an account.",
      body: .init(schema: "Credentials"),
      successes: [session(200, "A token.")],
      refusals: [.wrongCredentials, .loginOff, .accountDisabled]),
    Operation(
      method: "GET", path: "/api/auth/me", id: "getMe", group: .accounts, access: .user,
      summary: "Whose token this is",
      successes: [.init(status: 200, summary: "The user.", content: .json("User"))],
      refusals: [.unknownUser]),
    Operation(
      method: "POST", path: "/api/auth/password", id: "changePassword", group: .accounts, access: .user,
      summary: "Change the own password", details: "The user's other sessions end.",
      body: .init(schema: "PasswordChange"),
      successes: [session(200, "A new token.")],
      refusals: [.wrongPassword, .forbidden, .unknownUser, .accountDisabled]),
  ]

  private static let connections = [
    Operation(
      method: "POST", path: "/api/connection-tokens", id: "createConnectionToken", group: .accounts,
      access: .user, summary: "Get a one-use token for a WebSocket or an event stream",
      details: "Good for 30 seconds, as ?connect=; what it opened lives no longer than the token shown here.",
      body: .init(schema: "ConnectionWish", isOptional: true),
      successes: [.init(status: 201, summary: "The token.", content: .json("ConnectionToken"))])
  ]

  // MARK: Users

  private static let users = [
    Operation(
      method: "GET", path: "/api/users", id: "listUsers", group: .users, access: .admin,
      summary: "List users",
      query: [limit, cursor, .init("email", #"{"type":"string"}"#, "Only the account of this address.")],
      successes: [list(of: "users", "PersonPage")]),
    Operation(
      method: "PATCH", path: "/api/users/{id}", id: "changeUser", group: .users, access: .admin,
      summary: "Change a user's role, or disable the user",
      details: "Who is disabled, or is an admin no more, loses all tokens and connections at once.",
      pathParameter: user, query: [issuer], body: .init(schema: "PersonPatch", isPatch: true),
      successes: [.init(status: 200, summary: "The user.", content: .json("Person"))],
      refusals: [.unknownUser, .ownAccount]),
    Operation(
      method: "POST", path: "/api/users/{id}/password", id: "resetPassword", group: .users, access: .admin,
      summary: "Give a user another password", details: "The user's sessions end.",
      pathParameter: user, query: [issuer], body: .init(schema: "NewPassword"),
      successes: [.init(status: 204, summary: "Done.")], refusals: [.unknownUser]),
    Operation(
      method: "POST", path: "/api/users/{id}/logout", id: "logOutUser", group: .users, access: .admin,
      summary: "Log a user out everywhere",
      details: "Tokens issued before now are refused, and the user's connections are closed.",
      pathParameter: user, query: [issuer], successes: [.init(status: 204, summary: "Done.")],
      refusals: [.unknownUser]),
  ]

  // MARK: Events

  private static let events = [
    Operation(
      method: "GET", path: "/api/events", id: "listEvents", group: .events, access: .optionalUser,
      summary: "List events", details: "Drafts are shown to administrators only.",
      query: [
        limit, cursor,
        .init(
          "status", #"{"enum":["draft","scheduled","on_sale","paused","closed","cancelled"]}"#,
          "Only events of this status."),
        search("the name, the venue or the number"),
      ],
      successes: [list(of: "events", "EventPage")], refusals: [.forbidden]),
    Operation(
      method: "POST", path: "/api/events", id: "createEvent", group: .events, access: .admin,
      summary: "Make an event", body: .init(schema: "EventDraft"),
      successes: [
        .init(
          status: 201, summary: "The event.", content: .json("Event"), fields: ["Location", "ETag"])
      ], refusals: [.unknownTicketType]),
    Operation(
      method: "GET", path: "/api/events/{id}", id: "getEvent", group: .events, access: .optionalUser,
      summary: "Read an event", pathParameter: event,
      requestFields: [
        ifMatch,
        .init("If-None-Match", #"{"type":"string"}"#, "The ETag of what is known already."),
      ],
      successes: [
        .init(status: 200, summary: "The event.", content: .json("Event"), fields: ["ETag"]),
        .init(status: 304, summary: "Nothing has changed.", fields: ["ETag"]),
      ], refusals: [.unknownEvent, .preconditionFailed]),
    Operation(
      method: "GET", path: "/api/events/{id}/stakes", id: "getEventStakes", group: .events, access: .admin,
      summary: "What a change or a cancellation would touch", pathParameter: event,
      successes: [.init(status: 200, summary: "The counts.", content: .json("EventStakes"))],
      refusals: [.unknownEvent]),
    Operation(
      method: "PATCH", path: "/api/events/{id}", id: "changeEvent", group: .events, access: .admin,
      summary: "Change an event",
      details: "Members that are absent stay. What changes is broadcast to everybody who watches.",
      pathParameter: event, requestFields: [ifMatch], body: .init(schema: "EventPatch", isPatch: true),
      successes: [.init(status: 200, summary: "The event.", content: .json("Event"), fields: ["ETag"])],
      refusals: [
        .unknownEvent, .capacityBelowSold, .preconditionFailed, .eventCancelled, .alreadyPublished,
        .ticketTypeInUse, .unknownTicketType,
      ]),
    Operation(
      method: "DELETE", path: "/api/events/{id}", id: "deleteEvent", group: .events, access: .admin,
      summary: "Delete an event that was never booked", details: "Cancel any other.",
      pathParameter: event, requestFields: [ifMatch],
      successes: [.init(status: 204, summary: "Deleted.")],
      refusals: [.unknownEvent, .eventHasBookings, .preconditionFailed]),
    Operation(
      method: "GET", path: "/api/events/{id}/stream", id: "watchEvent", group: .events, access: .watcher,
      summary: "Watch an event as an event stream",
      details: "The messages are those of the WebSocket (/asyncapi.json); id stands for epoch and seq.",
      pathParameter: event,
      query: [
        .init("token", #"{"type":"string"}"#, "The token, for clients that cannot send Authorization."),
        .init("connect", #"{"type":"string"}"#, "A connection token, instead of any other."),
        .init(
          "since", #"{"type":"integer","minimum":0}"#, "Resume after this seq, unless Last-Event-ID does."),
        .init("epoch", #"{"type":"string"}"#, "The epoch of since."),
      ],
      requestFields: [.init("Last-Event-ID", #"{"type":"string"}"#, "The id of the last message received.")],
      successes: [
        .init(status: 200, summary: "The stream.", content: .text("text/event-stream"))
      ], refusals: [.unknownEvent, .forbidden]),
    Operation(
      method: "GET", path: "/api/events/{id}/notices", id: "listNotices", group: .events, access: .admin,
      summary: "Read an event's log", details: "Every change in order, with all identities.",
      pathParameter: event,
      query: [
        limit, .init("after", #"{"type":"integer","minimum":0,"default":0}"#, "Only what follows this seq."),
      ],
      successes: [list(of: "notices", "NoticePage")], refusals: [.unknownEvent]),
  ]

  private static let feed = [
    Operation(
      method: "GET", path: "/api/notices", id: "readFeed", group: .events, access: .adminOrFeed,
      summary: "Follow everything that happens to all events",
      details: "In the order of the commits. Ask again with the position of the last answer as after.",
      query: [
        .init("after", #"{"type":"string"}"#, "The position behind which to go on; absent: the start."),
        .init(
          "wait", #"{"type":"integer","minimum":0,"maximum":60,"default":0}"#, "Seconds to wait for news."),
        .init(
          "limit", #"{"type":"integer","minimum":1,"maximum":1000,"default":100}"#,
          "How many items an answer has at most."),
      ],
      successes: [.init(status: 200, summary: "What followed.", content: .json("FeedPage"))],
      refusals: [.feedRestarted])
  ]

  // MARK: Bookings

  private static let bookings = [
    Operation(
      method: "POST", path: "/api/bookings", id: "book", group: .bookings, access: .user,
      summary: "Book or hold seats",
      details: "All or nothing. Send Idempotency-Key, and repeat the request when its answer was lost.",
      requestFields: [
        .init(
          "Idempotency-Key", #"{"type":"string","minLength":1,"maxLength":255}"#,
          "Visible ASCII; the same key, user and body get the first result again for 24 hours.")
      ],
      body: .init(schema: "NewBooking"),
      successes: [
        .init(
          status: 201, summary: "The booking.", content: .json("Booking"),
          fields: ["Location", "Idempotency-Replayed"])
      ],
      refusals: [
        .unknownEvent, .soldOut, .notOpenYet, .salesPaused, .salesClosed, .eventCancelled, .perUserLimit,
        .quantityLimit, .holdsNotOffered, .unknownTicketType, .idempotencyMismatch, .waitlistFirst,
      ]),
    Operation(
      method: "GET", path: "/api/bookings", id: "listBookings", group: .bookings, access: .user,
      summary: "List the own bookings, newest first", details: "Administrators see everybody's.",
      query: [
        limit, cursor, .init("eventId", #"{"type":"integer","minimum":1}"#, "Only bookings of this event."),
      ],
      successes: [list(of: "bookings", "BookingPage")]),
    Operation(
      method: "GET", path: "/api/bookings/{id}", id: "getBooking", group: .bookings, access: .user,
      summary: "Read a booking", pathParameter: booking,
      successes: [.init(status: 200, summary: "The booking.", content: .json("Booking"))],
      refusals: [.unknownBooking]),
    change("DELETE", "", "cancelBooking", "Give a booking or a hold back", .userOrPayments, [.notHeld]),
    change(
      "POST", "/cancel", "cancelBookingByPost", "Give a booking or a hold back", .userOrPayments, [.notHeld]),
    change(
      "POST", "/confirm", "confirmBooking", "Confirm a hold", .userOrPayments,
      [.holdExpired, .bookingCancelled]),
    change(
      "POST", "/extend", "extendHold", "Extend a hold, once", .user,
      [.holdExpired, .bookingCancelled, .notHeld, .extensionsNotOffered, .extensionUsed]),
  ]

  private static func change(
    _ method: String, _ end: String, _ id: String, _ summary: String, _ access: Operation.Access,
    _ refusals: [ProblemType]
  ) -> Operation {
    Operation(
      method: method, path: "/api/bookings/{id}" + end, id: id, group: .bookings, access: access,
      summary: summary, details: "Asked again, it answers the same state again.", pathParameter: booking,
      successes: [.init(status: 200, summary: "The booking.", content: .json("Booking"))],
      refusals: [.unknownBooking, .unknownEvent] + refusals)
  }

  // MARK: Waiting list

  private static let waitlist = [
    Operation(
      method: "POST", path: "/api/events/{id}/waitlist", id: "joinWaitlist", group: .events, access: .user,
      summary: "Wait for seats of a sold-out event", details: "Again: to the end of the line.",
      pathParameter: event, body: .init(schema: "WaitlistWish"),
      successes: [.init(status: 201, summary: "The place.", content: .json("WaitlistPlace"))],
      refusals: [
        .unknownEvent, .seatsAvailable, .waitlistFull, .notOpenYet, .salesPaused, .salesClosed,
        .eventCancelled, .perUserLimit, .quantityLimit, .unknownTicketType,
      ]),
    Operation(
      method: "GET", path: "/api/events/{id}/waitlist", id: "getWaitlistPlace", group: .events,
      access: .user, summary: "The own place in line", pathParameter: event,
      successes: [.init(status: 200, summary: "The place.", content: .json("WaitlistPlace"))],
      refusals: [.unknownEvent, .notWaiting]),
    Operation(
      method: "DELETE", path: "/api/events/{id}/waitlist", id: "leaveWaitlist", group: .events,
      access: .user, summary: "Leave the line", pathParameter: event,
      successes: [.init(status: 204, summary: "Not in line any more.")], refusals: [.unknownEvent]),
  ]

  // MARK: Server

  private static let server = [
    page("/livez", "isAlive", "Whether the process answers", "text/plain", refusals: [.notFound]),
    Operation(
      method: "GET", path: "/readyz", id: "isReady", group: .server, access: .anyone,
      summary: "Whether requests can be served",
      successes: [
        .init(status: 200, summary: "Ready.", content: .text("text/plain")),
        .init(status: 503, summary: "Not ready, and why.", content: .text("text/plain")),
      ], refusals: [.notFound]),
    page(
      "/metrics", "getMetrics", "Metrics in the Prometheus text format", "text/plain", refusals: [.notFound]),
    page("/openapi.json", "getOpenAPI", "This description", "application/json"),
    page("/asyncapi.json", "getAsyncAPI", "The description of the live protocol", "application/json"),
    page("/docs", "getDocumentation", "This description as a page", "text/html"),
  ]

  /// - Parameter refusals: with `--admin-listen`, what is at the other listener is not found at the public one.
  private static func page(
    _ path: String, _ id: String, _ summary: String, _ type: String, refusals: [ProblemType] = []
  ) -> Operation {
    Operation(
      method: "GET", path: path, id: id, group: .server, access: .anyone, summary: summary,
      successes: [.init(status: 200, summary: "The text.", content: .text(type))], refusals: refusals)
  }
}
