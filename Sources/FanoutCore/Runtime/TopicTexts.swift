// Brings texts without a `seq` to all subscribers of a topic, a piece of the topic at a time, so that notices, bookings and
// new connections never wait for it.
//
// Invariant: a subscriber is sent the newest text that there is when its turn comes; so texts that come faster than they
// can be sent replace each other and never pile up. One loop's thread.

/// Sends the standing texts of one loop's topics.
final class TopicTexts<IO: Transport> {
  private let io: IO
  private let limits: Limits
  private let connections: Connections<IO>
  private let subscribers: Subscribers
  private let output: Output<IO>
  /// Topics whose newest text has not been sent to everybody, each once, in turn.
  private var queue = Queue<UInt32>()
  /// Who is to be sent it still, by topic.
  private var left: [UInt32: [[SubscriptionIndex]]] = [:]

  init(
    io: IO, limits: Limits, connections: Connections<IO>, subscribers: Subscribers, output: Output<IO>
  ) {
    (self.io, self.limits, self.connections) = (io, limits, connections)
    (self.subscribers, self.output) = (subscribers, output)
  }

  /// Whether nobody waits for a text.
  var isIdle: Bool { queue.isEmpty }

  /// New texts came. One whose predecessor is still being sent begins anew with everybody.
  func take(_ texts: [TopicText]) {
    for text in texts {
      guard let topic = subscribers.setText(text) else { continue }
      let members = subscribers.members(of: topic)
      if left.updateValue(members.reversed(), forKey: topic) == nil { queue.append(topic) }
    }
  }

  /// Makes about a cohort's worth of sends, topic by topic.
  func roll() {
    var sends = 0
    while sends < limits.cohortSubscribers, let topic = queue.popFirst() {
      guard let members = left[topic]?.popLast() else {
        left[topic] = nil
        subscribers.textIsSent(topic, at: io.now)
        continue
      }
      sends += send(to: members, of: topic) + 1
      queue.append(topic)
    }
  }

  /// Sends the topic's text to those of its subscribers that are still there and clear; returns how many they are.
  private func send(to members: [SubscriptionIndex], of topic: UInt32) -> Int {
    guard subscribers.topics.contains(topic), let text = subscribers.topics[topic].text else { return 0 }
    var slots: [Dialect: [UInt32]] = [:]
    for index in members {
      // Its place may be another's by now.
      guard let subscription = subscribers.at(index), subscription.topic == topic,
        case .cohort = subscription.place
      else { continue }
      slots[subscription.dialect, default: []].append(subscription.slot)
    }
    for (dialect, slots) in slots { output.sendToAll(slots, text.text.bytes(for: dialect)) }
    return slots.values.reduce(0) { $0 + $1.count }
  }

  /// The connection was blocked since this moment and is clear: it is sent the texts whose turn it may have missed.
  func cleared(_ slot: UInt32, since moment: UInt64) {
    subscribers.forEach(of: slot) { index in
      guard let text = subscribers.text(of: index), text.sentAt ?? .max >= moment,
        case .cohort = subscribers[index].place
      else { return }
      output.tellText(of: index)
    }
  }
}
