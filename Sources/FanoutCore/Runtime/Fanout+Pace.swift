// Connections that ask for at most so many messages per topic and second (docs/decisions/0037-a-pace-is-a-time-to-wait.md). A paced
// subscription that has missed something waits for its time in a cohort, so it is neither lagging nor resuming. One loop's thread.

extension Fanout {
  func isPaced(_ index: SubscriptionIndex) -> Bool { subscribers[index].dialect == .paced }

  /// From now on every subscription of the connection, those made later included, is sent at most so much. Without a pace what is
  /// missing is sent at once.
  func setPace(_ pace: Pace, of slot: UInt32) {
    guard pace != subscribers.pace(of: slot) else { return }
    let dialect = connections[slot].dialect
    guard dialect != .eventStream else { return }
    subscribers.setPace(pace, of: slot, unpaced: dialect)
    if pace != .all { subscribers.forEach(of: slot, cutReplay) }
    guard !connections[slot].isBlocked, output.catchUp(slot), !connections[slot].isBlocked else { return }
    rejoin(slot)
  }

  /// What is left of a replay is more than the pace allows: one message stands for it when its time has come.
  private func cutReplay(_ index: SubscriptionIndex) {
    guard case .replaying(let cursor, _, let greeting) = subscribers[index].place else { return }
    subscribers.move(index, to: .lagging(cursor: cursor))
    if let greeting { greet(index, greeting, .resumed(after: cursor), seq: cursor) }
  }

  /// Whoever resumes with a pace begins where it stood, and what it has missed is one message.
  func resumePaced(_ index: SubscriptionIndex, after seq: UInt64, _ greeting: Subscription.Greeting) {
    subscribers.move(index, to: .lagging(cursor: seq))
    greet(index, greeting, .resumed(after: seq), seq: seq)
    if !connections[subscribers[index].slot].isBlocked { join(index) }
    output.tellText(of: index)
  }

  /// Brings the topic's next paced cohort whose time has come to the head; returns the number of sends.
  func servePaced(_ topic: UInt32) -> Int {
    guard let visit = subscribers.pacedVisit(topic, at: io.now) else { return 0 }
    output.send(visit)
    subscribers.settlePaced(visit, at: io.now)
    return visit.cohort.count
  }

  /// What was published is sent to everybody, whatever the pace: the loop ends.
  func finishPass() {
    subscribers.advancePaced(to: .max)
    while !passIsOver { rollPass() }
  }
}
