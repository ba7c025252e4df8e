// What administrators are told about the server itself. Workers, several at once.

struct ServerEndpoints: Sendable {
  let status: ServerStatus
  /// nil: there is no server, only its files.
  var nodes: ClusterStatus?

  /// `GET /api/server/stats`: the numbers of this moment.
  func stats(_ call: Call, _ principal: Principal) throws(Problem) -> Reply? {
    guard let stats = status.stats() else { throw Problem(.notFound, "This server has no data plane.") }
    return .json(stats)
  }

  /// `GET /api/cluster`: this node, all nodes, who leads, the store and the bus.
  func cluster(_ call: Call, _ principal: Principal) throws(Problem) -> Reply? {
    guard let nodes else { throw Problem(.notFound, "No server runs here.") }
    return .json(nodes.json())
  }

  /// `GET /debug/fanout/{id}`: how each loop broadcasts an event.
  func fanout(_ call: Call, _ principal: Principal) throws(Problem) -> Reply? {
    let event = try call.event(try call.eventID())
    guard let parts = status.fanout(of: event.id) else { throw Problem(DomainError.overloaded) }
    return .json(
      JSONWriter.object { writer in
        writer.member("eventId", event.id.rawValue)
        writer.member("seq", event.state.seq)
        writer.member("loops", parts)
      })
  }
}

extension PartFanout: JSONWritable {
  func write(to writer: inout JSONWriter) {
    writer.object { writer in
      writer.member("loop", part)
      writer.member("answered", hasAnswered)
      writer.member("audiences", audiences)
    }
  }
}

extension AudienceFanout: JSONWritable {
  func write(to writer: inout JSONWriter) {
    writer.object { writer in
      writer.member("audience", audience == .authenticated ? "authenticated" : "anonymous")
      writer.member("subscribers", subscribers)
      writer.member("lagging", lagging)
      writer.member("cohorts", cohorts)
      writer.member("seq", head)
      writer.member("oldestSeq", orNull: oldest.map { Int(clamping: $0) })
      writer.member("newestSeq", orNull: newest.map { Int(clamping: $0) })
      writer.member("logFrames", logLength)
      writer.member("logBytes", logBytes)
      writer.member("conflated", conflations)
    }
  }
}
