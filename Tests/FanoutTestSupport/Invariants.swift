// What must hold in a loop between two calls, in words. Tests and simulations ask after every step.
@testable import FanoutCore

extension Loop {
  /// Each sentence names something that is not as it must be.
  func brokenInvariants() -> [String] {
    var broken: [String] = []
    var perTopic: [UInt32: Int] = [:]
    for slot in connections.indices {
      broken += brokenConnection(slot)
      subscribers.forEach(of: slot) { index in
        guard let subscription = subscribers.subscriptions.at(index.rawValue) else { return }
        perTopic[subscription.topic, default: 0] += 1
        broken += brokenPlace(index, subscription, slot)
      }
    }
    let total = perTopic.values.reduce(0, +)
    if subscribers.subscriptions.count != total {
      broken.append("\(subscribers.subscriptions.count) subscriptions, \(total) listed")
    }
    for (topic, count) in perTopic.sorted(by: { $0.key < $1.key }) {
      broken += brokenTopic(topic, count)
    }
    return broken + brokenClients() + brokenCounts()
  }

  private func brokenConnection(_ slot: UInt32) -> [String] {
    let connection = connections[slot]
    var broken: [String] = []
    var length = 0
    subscribers.forEach(of: slot) { index in
      length += 1
      if subscribers.subscriptions.at(index.rawValue)?.slot != slot {
        broken.append("slot \(slot): a foreign subscription")
      }
    }
    if length != subscribers.count(of: slot) {
      broken.append("slot \(slot): counts its subscriptions wrong")
    }
    if length > limits.subscriptionsPerConnection { broken.append("slot \(slot): too many subscriptions") }
    if connection.isBlocked, !connection.interest.contains(.writable) {
      broken.append("slot \(slot): blocked, and nobody waits for room")
    }
    if !connection.takesInput, length > 0 { broken.append("slot \(slot): ends and is subscribed") }
    return broken
  }

  private func brokenPlace(
    _ index: SubscriptionIndex, _ subscription: Subscription, _ slot: UInt32
  ) -> [String] {
    guard subscribers.topics.contains(subscription.topic) else { return ["slot \(slot): its topic is gone"] }
    let topic = subscribers.topics[subscription.topic]
    let name = "slot \(slot), topic \(topic.id.rawValue)"
    switch subscription.place {
    // What those missed who come from another process is asked for behind the grant.
    case .waiting(_, .given): return []
    case .waiting(.after(let seq), _) where topic.isLive && seq > topic.live.head: return []
    case .waiting: return topic.isLive ? ["\(name): waits for a grant that came"] : []
    case .replaying: return topic.isLive ? [] : ["\(name): resumes in a topic that is not live"]
    case .lagging(let cursor):
      guard topic.isLive, cursor <= topic.live.head else { return ["\(name): a cursor beyond the head"] }
      return connections[slot].isBlocked ? [] : ["\(name): lags although its connection is clear"]
    case .cohort(let cohort, let position):
      let isPaced = subscription.dialect == .paced
      let cohorts = isPaced ? topic.live.pacing.cohorts : topic.live[subscription.dialect].cohorts
      guard Int(cohort) < cohorts.count, Int(position) < cohorts[Int(cohort)].count else {
        return ["\(name): its place does not exist"]
      }
      let isThere = cohorts[Int(cohort)].members[Int(position)] == index
      let isSame = cohorts[Int(cohort)].descriptors[Int(position)] == connections[slot].descriptor
      if connections[slot].isBlocked { return ["\(name): blocked and in a cohort"] }
      return isThere && isSame ? [] : ["\(name): somebody else is at its place"]
    }
  }

  private func brokenTopic(_ index: UInt32, _ subscribers: Int) -> [String] {
    let topic = self.subscribers.topics[index]
    var broken: [String] = []
    if topic.subscribers != subscribers { broken.append("topic \(topic.id.rawValue): counts wrong") }
    broken += brokenDialects(index) + brokenPace(index)
    guard topic.isLive else { return broken }
    for dialect in self.subscribers.dialects(of: index) {
      let feed = topic.live[dialect]
      broken += feed.brokenInvariants(limit: limits.cohortSubscribers).map {
        "topic \(topic.id.rawValue): \($0)"
      }
      if feed.log.head != topic.live.head {
        broken.append("topic \(topic.id.rawValue): log and summary differ")
      }
      if feed.isBehind && !topic.isQueued {
        broken.append("topic \(topic.id.rawValue): behind and not queued")
      }
    }
    return broken
  }

  /// A subscription is paced when its connection is, and nobody's time is forgotten.
  private func brokenPace(_ index: UInt32) -> [String] {
    let own = subscribers.subscriptions.indices.map { subscribers.subscriptions[$0] }.filter {
      $0.topic == index
    }
    var broken = own.filter { ($0.dialect == .paced) != (subscribers.pace(of: $0.slot) != .all) }
      .map { "slot \($0.slot): its pace is not that of its connection" }
    guard let paced = subscribers.topics[index].live.paced else { return broken }
    broken += paced.brokenInvariants(limit: limits.cohortSubscribers)
    if paced.head != subscribers.topics[index].live.head { broken.append("paced: another head") }
    if paced.isBehind, !subscribers.topics[index].isQueued { broken.append("paced: behind and not queued") }
    if paced.isWaiting, !subscribers.awaited.contains(where: { $0.feed === paced }) {
      broken.append("paced: nobody awaits its time")
    }
    return broken
  }

  /// The compressed dialects are counted, and who is in a shared window has no other subscription.
  private func brokenDialects(_ index: UInt32) -> [String] {
    let topic = self.subscribers.topics[index]
    let own = self.subscribers.subscriptions.indices.map { self.subscribers.subscriptions[$0] }
      .filter { $0.topic == index }
    var broken: [String] = []
    if own.count(where: { $0.dialect == .standalone }) != Int(topic.standaloneSubscribers)
      || own.count(where: { $0.dialect == .shared }) != Int(topic.sharedSubscribers)
    {
      broken.append("topic \(topic.id.rawValue): counts its compressed subscriptions wrong")
    }
    for subscription in own where subscription.dialect == .shared {
      if self.subscribers.count(of: subscription.slot) != 1 || !subscription.keepsWindow {
        broken.append("slot \(subscription.slot): in a shared window that it cannot keep")
      }
    }
    return broken
  }

  /// Every WebSocket and event stream of an authenticated client is found by its client, and nothing else is.
  private func brokenClients() -> [String] {
    var slots: [UInt64: Set<UInt32>] = [:]
    for slot in connections.indices {
      switch connections[slot].phase {
      case .webSocket(let socket): slots[socket.client.id, default: []].insert(slot)
      case .eventStream(let stream): slots[stream.client.id, default: []].insert(slot)
      case .opening, .http, .flushing, .lingering: break
      }
    }
    slots[ClientTag.anonymous.id] = nil
    var broken = slots.filter { Set(connections.slots(ofClient: $0.key)) != $0.value }
      .map { "client \($0.key): not all of its connections are found" }
    if connections.clientCount != slots.count { broken.append("a client without connections is kept") }
    return broken
  }

  private func brokenCounts() -> [String] {
    var broken: [String] = []
    let open = connections.indices
    let blocked = open.count { connections[$0].isBlocked }
    let sockets = open.count { if case .webSocket = connections[$0].phase { true } else { false } }
    let streams = open.count { if case .eventStream = connections[$0].phase { true } else { false } }
    if counters.own.connectionsOpen != connections.count { broken.append("counts: connectionsOpen") }
    if counters.own.connectionsBlocked != blocked { broken.append("counts: connectionsBlocked") }
    if counters.own.webSocketsOpen != sockets { broken.append("counts: webSocketsOpen") }
    let compressed = open.count { connections[$0].dialect == .standalone }
    if counters.own.compressedOpen != compressed { broken.append("counts: compressedOpen") }
    if counters.own.eventStreamsOpen != streams { broken.append("counts: eventStreamsOpen") }
    if counters.own.subscriptions != subscribers.subscriptions.count {
      broken.append("counts: subscriptions")
    }
    let paced = subscribers.subscriptions.indices.count {
      subscribers.subscriptions[$0].dialect == .paced
    }
    if counters.own.pacedSubscriptions != paced { broken.append("counts: pacedSubscriptions") }
    if counters.own.topics != subscribers.topics.count { broken.append("counts: topics") }
    let waiting = open.reduce(0) { $0 + connections[$1].waiting }
    if counters.own.outputBytes != waiting { broken.append("counts: outputBytes") }
    let logs = subscribers.topics.indices.reduce(0) { $0 + subscribers.topics[$1].live.logBytes }
    if counters.own.logBytes != logs { broken.append("counts: logBytes") }
    return broken
  }
}

extension Feed {
  /// Each sentence names something that is not as it must be.
  func brokenInvariants(limit: Int) -> [String] {
    var broken: [String] = []
    for (number, cohort) in cohorts.enumerated() {
      if cohort.members.count != cohort.descriptors.count { broken.append("cohort \(number): uneven arrays") }
      if cohort.count > limit { broken.append("cohort \(number): too many members") }
      if cohort.cursor > log.head { broken.append("cohort \(number): beyond the head") }
      if cohort.count > 0 && cohort.cursor < log.head && !isBehind {
        broken.append("cohort \(number): behind, and the pass is over")
      }
    }
    return broken
  }
}

extension PacedFeed {
  /// Each sentence names something that is not as it must be.
  func brokenInvariants(limit: Int) -> [String] {
    var broken: [String] = []
    for (number, standing) in standings.enumerated() {
      let name = "paced cohort \(number)"
      let cohort = standing.cohort
      if cohort.members.count != cohort.descriptors.count { broken.append("\(name): uneven arrays") }
      if cohort.count > limit { broken.append("\(name): too many members") }
      if cohort.cursor > head { broken.append("\(name): beyond the head") }
      switch standing.stage {
      case .free: if cohort.count > 0 { broken.append("\(name): has members and is free") }
      case .waiting: break
      case .idle:
        if cohort.cursor < head || cohort.count == 0 {
          broken.append("\(name): is behind, or empty, and idle")
        }
      case .late: if cohort.count > 0, cohort.cursor == head { broken.append("\(name): late at the head") }
      }
    }
    return broken
  }
}
