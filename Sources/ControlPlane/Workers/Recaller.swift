// Reads the notices that somebody who resumes has missed. A recall thread of its own, so that requests do not wait for it.

/// The notices of an event with `after < seq <= through` are asked for.
struct Recall: Sendable {
  var event: EventID
  var audience: Audience
  var after: UInt64
  var through: UInt64
  var ticket: ReplyTicket
}

struct Recaller: Sendable {
  let notices: any NoticeSink
  let texts: any NoticeTexts
  /// Notices that are given at most.
  let limit: Int

  /// - Returns: how many of the recalls were done: all.
  func work(_ recalls: [Recall], _ reads: any ReadStore) -> Int {
    for recall in recalls {
      notices.history(
        missed(recall, reads), of: recall.event, for: recall.audience, ticket: recall.ticket)
    }
    return recalls.count
  }

  /// All of them, or none when they are more than the limit or cannot be read.
  private func missed(_ recall: Recall, _ reads: any ReadStore) -> [EncodedNotice] {
    guard recall.through > recall.after, recall.through - recall.after <= UInt64(limit) else { return [] }
    let found = try? reads.notices(
      of: recall.event, after: recall.after, through: recall.through, limit: limit)
    guard let found, UInt64(found.count) == recall.through - recall.after else { return [] }
    return texts.encode(found, for: recall.audience)
  }
}
