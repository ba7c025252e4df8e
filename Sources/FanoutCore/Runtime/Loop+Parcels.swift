// What other threads sent, and the end.

extension Loop {
  /// Acts on one parcel.
  func open(_ parcel: Parcel) {
    switch parcel {
    case .updates(let runs): runs.forEach(take)
    case .grant(let topic, let summary): granted(topic, summary)
    case .replies(let replies): replies.forEach { deliver($0.response, to: $0.ticket) }
    case .history(let history, let ticket): recalled(history, ticket)
    case .stopAccepting: stopAccepting()
    case .closeAll: closeAll()
    }
  }

  private func take(_ run: FrameRun) {
    // A topic that was given back, or is asked for anew, hears nothing before its next grant.
    guard let topic = topics.index(of: run.topic), topics[topic].isLive else { return }
    let room = LogRoom(limits, held: counts.logBytes, topics: topics.count)
    counts.logBytes -= topics[topic].live.logBytes
    topics[topic].live.append(run, room: room)
    counts.logBytes += topics[topic].live.logBytes
    counts.notices += run.webSocket.ends.count
    queue(topic)
  }

  private func deliver(_ response: HTTPResponse, to ticket: Ticket) {
    guard let connection = connections.at(ticket.slot), connection.generation == ticket.generation,
      case .http(let exchange) = connection.role, exchange.answering == ticket.request
    else { return }
    answer(ticket.slot, exchange, response)
    guard case .http(let exchange) = connections.at(ticket.slot)?.role,
      !connections[ticket.slot].endsWhenFlushed, !connections[ticket.slot].isBlocked
    else { return }
    perform(exchange.resume(), ticket.slot, exchange)
  }

  private func stopAccepting() {
    isAccepting = false
    io.stopListening()
    for slot in connections.indices {
      if case .http(let exchange) = connections[slot].role, exchange.isIdle { end(slot) }
    }
  }

  /// Tells every client to come back later, each at another moment, and ends its connection.
  private func closeAll() {
    stopAccepting()
    // What was published before the end is sent before the end.
    while !pass.isEmpty { rollPass() }
    endBy = io.now + limits.closeTimeout
    for slot in connections.indices {
      switch connections[slot].role {
      case .webSocket(let socket) where socket.session.state == .open:
        sayGoodbye(slot)
        closeWebSocket(slot, .serviceRestart)
      case .eventStream:
        sayGoodbye(slot)
        end(slot)
      case .http where !connections[slot].endsWhenFlushed: end(slot)
      case .webSocket, .lingering, .http: break
      }
    }
    endIfDone()
  }

  private func sayGoodbye(_ slot: UInt32) {
    let spread = scattered(connections[slot].generation, within: limits.reconnectSpread)
    say(slot, .draining(reconnectAfterMilliseconds: Int(spread)))
  }

  /// Ends the loop once everybody is gone or has had the time to go.
  func endIfDone() {
    guard let endBy, connections.count == 0 || io.now >= endBy else { return }
    self.endBy = nil
    for slot in connections.indices { close(slot) }
    counters.publish(counts)
    proxy.close()
    io.stop()
  }
}
