// What can be told of the bus between nodes: its state, and what it has counted. Values; every build knows them.

/// How it stands with the NATS servers.
enum BusState: String, Sendable, Equatable {
  /// Not connected since the start.
  case connecting
  case connected
  /// It was, and is being connected again.
  case disconnected
}

struct BusReport: Sendable, Equatable {
  var state = BusState.connecting
  /// Events whose messages are heard.
  var followed = 0
  var sent: UInt64 = 0
  var heard: UInt64 = 0
  /// Messages that were not sent: nobody was connected, or too much was waiting. The database's wake-up does their work.
  var unsent: UInt64 = 0
  /// Times that libnats dropped messages because this process did not take them in time.
  var slow: UInt64 = 0
  /// Connections that ended.
  var losses: UInt64 = 0
}

/// What is told about the bus as it happens.
enum BusNews: Sendable, Equatable {
  case connected
  /// Nothing was reached since the start.
  case unreachable(String)
  case lost(String)
  /// The servers refuse this node, or it does not take its messages in time.
  case trouble(String)

  var entry: LogEntry {
    switch self {
    case .connected: LogEntry(.info, "the bus is connected")
    case .unreachable(let why):
      LogEntry(.warning, "the bus cannot be reached; others' bookings come by the database", ["why": why])
    case .lost(let why):
      LogEntry(.warning, "the bus is down; others' bookings come by the database", ["why": why])
    case .trouble(let why): LogEntry(.warning, "the bus reports an error", ["why": why])
    }
  }
}

extension MetricFamily {
  /// Of the bus; none without one.
  static func bus(_ report: BusReport?) -> [MetricFamily] {
    guard let report else { return [] }
    return [
      .gauge("bus_connected", "Whether messages pass between nodes", report.state == .connected ? 1 : 0),
      .gauge("bus_events", "Events whose messages of other nodes are heard", UInt64(report.followed)),
      .counter("bus_sent_total", "Messages sent to other nodes", report.sent),
      .counter("bus_heard_total", "Messages heard of other nodes", report.heard),
      .counter(
        "bus_unsent_total", "Messages not sent, because the bus was down or too much was waiting",
        report.unsent),
      .counter(
        "bus_slow_total", "Times that messages of other nodes were dropped, because too many were waiting",
        report.slow),
      .counter("bus_losses_total", "Connections to the bus that ended", report.losses),
    ]
  }
}
