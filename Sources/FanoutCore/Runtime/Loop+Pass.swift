// The rolling pass: from topic to topic and from cohort to cohort, one batch of sends each. Between two turns the
// loop looks at its mailbox and its sockets, so later cohorts receive more at once, and nobody waits for the end.

extension Loop {
  /// Puts a topic with news in line.
  func queue(_ topic: UInt32) {
    guard !topics[topic].isQueued, topics[topic].live.isBehind else { return }
    topics[topic].isQueued = true
    pass.append(topic)
  }

  /// Makes about a cohort's worth of sends, topic by topic, so that a small topic never waits for a large one.
  func rollPass() {
    var sends = 0
    while sends < limits.cohortSubscribers, let topic = pass.popFirst() {
      topics[topic].isQueued = false
      sends += serve(topic, .webSocket) + serve(topic, .eventStream)
      queue(topic)
    }
  }

  /// Brings the topic's next cohort of this dialect to the head; returns the number of sends.
  private func serve(_ topic: UInt32, _ dialect: Dialect) -> Int {
    guard let cohort = topics[topic].live[dialect].nextBehind() else { return 0 }
    // Copies of one cohort and of references, not of the topic: its arrays change below.
    let members = topics[topic].live[dialect].cohorts[cohort]
    let delivery = Delivery(
      from: topics[topic].live[dialect].log, or: topics[topic].live.summary, after: members.cursor,
      as: dialect)
    exceptions.removeAll(keepingCapacity: true)
    io.sendBatch(
      members.descriptors, delivery.storage.span.extracting(delivery.range), exceptions: &exceptions)
    count(delivery, sends: members.count, from: members.cursor)
    // `members` is a copy: those who leave move others in the cohort, not here.
    for exception in exceptions {
      setAside(members.members[exception.position], delivery, exception.result)
    }
    topics[topic].live[dialect].settle(cohort, at: io.now)
    topics[topic].live[dialect].merge(cohort, in: &subscriptions)
    return members.count
  }

  /// A member that did not take everything: out of its cohorts, with the end of the frame that it began.
  private func setAside(_ index: SubscriptionIndex, _ delivery: Delivery, _ result: Int) {
    let slot = subscriptions[index.rawValue].slot
    guard result >= 0 else { return close(slot) }
    block(slot)
    _ = note(delivery, taken: result, index, slot)
  }

  private func count(_ delivery: Delivery, sends: Int, from cursor: UInt64) {
    counts.sends += sends
    counts.bytesSent += (sends - exceptions.count) * delivery.range.count
    counts.framesDelivered +=
      (sends - exceptions.count) * (delivery.isConflated ? 1 : Int(delivery.head - cursor))
    if delivery.isConflated { counts.conflations += sends }
  }
}
