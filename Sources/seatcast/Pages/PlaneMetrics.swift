// The counters of the data plane as metric families. Loops have a label each; sums are left to the query.
import ControlPlane
import FanoutCore

extension MetricFamily {
  /// - Parameter sender: how batches are sent ("io_uring" or "send").
  static func plane(_ loops: [LoopCounts], sender: String) -> [MetricFamily] {
    open(loops) + traffic(loops) + closed(loops) + [
      MetricFamily(
        name: "loop_idle_seconds_total", kind: .counter, help: "Time in which a loop had nothing to do",
        samples: loops.enumerated().map { index, counts in
          Sample(
            labels: [.loop(index)], value: UInt64(clamping: counts.idleMilliseconds), scale: .milliseconds)
        }),
      admissionRefused(loops),
      .info("sender_info", "How broadcasts are sent", [.init(name: "sender", value: sender)]),
    ]
  }

  /// One sample per loop.
  private static func family(
    _ loops: [LoopCounts], _ kind: Kind, _ name: String, _ help: String, _ value: (LoopCounts) -> Int
  ) -> MetricFamily {
    MetricFamily(
      name: name, kind: kind, help: help,
      samples: loops.enumerated().map { index, counts in
        Sample(labels: [.loop(index)], value: UInt64(clamping: value(counts)))
      })
  }

  private static func open(_ loops: [LoopCounts]) -> [MetricFamily] {
    [
      family(loops, .gauge, "connections_open", "Open connections", \.connectionsOpen),
      family(loops, .gauge, "connections_blocked", "Connections whose socket is full", \.connectionsBlocked),
      family(loops, .gauge, "websockets_open", "Open WebSockets", \.webSocketsOpen),
      family(
        loops, .gauge, "compressed_open", "Open WebSockets that agreed on compression", \.compressedOpen),
      family(loops, .gauge, "event_streams_open", "Open event streams", \.eventStreamsOpen),
      family(loops, .gauge, "subscriptions", "Subscriptions of all connections", \.subscriptions),
      family(loops, .gauge, "topics", "Topics that a loop holds", \.topics),
      family(
        loops, .gauge, "log_bytes",
        "Bytes of frames that a loop keeps for slow and returning readers", \.logBytes),
      family(loops, .gauge, "output_bytes", "Bytes that wait for sockets", \.outputBytes),
      family(loops, .gauge, "tls_output_bytes", "Bytes of ciphertext that wait for sockets", \.unsentBytes),
      family(loops, .gauge, "tls_handshakes", "TLS handshakes under way", \.handshakesUnderWay),
      family(
        loops, .gauge, "anonymous_open", "Open WebSockets and event streams without a token", \.anonymousOpen),
      family(
        loops, .gauge, "subscriptions_paced", "Subscriptions whose connection asked for a pace",
        \.pacedSubscriptions),
      family(
        loops, .gauge, "subscriptions_following",
        "Subscriptions that are sent each notice as it comes, or at their pace",
        \.following),
    ]
  }

  private static func traffic(_ loops: [LoopCounts]) -> [MetricFamily] {
    [
      family(loops, .counter, "connections_accepted_total", "Connections accepted", \.connectionsAccepted),
      family(
        loops, .counter, "idle_searches_total",
        "Searches of a loop through all its connections for idle ones", \.idleSearches),
      family(
        loops, .counter, "reserved_accepted_total",
        "Connections accepted on a reserved descriptor", \.reservedAccepted),
      family(loops, .counter, "http_requests_total", "HTTP requests received", \.requests),
      family(loops, .counter, "messages_received_total", "WebSocket messages received", \.messagesReceived),
      family(loops, .counter, "received_bytes_total", "Bytes received", \.bytesReceived),
      family(loops, .counter, "sent_bytes_total", "Bytes sent", \.bytesSent),
      family(loops, .counter, "sends_total", "Sends offered to the kernel", \.sends),
      family(loops, .counter, "loop_notices_total", "Notices that reached a loop", \.notices),
      family(
        loops, .counter, "frames_delivered_total",
        "Frames delivered to subscribers at the head", \.framesDelivered),
      family(
        loops, .counter, "frames_compressed_total",
        "Frames that a loop compressed, for all subscribers and all loops", \.framesDeflated),
      family(
        loops, .counter, "compression_saved_bytes_total",
        "Bytes that were not sent because notices are compressed", \.deflationSavedBytes),
      family(
        loops, .counter, "conflations_total",
        "Messages that stood for several missed ones", \.conflations),
      family(
        loops, .counter, "paced_conflations_total",
        "Messages that stood for several that a pace left out", \.pacedConflations),
      family(loops, .counter, "recalls_total", "Resumes read from the notice table", \.recalls),
    ]
  }

  private static func closed(_ loops: [LoopCounts]) -> [MetricFamily] {
    [
      family(
        loops, .counter, "connections_refused_total",
        "Connections closed at accept because the loop or its descriptor table has no room",
        \.connectionsRefused),
      family(
        loops, .counter, "idle_closed_total",
        "Idle HTTP connections closed to make room for new ones", \.idleClosed),
      family(
        loops, .counter, "poll_failures_total",
        "Connections closed because their socket could not be watched", \.pollFailures),
      family(
        loops, .counter, "expired_closed_total",
        "Connections closed because their token ended", \.expiredClosed),
      family(
        loops, .counter, "silent_closed_total",
        "WebSockets closed because they did not answer a ping", \.silentClosed),
      family(
        loops, .counter, "request_timeouts_total",
        "Requests that did not arrive in time", \.requestTimeouts),
      family(
        loops, .counter, "recalls_superseded_total",
        "Resumes dropped because the same client asked anew", \.recallsSuperseded),
      family(
        loops, .counter, "recalls_refused_total",
        "Resumes answered with the newest state because of too many", \.recallsRefused),
      family(
        loops, .counter, "recallers_closed_total",
        "Clients closed because they asked for too many resumes", \.recallersClosed),
      family(
        loops, .counter, "memory_closed_total",
        "Connections closed because output memory was used up", \.memoryClosed),
      family(
        loops, .counter, "stalled_closed_total",
        "Subscribers closed because they took nothing", \.stalledClosed),
      family(
        loops, .counter, "overflows_closed_total",
        "Clients closed because they did not read", \.overflowsClosed),
      family(
        loops, .counter, "protocol_errors_total",
        "Violations of HTTP or WebSocket grammar", \.protocolErrors),
      family(
        loops, .counter, "accept_failures_total",
        "Pauses of accepting for want of descriptors", \.acceptFailures),
      family(
        loops, .counter, "tls_handshakes_refused_total",
        "TLS handshakes refused because too many were under way", \.handshakesRefused),
    ]
  }

  private static func admissionRefused(_ loops: [LoopCounts]) -> MetricFamily {
    MetricFamily(
      name: "admission_refused_total", kind: .counter,
      help: "Connections, requests, messages and resumes that a limit refused or delayed",
      samples: loops.enumerated().flatMap { index, counts in
        AdmissionLimit.allCases.map { limit in
          Sample(
            labels: [.loop(index), .init(name: "reason", value: LimitSetting(limit).rawValue)],
            value: UInt64(clamping: counts.limited[limit.rawValue]))
        }
      })
  }

  /// How long notices take, all loops together: a label per loop would multiply the buckets.
  static func delivery(_ loops: [DeliveryTimes]) -> [MetricFamily] {
    func histogram(_ name: String, _ help: String, _ value: (DeliveryTimes) -> Histogram) -> MetricFamily {
      let sum = PlaneInsight.sum(loops.map(value))
      return .histogram(name, help, [.init(NumberHistogram(sum), scale: .nanoseconds)])
    }
    return [
      histogram(
        "commit_to_wire_seconds", "Time from the commit of a notice to its first send by a loop", \.toWire),
      histogram(
        "commit_to_last_subscriber_seconds",
        "Time from the commit of a notice until a loop has sent it to every subscriber that keeps up",
        \.toLast),
    ]
  }
}

extension MetricFamily.Sample.Label {
  static func loop(_ index: Int) -> Self { .init(name: "loop", value: String(index)) }
}
