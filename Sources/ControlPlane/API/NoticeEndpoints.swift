// An event's notices over HTTP: live as an event stream, and from the log for admins.

struct NoticeEndpoints: Sendable {
  /// Makes texts with all identities, for the log.
  let encoder: NoticeEncoder

  /// `GET /api/events/{id}/stream`: `text/event-stream` from here on. `Last-Event-ID` is the last `seq` that
  /// the client has; one that is not a number is overlooked, as it cannot be ours.
  func stream(_ call: Call, _ principal: Principal) throws(Problem) -> Reply? {
    let event = try call.event(call.eventID())
    let after = call.request.values(of: "last-event-id").first.flatMap { Decimal.parse($0) }
    var reply = Reply.common(
      status: 200, .eventStream,
      // Some proxies gather an answer before they pass it on; this asks them not to.
      fields: [.init(name: "x-accel-buffering", value: "no")])
    reply.stream = .init(event: event.id, after: after, client: principal.connectionKey)
    return reply
  }

  /// `GET /api/events/{id}/notices?after=SEQ&limit`: the audit log, in order, with all identities.
  func list(_ call: Call, _: Principal) throws(Problem) -> Reply? {
    let event = try call.event(call.eventID())
    let limit = try call.query.limit()
    let after = try call.query.number("after", in: 0...UInt64(Int64.max)) ?? 0
    let found = try call.read { reads throws(DomainError) in
      try reads.notices(of: event.id, after: after, through: event.seq, limit: limit + 1)
    }
    let page = Page(found, limit: limit, item: { FinishedText(bytes: encoder.text(of: $0)) }) { notice in
      .seq(notice.seq)
    }
    return page.reply(path: "/api/events/\(event.id.rawValue)/notices", parameters: ["limit=\(limit)"])
  }
}

/// A JSON text that was made elsewhere.
private struct FinishedText: JSONWritable {
  var bytes: [UInt8]

  func write(to writer: inout JSONWriter) { writer.members(verbatim: bytes) }
}
