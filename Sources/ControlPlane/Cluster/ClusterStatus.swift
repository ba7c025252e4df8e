// What administrators are told about the nodes: `GET /api/cluster`. A server by itself is a cluster of one, so that whoever reads it
// needs one shape. Any thread; no I/O: the list is that of the last beat.

struct ClusterStatus: Sendable {
  /// Where the truth is.
  struct Store: Sendable, Equatable {
    enum Kind: String, Sendable { case sqlite, postgresql }
    var kind: Kind
    /// For people: of PostgreSQL user, host and database; of SQLite the data folder.
    var address: String
  }

  let store: Store
  let epoch: String
  let place: Place
  /// This node now.
  let own: @Sendable () -> NodeReport
  /// nil: a server by itself.
  let registry: NodeRegistry?
  /// Why nothing can be written; nil: it can.
  let storeFailure: @Sendable () -> String?
  let clock: any Clock

  func serves(at address: String) {
    place.text.withLock { $0 = address }
    registry?.serves(at: address)
  }

  /// Where this server serves, once it listens.
  final class Place: Sendable {
    let text = Monitor("")
  }

  /// The nodes in order of their names, this one as it is now.
  var nodes: [NodeReport] {
    let own = own()
    let others = (registry?.table?.nodes ?? []).filter { $0.name != own.name }
    return (others + [own]).sorted { $0.name < $1.name }
  }

  func isAlive(_ node: NodeReport, at now: Instant) -> Bool {
    now.milliseconds - node.seenAt.milliseconds < NodeRegistry.deadAfter
  }

  /// nil: a server by itself.
  var counts: ControlCounters.Nodes? {
    guard let registry else { return nil }
    let (own, nodes, now) = (own(), nodes, clock.now)
    let alive = nodes.count { isAlive($0, at: now) }
    return ControlCounters.Nodes(
      alive: alive, dead: nodes.count - alive, leads: own.facts.leads, lag: own.facts.lag,
      listAge: registry.age ?? 0)
  }

  /// One JSON object.
  func json() -> [UInt8] {
    let (own, nodes, now) = (own(), nodes, clock.now)
    let alive = nodes.filter { isAlive($0, at: now) }
    return JSONWriter.object { writer in
      writer.member("time", now)
      writer.member("node", own.name)
      writer.member("leader", orNull: alive.first { $0.facts.leads }?.name)
      writer.name("store")
      writer.object { writer in
        writer.member("kind", store.kind.rawValue)
        writer.member("address", store.address)
        writer.member("available", storeFailure() == nil)
        writer.member("epoch", epoch)
      }
      writer.name("bus")
      if let isConnected = own.facts.busIsConnected {
        writer.string(isConnected ? "connected" : "disconnected")
      } else {
        writer.null()
      }
      writer.member("listAgeMilliseconds", registry?.age ?? 0)
      writer.name("totals")
      writer.object { writer in
        writer.member("nodes", alive.count)
        writer.member("connections", alive.reduce(UInt64(0)) { $0 &+ $1.facts.connections })
        writer.member("subscriptions", alive.reduce(UInt64(0)) { $0 &+ $1.facts.subscriptions })
        writer.member("bookingsPerSecond", alive.reduce(UInt64(0)) { $0 &+ $1.facts.bookingsPerSecond })
      }
      writer.name("nodes")
      writer.array { writer in
        for node in nodes { writer.object { write(node, isAlive(node, at: now), to: &$0) } }
      }
    }
  }

  private func write(_ node: NodeReport, _ isAlive: Bool, to writer: inout JSONWriter) {
    writer.member("name", node.name)
    writer.member("address", orNull: node.address.isEmpty ? nil : node.address)
    writer.member("version", node.version)
    writer.member("state", isAlive ? "alive" : "dead")
    writer.member("startedAt", node.startedAt)
    writer.member("seenAt", node.seenAt)
    node.facts.write(to: &writer)
  }
}
