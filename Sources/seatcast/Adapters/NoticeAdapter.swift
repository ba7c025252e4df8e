// What the ledger announces, handed to the publisher; and old notices, handed to whoever resumes.
// The ledger's thread, except for `history`: on the recall thread.
import ControlPlane
import FanoutCore

struct NoticeAdapter: NoticeSink {
  let publisher: any PublisherPort
  let plane: any ReplyPort

  func isWatched(_ event: EventID, by audience: Audience) -> Bool {
    publisher.isWatched(TopicID(event, for: audience))
  }

  func announce(_ batch: [EventUpdate], committedAt: UInt64) {
    publisher.publish(batch.map(TopicUpdate.init), committedAt: committedAt)
  }

  func grant(_ event: EventID, to watcher: Watcher, at summary: EventSummary?) {
    publisher.grant(
      TopicID(event, for: watcher.audience), to: LoopID(watcher), at: summary.map(TopicSummary.init))
  }

  func released(_ event: EventID, by watcher: Watcher) {
    publisher.released(TopicID(event, for: watcher.audience), by: LoopID(watcher))
  }

  func withdraw(_ event: EventID) {
    for audience in Audience.allCases { publisher.withdraw(TopicID(event, for: audience)) }
  }

  func withdraw(client: UInt64) {
    plane.withdraw(client: client, code: .tokenExpired, reason: Self.loggedOut)
  }

  func end(key: UInt32, at moment: Instant) { plane.end(Credential(key: key), at: moment.milliseconds) }

  func tell(client: UInt64, _ text: [UInt8]) { plane.tell(client: client, text) }

  /// Why connections of a user end whom an administrator has logged out.
  static let loggedOut = "logged out"

  func history(
    _ notices: [EncodedNotice], of event: EventID, for audience: Audience, ticket: ReplyTicket
  ) {
    let topic = TopicID(event, for: audience)
    plane.deliver(History(topic: topic, notices: notices.map(Notice.init)), to: Ticket(ticket))
  }
}

extension Notice {
  init(_ notice: EncodedNotice) { self.init(seq: notice.seq, text: notice.text) }
}

extension TopicSummary {
  init(_ summary: EventSummary) {
    self.init(
      seq: summary.seq, snapshot: summary.snapshot, before: summary.before, after: summary.after)
  }
}

extension TopicUpdate {
  init(_ updates: EventUpdate) {
    self.init(
      topic: TopicID(updates.event, for: updates.audience), notices: updates.notices.map(Notice.init),
      summary: TopicSummary(updates.summary))
  }
}
