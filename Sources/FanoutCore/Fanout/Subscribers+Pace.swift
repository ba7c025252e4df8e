// Subscriptions whose connection asked for a pace: they go over into paced cohorts and back, and the pass visits those whose time
// has come. One loop's thread.

extension Subscribers {
  // MARK: From one feed to the other

  /// The pace of a connection is another one: its subscriptions leave their cohorts, at the cursors where they stand.
  /// - Parameter unpaced: the dialect of the connection's notices without a pace.
  func setPace(_ pace: Pace, of slot: UInt32, unpaced: Dialect) {
    assert(unpaced != .eventStream, "an event stream has no pace")
    suspend(slot)
    notePace(pace, of: slot)
    forEach(of: slot) { change($0, to: pace == .all ? unpaced : .paced) }
  }

  private func change(_ index: SubscriptionIndex, to dialect: Dialect) {
    // What stood in the shared window does not return to it before it was sent a notice that stands alone.
    leaveWindow(index)
    let subscription = subscriptions[index.rawValue]
    guard subscription.dialect != dialect else { return }
    subscriptions[index.rawValue].dialect = dialect
    let isPaced = dialect == .paced
    counters.own.pacedSubscriptions += isPaced ? 1 : -1
    if subscription.dialect == .standalone { topics[subscription.topic].standaloneSubscribers -= 1 }
    if dialect == .standalone { topics[subscription.topic].standaloneSubscribers += 1 }
    // Of one that waits for its grant, the greeting begins to read.
    if topics[subscription.topic].isLive { beginReading(index) }
  }

  /// Puts a paced subscription that was sent something now into a cohort where it stands.
  func joinPaced(_ index: SubscriptionIndex, _ descriptor: Int32, at now: UInt64) {
    let subscription = subscriptions[index.rawValue]
    guard case .lagging(let cursor) = subscription.place else {
      preconditionFailure("a subscription joins a cohort from a cursor of its own")
    }
    topics[subscription.topic].live.pacing.join(
      index, descriptor: descriptor, cursor: cursor, pace(of: subscription.slot), at: now, in: &subscriptions)
    counters.own.following += 1
    awaitTime(of: subscription.topic)
  }

  private func awaitTime(of topic: UInt32) {
    let feed = topics[topic].live.pacing
    guard !feed.isAwaited, feed.isWaiting else { return }
    feed.isAwaited = true
    awaited.append((topic, feed))
  }

  // MARK: The pass

  /// Whether the topic has paced cohorts.
  func isPaced(_ topic: UInt32) -> Bool { topics[topic].live.paced != nil }

  /// Time has passed: topics with cohorts that may be sent something, and have missed something, wait for the pass. Once per
  /// tick; the pass itself looks whenever a notice comes.
  func advancePaced(to now: UInt64) {
    guard !awaited.isEmpty else { return }
    var kept: [(topic: UInt32, feed: PacedFeed)] = []
    for (topic, feed) in awaited where topics.contains(topic) && topics[topic].live.paced === feed {
      feed.advance(to: now, in: &subscriptions)
      enqueue(topic)
      feed.isAwaited = feed.isWaiting
      if feed.isAwaited { kept.append((topic, feed)) }
    }
    awaited = kept
  }

  /// The next paced cohort whose time has come, and what it is sent: the notice that it missed, or one message for several.
  func pacedVisit(_ topic: UInt32, at now: UInt64) -> Visit? {
    guard let number = topics[topic].live.pacing.nextLate(at: now, in: &subscriptions) else { return nil }
    let cohort = topics[topic].live.cohort(UInt32(number), .paced)
    let summary = topics[topic].live.summary
    let single =
      summary.seq - cohort.cursor == 1
      ? Delivery(framesOf: topics[topic].live.webSocket.log, after: cohort.cursor) : nil
    let delivery = single ?? Delivery(conflating: summary, after: cohort.cursor, as: .paced)
    return Visit(topic: topic, number: number, cohort: cohort, delivery: delivery, dialect: .paced)
  }

  /// The cohort has been sent everything, except to members that have left it.
  func settlePaced(_ visit: Visit, at now: UInt64) {
    topics[visit.topic].live.pacing.settle(visit.number, at: now, in: &subscriptions)
    awaitTime(of: visit.topic)
  }
}
