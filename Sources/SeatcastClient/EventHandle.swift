// What a program does with one event, and with bookings. Values; any thread.

/// An event of a server, by its number.
public struct EventHandle: Sendable {
  public let id: Int
  let client: SeatcastClient

  /// The event as it is now.
  public func details() async throws -> EventDetails {
    try EventDetails(await client.performPatiently(HTTPCall("GET", "/api/events/\(id)")).body)
  }

  /// Every change from now on, in order and each once; what a reader missed is declared by `fromSeq`. It goes on over
  /// lost connections.
  public var notices: LiveSequence<Notice> { client.notices(of: id) }

  /// The newest state whenever it changed, beginning with the state now. `isLive` is false while the connection is lost.
  public var snapshots: LiveSequence<Snapshot> { client.snapshots(of: id) }

  /// Books seats. It is tried again when the connection breaks or the server is busy; the key makes sure that it
  /// happens once.
  /// - Parameters:
  ///   - quantity: how many seats.
  ///   - hold: the seats are kept until `expiresAt` and wait for `confirm`.
  ///   - typeID: the ticket type, where the event has any.
  ///   - idempotencyKey: 1 to 255 visible ASCII characters; nil: one is made. Keep it to ask again after a failure.
  public func book(
    _ quantity: Int = 1, hold: Bool = false, typeID: Int? = nil, idempotencyKey: String? = nil
  ) async throws -> Booking {
    let call = Self.booking(
      of: id, quantity, hold: hold, typeID: typeID, key: idempotencyKey ?? Self.newKey())
    return try Booking(await client.performPatiently(call).body)
  }

  /// A booking as a request.
  package static func booking(
    of event: Int, _ quantity: Int, hold: Bool = false, typeID: Int? = nil, key: String
  ) -> HTTPCall {
    let body = JSONWriter.object { writer in
      writer.member("eventId", event)
      writer.member("quantity", quantity)
      if hold { writer.member("hold", true) }
      if let typeID { writer.member("typeId", typeID) }
    }
    return HTTPCall("POST", "/api/bookings", fields: [("Idempotency-Key", key)], body: body)
  }

  /// 128 random bits in hexadecimal.
  package static func newKey() -> String {
    let digits = (0..<2).map { _ in String(UInt64.random(in: .min ... .max), radix: 16) }
    return digits.map { String(repeating: "0", count: 16 - $0.count) + $0 }.joined()
  }
}

extension SeatcastClient {
  /// Turns a hold into a booking. Asking again answers the same.
  public func confirm(_ bookingID: String) async throws -> Booking {
    try Booking(await performPatiently(Self.change(bookingID, "/confirm")).body)
  }

  /// Gives the seats of a booking or a hold back. Asking again answers the same.
  public func cancel(_ bookingID: String) async throws -> Booking {
    try Booking(await performPatiently(Self.change(bookingID, "/cancel")).body)
  }

  private static func change(_ bookingID: String, _ what: String) throws(ClientError) -> HTTPCall {
    let isPlain = bookingID.utf8.allSatisfy { ASCIISet.token.contains($0) && $0 != UInt8(ascii: "%") }
    guard isPlain, !bookingID.isEmpty else {
      throw .protocolViolation("'\(bookingID)' is not the id of a booking.")
    }
    return HTTPCall("POST", "/api/bookings/\(bookingID)\(what)")
  }
}
