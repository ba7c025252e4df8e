// An event's notices over HTTP: live as an event stream, and from the log for admins.

struct NoticeEndpoints: Sendable {
  /// Makes texts with all identities, for the log.
  let encoder: NoticeEncoder
  let epoch: String
  let revocations: Revocations
  let clock: any Clock

  /// `GET /api/events/{id}/stream?since&epoch`: `text/event-stream` from here on, until the token ends. `Last-Event-ID`
  /// is the position behind which the client resumes; without it, `since` of `epoch` is.
  /// - Parameter principal: nil: an anonymous viewer.
  func stream(_ call: Call, _ principal: Principal?) throws(Problem) -> Reply? {
    let event = try call.event(call.eventID())
    // A draft has nothing to watch, and an answer other than for an event that does not exist would tell of it.
    guard !event.isDraft else { throw Problem(DomainError.unknownEvent) }
    guard call.watchable?.contains(event.id) ?? true else {
      throw Problem(.forbidden, "This connection token is not for this event.")
    }
    var reply = Reply.common(
      status: 200, .eventStream,
      // Some proxies gather an answer before they pass it on; this asks them not to.
      fields: [.init(name: "x-accel-buffering", value: "no")])
    reply.stream = .init(
      event: event.id, resume: try resume(call), client: principal?.connectionKey,
      key: principal?.key ?? 0, expiresAt: principal?.expiresAt,
      isStillValid: { [revocations, clock] in
        principal.map { !revocations.refuses($0, at: clock.now) } ?? true
      })
    return reply
  }

  /// A `since` that is no number is refused even when it is not needed.
  private func resume(_ call: Call) throws(Problem) -> Reply.Stream.Resume {
    let since = try call.query.number("since", in: Decimal.seqs)
    let position = resume(call.request.values(of: "last-event-id").first)
    guard position == .none, let since else { return position }
    return call.query.value("epoch") == epoch ? .after(since) : .elsewhere
  }

  /// A position is `EPOCH.SEQ`; a `seq` of another epoch says nothing about this one's notices.
  private func resume(_ lastID: ArraySlice<UInt8>?) -> Reply.Stream.Resume {
    guard let lastID, !lastID.isEmpty else { return .none }
    guard lastID.starts(with: epoch.utf8), lastID.dropFirst(epoch.utf8.count).first == UInt8(ascii: "."),
      let seq = Decimal.seq(lastID.dropFirst(epoch.utf8.count + 1))
    else { return .elsewhere }
    return .after(seq)
  }

  /// `GET /api/events/{id}/notices?after=SEQ&limit`: the audit log, in order, with all identities.
  func list(_ call: Call, _: Principal) throws(Problem) -> Reply? {
    let event = try call.event(call.eventID())
    let limit = try call.query.limit()
    let after = try call.query.number("after", in: Decimal.seqs) ?? 0
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
