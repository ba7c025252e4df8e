// What the ledger announces, handed to the publisher; and old notices, handed to whoever resumes.
// The ledger's thread, except for `history`: on the recall thread.
import ControlPlane
import FanoutCore

struct NoticeAdapter: NoticeSink {
  let publisher: any PublisherPort
  let plane: any ReplyPort

  func isWatched(_ event: EventID) -> Bool { publisher.isWatched(TopicID(event)) }

  func announce(_ batch: [EventUpdate]) { publisher.publish(batch.map(TopicUpdate.init)) }

  func grant(_ event: EventID, to watcher: Watcher, at summary: EventSummary?) {
    publisher.grant(TopicID(event), to: LoopID(watcher), at: summary.map(TopicSummary.init))
  }

  func released(_ event: EventID, by watcher: Watcher) {
    publisher.released(TopicID(event), by: LoopID(watcher))
  }

  func withdraw(_ event: EventID) { publisher.withdraw(TopicID(event)) }

  func withdraw(client: UInt64) {
    plane.withdraw(client: client, code: .tokenExpired, reason: Self.loggedOut)
  }

  /// Why connections of a user end whom an administrator has logged out.
  static let loggedOut = "logged out"

  func history(_ notices: [EncodedNotice], of event: EventID, for ticket: ReplyTicket) {
    plane.deliver(History(topic: TopicID(event), notices: notices.map(Notice.init)), to: Ticket(ticket))
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
      topic: TopicID(updates.event), notices: updates.notices.map(Notice.init),
      summary: TopicSummary(updates.summary))
  }
}
