// What loops ask about topics, passed on to the control hall, whose ledger answers through NoticeAdapter.
// Loop threads; never blocks.
import ControlPlane
import FanoutCore

struct TopicAdapter: TopicSource {
  let desk: any ControlDoor

  func open(_ topic: TopicID, for loop: LoopID) -> Bool {
    desk.watch(EventID(topic), by: Watcher(loop))
  }

  func close(_ topic: TopicID, for loop: LoopID) -> Bool {
    desk.unwatch(EventID(topic), by: Watcher(loop))
  }

  func history(of topic: TopicID, after: UInt64, through: UInt64, ticket: Ticket) -> Bool {
    desk.history(of: EventID(topic), after: after, through: through, ticket: ReplyTicket(ticket))
  }
}
