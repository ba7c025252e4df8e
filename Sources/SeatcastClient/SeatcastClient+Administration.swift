// What administrators ask a server, for `seatcast rehearse`: an event of its own, and the records that the checker reads. Any
// thread.

extension SeatcastClient {
  /// Items of one page of a list; the server gives so many at most.
  private static let pageItems = 100

  /// Makes an event that is on sale at once; its number.
  package func createEvent(_ name: String, seats: Int, maxPerBooking: Int) async throws -> Int {
    let body = JSONWriter.object { writer in
      writer.member("name", name)
      writer.member("seatCapacity", seats)
      writer.member("maxPerBooking", maxPerBooking)
    }
    let answer = try await perform(HTTPCall("POST", "/api/events", body: body))
    guard answer.status == 201 else { throw ClientError.refused(Problem(answer)) }
    return try EventDetails(answer.body).id
  }

  /// Cancels an event and its bookings, for good.
  package func cancelEvent(_ id: Int) async throws {
    let body = JSONWriter.object { $0.member("status", "cancelled") }
    let answer = try await perform(HTTPCall("PATCH", "/api/events/\(id)", body: body))
    guard answer.status == 200 else { throw ClientError.refused(Problem(answer)) }
  }

  /// Cancels a booking; one that is cancelled already stays so.
  package func cancelBooking(_ id: String) async throws {
    let answer = try await performPatiently(HTTPCall("POST", "/api/bookings/\(id)/cancel"))
    guard answer.status == 200 else { throw ClientError.refused(Problem(answer)) }
  }

  /// The server's own log of an event behind `seq`, in order: each notice as it came, one JSON object.
  package func eventLog(of event: Int, after seq: UInt64) async throws -> [[UInt8]] {
    var (log, last): ([[UInt8]], UInt64) = ([], seq)
    while true {
      let target = "/api/events/\(event)/notices?after=\(last)&limit=\(Self.pageItems)"
      let page = try await page(target)
      for item in page.elements("items") {
        guard case .notice(let notice) = try ServerMessage(item.bytes) else { continue }
        log.append(item.bytes)
        last = max(last, notice.seq)
      }
      if page.integer("next") == nil { return log }
    }
  }

  /// All bookings of an event as the server lists them: each as it came, one JSON object.
  package func listedBookings(of event: Int) async throws -> [[UInt8]] {
    var (bookings, cursor): ([[UInt8]], String) = ([], "")
    while true {
      let page = try await page("/api/bookings?eventId=\(event)&limit=\(Self.pageItems)" + cursor)
      bookings += page.elements("items").map(\.bytes)
      guard let next = page.text("next") else { return bookings }
      cursor = "&cursor=\(next)"
    }
  }

  private func page(_ target: String) async throws -> JSONReading {
    guard let page = JSONReading(try await performPatiently(HTTPCall("GET", target)).body) else {
      throw ClientError.protocolViolation("The server's answer is no page of a list.")
    }
    return page
  }
}
