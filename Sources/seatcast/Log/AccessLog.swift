// One line per answered request (`--access-log`), through the log that never waits. A line never has the query, a header
// field or a body, so no token gets into it. Loop threads.
import FanoutCore

struct AccessLog: Sendable {
  enum Extent: String, CaseIterable, Sendable {
    case off, sampled, on
  }

  /// `sampled` writes one request in so many, and every 5xx.
  static let sampling: UInt64 = 100
  /// Bytes of a method or a path that are written.
  static let longestText = 512

  let extent: Extent
  let log: Log

  func write(_ request: AnsweredRequest) {
    guard writes(request) else { return }
    log.write(Self.entry(request))
  }

  /// The numbers of requests are evenly spread, so nothing has to be counted.
  func writes(_ request: AnsweredRequest) -> Bool {
    switch extent {
    case .off: false
    case .sampled: request.status >= 500 || request.id.number % Self.sampling == 0
    case .on: true
    }
  }

  static func entry(_ request: AnsweredRequest) -> LogEntry {
    var entry = LogEntry(.info, "request")
    func add(_ name: String, _ value: String) { entry.facts.append(.init(name: name, value: value)) }
    if let head = request.head {
      add("method", shortened(head.method))
      add("path", shortened(head.path))
    }
    add("status", String(request.status))
    add("milliseconds", milliseconds(request.nanoseconds))
    add("bytes", String(request.bodyBytes))
    add("client", request.client.description)
    add("requestId", request.id.text)
    if let trace = request.head.flatMap({ TraceContext($0.all("traceparent")) }) {
      add("traceId", trace.traceID)
      add("parentId", trace.parentID)
      add("sampled", String(trace.isSampled))
    }
    return entry
  }

  private static func shortened(_ text: String) -> String {
    text.utf8.count <= longestText
      ? text : String(decoding: text.utf8.prefix(longestText), as: UTF8.self) + "…"
  }

  /// With three decimal places.
  private static func milliseconds(_ nanoseconds: UInt64) -> String {
    let microseconds = nanoseconds / 1_000
    return "\(microseconds / 1_000).\(String(1_000 + microseconds % 1_000).dropFirst())"
  }
}
