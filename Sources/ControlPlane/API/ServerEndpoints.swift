// What administrators are told about the server itself. Workers, several at once.

struct ServerEndpoints: Sendable {
  let status: ServerStatus

  /// `GET /api/server/stats`: the numbers of this moment.
  func stats(_ call: Call, _ principal: Principal) throws(Problem) -> Reply? {
    guard let stats = status.stats() else { throw Problem(.notFound, "This server has no data plane.") }
    return .json(stats)
  }
}
