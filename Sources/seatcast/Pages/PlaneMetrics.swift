// The counters of both planes as metric families. Loops have a label each; sums are left to the query.
import ControlPlane
import FanoutCore

extension MetricFamily {
  /// - Parameter sender: how batches are sent ("io_uring" or "send").
  static func plane(_ loops: [LoopCounts], sender: String) -> [MetricFamily] {
    func family(_ kind: Kind, _ name: String, _ help: String, _ value: (LoopCounts) -> Int) -> MetricFamily {
      MetricFamily(
        name: name, kind: kind, help: help,
        samples: loops.enumerated().map { index, counts in
          Sample(labels: [.init(name: "loop", value: String(index))], value: UInt64(clamping: value(counts)))
        })
    }
    return [
      family(.gauge, "connections_open", "Open connections", \.connectionsOpen),
      family(.gauge, "connections_blocked", "Connections whose socket is full", \.connectionsBlocked),
      family(.gauge, "websockets_open", "Open WebSockets", \.webSocketsOpen),
      family(.gauge, "event_streams_open", "Open event streams", \.eventStreamsOpen),
      family(.gauge, "subscriptions", "Subscriptions of all connections", \.subscriptions),
      family(.gauge, "topics", "Topics that a loop holds", \.topics),
      family(
        .gauge, "log_bytes", "Bytes of frames that a loop keeps for slow and returning readers", \.logBytes),
      family(.gauge, "output_bytes", "Bytes that wait for sockets", \.outputBytes),
      family(.gauge, "tls_output_bytes", "Bytes of ciphertext that wait for sockets", \.unsentBytes),
      family(.counter, "connections_accepted_total", "Connections accepted", \.connectionsAccepted),
      family(
        .counter, "connections_refused_total",
        "Connections closed at accept because the loop or its descriptor table has no room",
        \.connectionsRefused),
      family(
        .counter, "idle_closed_total", "Idle HTTP connections closed to make room for new ones", \.idleClosed),
      family(
        .counter, "idle_searches_total", "Searches of a loop through all its connections for idle ones",
        \.idleSearches),
      family(
        .counter, "reserved_accepted_total", "Connections accepted on a reserved descriptor",
        \.reservedAccepted),
      family(
        .counter, "poll_failures_total", "Connections closed because their socket could not be watched",
        \.pollFailures),
      family(
        .counter, "expired_closed_total", "Connections closed because their token ended", \.expiredClosed),
      family(
        .counter, "silent_closed_total", "WebSockets closed because they did not answer a ping",
        \.silentClosed
      ),
      family(
        .counter, "request_timeouts_total", "Requests that did not arrive in time", \.requestTimeouts),
      family(.counter, "http_requests_total", "HTTP requests received", \.requests),
      family(.counter, "messages_received_total", "WebSocket messages received", \.messagesReceived),
      family(.counter, "received_bytes_total", "Bytes received", \.bytesReceived),
      family(.counter, "sent_bytes_total", "Bytes sent", \.bytesSent),
      family(.counter, "sends_total", "Sends offered to the kernel", \.sends),
      family(.counter, "loop_notices_total", "Notices that reached a loop", \.notices),
      family(
        .counter, "frames_delivered_total", "Frames delivered to subscribers at the head", \.framesDelivered),
      family(.counter, "conflations_total", "Messages that stood for several missed ones", \.conflations),
      family(.counter, "recalls_total", "Resumes read from the notice table", \.recalls),
      family(
        .counter, "recalls_superseded_total", "Resumes dropped because the same client asked anew",
        \.recallsSuperseded),
      family(
        .counter, "recalls_refused_total", "Resumes answered with the newest state because of too many",
        \.recallsRefused),
      family(
        .counter, "recallers_closed_total", "Clients closed because they asked for too many resumes",
        \.recallersClosed),
      family(
        .counter, "memory_closed_total", "Connections closed because output memory was used up",
        \.memoryClosed),
      family(
        .counter, "stalled_closed_total", "Subscribers closed because they took nothing", \.stalledClosed),
      family(
        .counter, "overflows_closed_total", "Clients closed because they did not read", \.overflowsClosed),
      family(.counter, "protocol_errors_total", "Violations of HTTP or WebSocket grammar", \.protocolErrors),
      family(
        .counter, "accept_failures_total", "Pauses of accepting for want of descriptors", \.acceptFailures),
      family(.gauge, "tls_handshakes", "TLS handshakes under way", \.handshakesUnderWay),
      family(
        .counter, "tls_handshakes_refused_total", "TLS handshakes refused because too many were under way",
        \.handshakesRefused),
      family(
        .counter, "loop_idle_milliseconds_total", "Time in which a loop had nothing to do", \.idleMilliseconds
      ),
      MetricFamily(
        name: "admission_refused_total", kind: .counter,
        help: "Connections, requests, messages and resumes that a limit refused or delayed",
        samples: loops.enumerated().flatMap { index, counts in
          AdmissionLimit.allCases.map { limit in
            Sample(
              labels: [
                .init(name: "loop", value: String(index)),
                .init(name: "reason", value: LimitSetting(limit).rawValue),
              ], value: UInt64(clamping: counts.limited[limit.rawValue]))
          }
        }),
      MetricFamily(
        name: "sender_info", kind: .gauge, help: "How broadcasts are sent",
        samples: [Sample(labels: [.init(name: "sender", value: sender)], value: 1)]),
    ]
  }

  static func process(_ memory: ProcessMemory, descriptorLimit: Int) -> [MetricFamily] {
    [
      .gauge("resident_bytes", "Memory of this process", memory.resident),
      .gauge("anonymous_bytes", "Memory of this process that no file stands behind", memory.anonymous),
      .gauge(
        "descriptor_limit", "Descriptors that one descriptor table may hold",
        UInt64(clamping: descriptorLimit)),
    ]
  }

  static func backend(_ counters: ControlCounters) -> [MetricFamily] {
    [
      .gauge(
        "requests_waiting", "Requests that wait for a worker", UInt64(clamping: counters.requestsWaiting)),
      .gauge(
        "commands_waiting", "Commands that wait for the ledger", UInt64(clamping: counters.commandsWaiting)),
      .gauge(
        "passwords_waiting", "Passwords that wait for a hasher", UInt64(clamping: counters.passwordsWaiting)),
      .gauge("feed_waiting", "Requests that wait for the feed", UInt64(clamping: counters.feedWaiting)),
      .gauge("largest_batch", "Commands of the largest batch", counters.largestBatch),
      .counter("requests_total", "Requests taken by the control plane", counters.requests),
      .counter(
        "overloaded_total", "Requests and commands that a full queue turned away", counters.overloaded),
      .counter("commands_total", "Commands decided", counters.commands),
      .counter("refusals_total", "Commands that a rule refused", counters.refusals),
      .counter("replays_total", "Commands that told an earlier outcome again", counters.replays),
      .counter("bookings_total", "Bookings made, holds among them", counters.bookings),
      .counter("cancellations_total", "Bookings cancelled", counters.cancellations),
      .counter("confirmations_total", "Holds confirmed", counters.confirmations),
      .counter("expiries_total", "Holds expired", counters.expiries),
      .counter("notices_total", "Committed changes of events", counters.notices),
      .counter("announced_total", "Committed changes that somebody watched", counters.announced),
      .counter("commits_total", "Transactions that wrote something", counters.commits),
      .counter("failed_commits_total", "Transactions that could not be committed", counters.failedCommits),
      .counter("backups_total", "Backups made", counters.backups),
      .counter("backups_failed_total", "Backups that failed", counters.failedBackups),
      MetricFamily(
        name: "backup_age_seconds", kind: .gauge,
        help: "Time since the last good backup; absent when none is known",
        samples: counters.backupAgeSeconds.map { [Sample(value: UInt64(clamping: $0))] } ?? []),
      .counter("checkpoints_total", "Checkpoints of the database", counters.checkpoints),
      .counter(
        "clock_steps_total", "Times that the wall clock was set by more than two seconds", counters.clockSteps
      ),
      .counter(
        "audit_omitted_total", "Failed log-ins that got no row in the audit log", counters.auditOmitted),
      MetricFamily(
        name: "rate_limited_total", kind: .counter, help: "Requests that a limit refused",
        samples: zip(LimitName.allCases, counters.rateLimited).map { name, count in
          Sample(labels: [.init(name: "reason", value: name.rawValue)], value: count)
        }),
    ]
  }
}
