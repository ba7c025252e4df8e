// The requests that a loop answers itself: static files, health checks, metrics, and 426 for a WebSocket path without
// an upgrade. Loop threads; nothing here blocks.
import FanoutCore

struct Pages: Sendable {
  let files: StaticFiles
  /// Whether requests can be served (`/readyz`).
  let isReady: @Sendable () -> Bool
  /// Why they cannot, in words for anybody; nil: no reason is known.
  var unreadiness: @Sendable () -> String? = { nil }
  /// What is not as it should be though requests are served, in words for anybody; nil: nothing.
  var remark: @Sendable () -> String? = { nil }
  /// Renders the metrics page.
  let metrics: @Sendable (MetricsFormat) -> String

  /// Answered even when descriptors have run short.
  static let healthPaths: Set<String> = ["/livez", "/readyz", "/metrics"]

  /// Nil when the path belongs to the control plane.
  func answer(_ head: HTTPRequestHead) -> HTTPResponse? {
    if head.isPath("/livez") { return Answers.unlessReading(head) ?? Self.alive }
    switch head.path {
    case "/readyz": return Answers.unlessReading(head) ?? readiness()
    case "/metrics":
      return Answers.unlessReading(head) ?? measured(MetricsFormat(accept: head.all("Accept")))
    case let path where path == "/ws" || path.hasPrefix("/ws/"):
      return Answers.unlessReading(head) ?? Self.upgradeRequired
    default: return files.answer(head)
    }
  }

  private func measured(_ format: MetricsFormat) -> HTTPResponse {
    Answers.text(
      200, metrics(format), contentType: format.contentType, fields: [(name: "Vary", value: "Accept")])
  }

  private static let alive = Answers.text(200, "ok\n")

  private func readiness() -> HTTPResponse {
    if isReady() { return Answers.text(200, remark().map { "ready: \($0)\n" } ?? "ready\n") }
    let why = unreadiness().map { "not ready: \($0)\n" } ?? "not ready\n"
    return Answers.text(503, why, fields: [Answers.retrySoon])
  }

  /// RFC 9110, section 15.5.22.
  static let upgradeRequired = Answers.problem(
    426, "upgrade-required", title: "Open this path as a WebSocket",
    fields: [(name: "Upgrade", value: "websocket")])
}
