// What a ledger that is one node of several does between its batches: takes in what the others tell, looks at what it may not know,
// follows what is watched here, and leads when it is this node's turn. docs/decisions/0044. The ledger's thread.

extension Ledger {
  // MARK: What others tell

  /// Only notes what is to be looked at; what the bus has told whole counts at once.
  func takeIn(_ commands: [LedgerCommand], _ node: Node) {
    for command in commands {
      switch command {
      case .followed(let told):
        for event in told.events { distrust(event, node) }
        for news in told.news { take(news, node) }
      case .heard(.wakeUp(let event)): distrust(event, node)
      case .heard(.message(let message)): take(message, node)
      default: break
      }
    }
    // Deleted events may be among them, so that they could be more than there are.
    if node.stale.count > 2 * table.ids.count + 1_024 {
      node.unsure.formUnion(node.stale)
      node.stale = []
    }
  }

  private func take(_ message: BusMessage, _ node: Node) {
    let id = message.event.id
    if let known = node.shared.revision(of: id), message.revision <= known { return }
    guard node.isLeading || node.followed.contains(id), !message.waitingChanged,
      !node.unsure.contains(id), let place = table.place(of: id),
      (message.notices.first?.seq ?? message.event.seq + 1) == table[place].seq + 1,
      node.shared.note(id, revision: message.revision)
    else { return distrust(id, node) }
    if !message.notices.isEmpty {
      noteForeign(
        id, after: table[place].seq, through: message.event.seq, node, known: message.notices)
    }
    table[place] = message.event
    plan(id, at: dependencies.clock.now)
  }

  private func take(_ news: ClusterNews, _ node: Node) {
    guard let nodes = dependencies.nodes else { return }
    switch news {
    case .loggedOut(let identity, let moment):
      // News may be told twice, and somebody may have logged in again since.
      guard !nodes.revocations.has(identity, before: moment) else { return }
      nodes.revocations.add(identity, before: moment)
      dependencies.notices.withdraw(client: identity.connectionKey)
    case .disabled(let identity, let isDisabled): nodes.revocations.setDisabled(identity, isDisabled)
    case .serviceTokens: node.needsServiceTokens = true
    case .told(let identity, let text):
      let name = Array("\(identity.issuer)\n\(identity.subject)\n".utf8) + text
      guard node.told.find(name) == nil else { return }
      node.told.insert(true, for: name)
      dependencies.notices.tell(client: identity.connectionKey, text)
    }
  }

  // MARK: Between batches

  /// Looks at what this node may not know, and asks who leads. Outside of transactions.
  /// - Parameter needed: events that the batch that is about to begin looks at in any case.
  func attend(_ node: Node, besides needed: Set<EventID> = []) {
    // While the store fails, one attempt at a time is enough: a batch, or a probe.
    if storeFailure == nil { askForLead(node) }
    if storeFailure == nil { refresh(node.unsure.subtracting(needed), node) }
    if storeFailure == nil { settleNews(node) }
    if storeFailure == nil, node.isLeading { lookForHolds(node) }
    guard storeFailure == nil, !node.postponed.isEmpty else { return }
    let watches = node.postponed
    node.postponed = []
    admit(prepare(watches, node))
  }

  /// Looks at events. What cannot be looked at stays to be.
  /// - Returns: whether it is known how they are.
  @discardableResult
  func refresh(_ events: Set<EventID>, _ node: Node) -> Bool {
    guard !events.isEmpty else { return true }
    node.unsure.formUnion(events)
    guard storeFailure == nil else { return false }
    let ordered = events.sorted { $0.rawValue < $1.rawValue }
    do throws(StoreFailure) {
      for start in stride(from: 0, to: ordered.count, by: Node.eventsPerLook) {
        let some = Array(ordered[start..<min(start + Node.eventsPerLook, ordered.count)])
        take(try node.shared.changes(of: some), node)
        node.unsure.subtract(some)
        node.stale.subtract(some)
      }
      return true
    } catch {
      failRead(error)
      return false
    }
  }

  private func failRead(_ failure: StoreFailure) {
    guard !failure.isContention else { return }
    report(failure, .storageFailed(failure.message))
    // The lease may have ended with the session.
    node?.nextAsk = .min
  }

  /// Learns what became of log-outs and the like whose commit nobody answered, and reads service tokens when they have changed.
  private func settleNews(_ node: Node) {
    guard node.needsServiceTokens || !node.uncertain.isEmpty, let nodes = dependencies.nodes else { return }
    do throws(StoreFailure) {
      _ = try node.shared.begin(BatchNeeds())
      for news in node.uncertain { try settle(news, node) }
      if node.needsServiceTokens {
        nodes.services.replace(with: try store.records.serviceTokens(at: readClocks().now))
      }
      try store.commit()
      (node.uncertain, node.needsServiceTokens) = ([], false)
    } catch {
      store.rollback()
      failRead(error)
    }
  }

  private func settle(_ news: ClusterNews, _ node: Node) throws(StoreFailure) {
    switch news {
    case .loggedOut(let identity, let moment):
      if let found = try store.logout(of: identity), moment <= found {
        take(.loggedOut(identity, before: found), node)
      }
    case .disabled(let identity, let isDisabled):
      // Who was erased is not found by the name any more.
      let found = try store.person(identity)?.isDisabled ?? isDisabled
      take(.disabled(identity, found), node)
    case .serviceTokens: node.needsServiceTokens = true
    case .told: break
    }
  }

  // MARK: Leading

  private func askForLead(_ node: Node) {
    guard dependencies.clock.uptime >= node.nextAsk else { return }
    node.nextAsk = dependencies.clock.uptime + Node.askPause
    do throws(StoreFailure) {
      setLeading(try node.shared.leads(), node)
    } catch {
      setLeading(false, node)
      failRead(error)
    }
  }

  /// Who begins to lead must know every event as it is, to know when something is to be done with it.
  private func setLeading(_ leads: Bool, _ node: Node) {
    guard leads != node.isLeading else { return }
    node.isLeading = leads
    if leads {
      guard refresh(Set(table.ids).union(node.stale), node) else {
        // Asked again in a moment; until then nothing is due here.
        (node.isLeading, agenda) = (false, Agenda())
        return
      }
      node.nextHolds = .min
      let now = dependencies.clock.now
      for event in table.ids { plan(event, at: now) }
    } else {
      agenda = Agenda()
      (node.dueHolds, emptied) = ([:], [:])
    }
    dependencies.nodes?.leads(leads)
  }

  private func lookForHolds(_ node: Node) {
    guard node.dueHolds.isEmpty, dependencies.clock.uptime >= node.nextHolds else { return }
    node.nextHolds = dependencies.clock.uptime + Node.holdsPause
    do throws(StoreFailure) {
      let found = try node.shared.dueHolds(of: nil, at: dependencies.clock.now, limit: Node.holdsPerLook)
      for (event, hold) in found { node.dueHolds[event, default: []].append(hold) }
      if found.count >= Node.holdsPerLook { node.nextHolds = .min }
    } catch {
      failRead(error)
    }
  }

  /// What a batch does by the clock.
  struct DueWork {
    var events: [EventID] = []
    var holds: [EventID: [Hold]] = [:]
    var isEmpty: Bool { events.isEmpty }
  }

  /// What is due for the leading node, within the bound of a batch. Who was taken out is planned again after the batch.
  func takeDue(_ now: Instant, _ node: Node) -> DueWork {
    guard node.isLeading, storeFailure == nil else { return DueWork() }
    var due = DueWork(events: node.dueHolds.keys.sorted { $0.rawValue < $1.rawValue }, holds: node.dueHolds)
    node.dueHolds = [:]
    while due.events.count < Self.endsPerBatch, let id = agenda.popDue(at: now) {
      if !due.events.contains(id) { due.events.append(id) }
    }
    return due
  }

  // MARK: Holds

  func expire(
    _ holds: [Hold], _ place: Int, _ batch: inout Batch, while wantsMore: (Batch) -> Bool
  ) throws(CommandFailure) {
    for hold in holds where wantsMore(batch) { try expire(hold, place, &batch) }
  }

  /// Whoever made them: only the store knows which are over.
  func expireSharedHolds(
    of place: Int, _ batch: inout Batch, while wantsMore: (Batch) -> Bool
  ) throws(CommandFailure) {
    guard let node else { return }
    let (id, now) = (table[place].id, batch.time.now)
    while wantsMore(batch), !batch.exhausted.contains(id) {
      let due = try storing(&batch) { () throws(StoreFailure) in
        try node.shared.dueHolds(of: id, at: now, limit: Node.holdsPerLook)
      }
      if due.count < Node.holdsPerLook { batch.exhausted.insert(id) }
      let ends = batch.ends
      try expire(due.map(\.hold), place, &batch, while: wantsMore)
      // What was found and not ended would be found again.
      if batch.ends == ends { batch.exhausted.insert(id) }
    }
  }

  // MARK: Who watches here

  /// Before watchers are granted: the first one of an event has it followed and then looked at, so that nothing that is committed
  /// from then on is missed.
  /// - Returns: those that can be answered now.
  func prepare(_ watches: [Batch.Watch], _ node: Node) -> [Batch.Watch] {
    var fresh: Set<EventID> = []
    for case .begin(let id, _) in watches where node.followed.insert(id).inserted {
      dependencies.nodes?.bus?.follow(id)
      dependencies.nodes?.interest?.note(id, isWatched: true)
      fresh.insert(id)
    }
    guard !refresh(fresh, node) else { return watches }
    return watches.filter { watch in
      guard case .begin(let id, _) = watch, table[id] == nil, fresh.contains(id),
        node.postponed.count < Node.mostPostponed
      else { return true }
      // Whether there is such an event is not known.
      forsake(id, node)
      node.postponed.append(watch)
      return false
    }
  }

  func forsakeUnwatched(_ watch: Batch.Watch, _ node: Node) {
    switch watch {
    case .begin(let id, _), .end(let id, _):
      if table[id] == nil || !dependencies.notices.isWatched(id) { forsake(id, node) }
    }
  }

  /// Nobody watches the event here any more, or it is deleted.
  func forsake(_ id: EventID, _ node: Node) {
    guard node.followed.remove(id) != nil else { return }
    node.unannounced[id] = nil
    dependencies.nodes?.bus?.unfollow(id)
    dependencies.nodes?.interest?.note(id, isWatched: false)
  }
}

extension Node {
  /// Whether there is something to try again soon.
  var hasWork: Bool {
    !unsure.isEmpty || !uncertain.isEmpty || needsServiceTokens || !postponed.isEmpty || !unannounced.isEmpty
  }

  /// Whether something waits for a batch.
  var mustPerform: Bool { !dueHolds.isEmpty || !unannounced.isEmpty }
}
