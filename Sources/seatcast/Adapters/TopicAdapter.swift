// What loops ask about topics, passed on to the control plane, whose ledger answers through NoticeAdapter.
// Loop threads; never blocks.
import ControlPlane
import FanoutCore

struct TopicAdapter: TopicSource {
  let backend: any BackendPort

  func open(_ topic: TopicID, for loop: LoopID) -> Bool {
    backend.watch(EventID(topic), by: Watcher(loop, of: topic))
  }

  func close(_ topic: TopicID, for loop: LoopID) -> Bool {
    backend.unwatch(EventID(topic), by: Watcher(loop, of: topic))
  }

  func history(of topic: TopicID, after: UInt64, through: UInt64, ticket: Ticket) -> Bool {
    backend.history(
      of: EventID(topic), for: Audience(topic), after: after, through: through, ticket: ReplyTicket(ticket))
  }
}
