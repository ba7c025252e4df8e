// How a node describes itself to others, in a column that nodes of other versions read, too: what is missing is zero, and what is
// not known is passed over.

extension NodeFacts {
  var json: [UInt8] { JSONWriter.object { write(to: &$0) } }

  /// The members of one object; `GET /api/cluster` has them as they are.
  func write(to writer: inout JSONWriter) {
    writer.member("connections", connections)
    writer.member("subscriptions", subscriptions)
    writer.member("bookings", bookings)
    writer.member("bookingsPerSecond", bookingsPerSecond)
    writer.member("lagMilliseconds", lag)
    writer.name("bus")
    if let busIsConnected {
      writer.string(busIsConnected ? "connected" : "disconnected")
    } else {
      writer.null()
    }
    writer.member("leads", leads)
    writer.member("clockOffsetMilliseconds", clockOffset)
    writer.member("signingKey", key)
  }

  init(json: [UInt8]) {
    guard let members = (try? StrictJSON.parse(json))?.members else { return }
    func count(_ name: String) -> UInt64 { UInt64(clamping: members[name]?.whole ?? 0) }
    (connections, subscriptions) = (count("connections"), count("subscriptions"))
    (bookings, bookingsPerSecond) = (count("bookings"), count("bookingsPerSecond"))
    lag = members["lagMilliseconds"]?.whole ?? 0
    busIsConnected = members["bus"]?.text.map { $0 == "connected" }
    if case .bool(let isLeading)? = members["leads"] { leads = isLeading }
    clockOffset = members["clockOffsetMilliseconds"]?.whole ?? 0
    key = members["signingKey"]?.text ?? ""
  }
}
