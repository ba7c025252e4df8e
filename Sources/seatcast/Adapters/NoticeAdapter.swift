// What the ledger announces, handed to the broadcaster; and old notices, handed to whoever resumes.
// The ledger's thread, except for `history`, which workers call.
import ControlPlane
import FanoutCore

struct NoticeAdapter: NoticeSink {
  let broadcaster: any BroadcastDoor
  let hall: any ReplyDoor

  func isWatched(_ event: EventID) -> Bool { broadcaster.isWatched(TopicID(event)) }

  func announce(_ batch: [EventNews]) { broadcaster.publish(batch.map(TopicNews.init)) }

  func grant(_ event: EventID, to watcher: Watcher, at headline: EventHeadline?) {
    broadcaster.grant(TopicID(event), to: LoopID(watcher), at: headline.map(Headline.init))
  }

  func released(_ event: EventID, by watcher: Watcher) {
    broadcaster.released(TopicID(event), by: LoopID(watcher))
  }

  func history(_ notices: [EncodedNotice], of event: EventID, for ticket: ReplyTicket) {
    hall.deliver(History(topic: TopicID(event), notices: notices.map(Notice.init)), to: Ticket(ticket))
  }
}

extension Notice {
  init(_ notice: EncodedNotice) { self.init(seq: notice.seq, text: notice.text) }
}

extension Headline {
  init(_ headline: EventHeadline) {
    self.init(
      seq: headline.seq, snapshot: headline.snapshot, before: headline.before, after: headline.after)
  }
}

extension TopicNews {
  init(_ news: EventNews) {
    self.init(
      topic: TopicID(news.event), notices: news.notices.map(Notice.init), headline: Headline(news.headline))
  }
}
