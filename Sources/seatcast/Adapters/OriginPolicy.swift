// Which web origins may use this server (`--origins`): one list for WebSockets, event streams, REST and scripts, by the
// CORS protocol of the Fetch standard (fetch.spec.whatwg.org, section 3.3). There is no credentials mode: a token is
// sent as `Authorization`, never as a cookie. Loop threads; never blocks.
import FanoutCore
import Synchronization

struct OriginPolicy: Sendable {
  /// Allowed besides the origin that the request's own `Host` names; shared by all copies of the policy.
  private let list: OriginList
  /// Told of each request of an origin that is not allowed. Must not block, and must bound what it keeps.
  private let refused: @Sendable (String) -> Void

  /// What a request's `Origin` says.
  enum Standing: Equatable {
    /// There is none: no browser asks, or it asks for a page of this server.
    case absent
    /// This server's own.
    case own
    /// As it was sent.
    case listed(String)
    case foreign(String)
  }

  init(listed: Set<WebOrigin>, refused: @escaping @Sendable (String) -> Void = { _ in }) {
    (list, self.refused) = (OriginList(listed), refused)
  }

  /// Other origins are allowed from now on.
  func allow(_ listed: Set<WebOrigin>) { list.origins.withLock { $0 = listed } }

  func standing(of head: HTTPRequestHead) -> Standing {
    guard head.hasOrigin else { return .absent }
    let values = head.all("Origin")
    guard values.count == 1, let origin = WebOrigin(values[0]) else {
      return .foreign(values.joined(separator: ", "))
    }
    if list.origins.withLock({ $0.contains(origin) }) { return .listed(values[0]) }
    return head.first("Host").map(origin.isServed) ?? false ? .own : .foreign(values[0])
  }

  // MARK: Refusals

  /// The answer to a change that a page of a foreign origin asks for; nil for anything else. Reading is answered,
  /// and the browser keeps the answer from the page, because nothing in it allows the origin.
  func refusal(of head: HTTPRequestHead) -> HTTPResponse? {
    if head.isMethod("GET") || head.isMethod("HEAD") || head.isMethod("OPTIONS") { return nil }
    guard case .foreign(let origin) = standing(of: head) else { return nil }
    return Self.refusal(origin)
  }

  /// - Parameter origin: as it was sent; it is repeated only when it has the form of one.
  static func refusal(_ origin: String) -> HTTPResponse {
    let detail =
      WebOrigin(origin) != nil && origin.utf8.count <= 300
      ? "The origin \(origin) is not allowed; --origins \(origin) would allow it."
      : "This origin is not allowed; --origins names those that are."
    return Answers.problem(
      403, "origin-not-allowed", title: "Origin not allowed", members: [("detail", "\"\(detail)\"")])
  }

  // MARK: Field lines

  /// Of every answer: caches must keep answers to different origins apart.
  var commonLines: [UInt8] { list.origins.withLock(\.isEmpty) ? [] : Array("Vary: Origin\r\n".utf8) }

  /// Of the answer to a request with an `Origin`.
  func lines(for head: HTTPRequestHead) -> [UInt8] {
    switch standing(of: head) {
    case .absent, .own: return []
    case .listed(let origin):
      let isPreflight =
        head.isMethod("OPTIONS") && head.firstRange("Access-Control-Request-Method") != nil
      return Self.allowing(origin, isPreflight ? Self.preflight : Self.exposed)
    case .foreign(let origin):
      // Without `Host`, which may not have come, an origin may be this server's own.
      if head.firstRange("Host") != nil { refused(origin) }
      return []
    }
  }

  /// - Parameter origin: of the form of a `WebOrigin`, so without control bytes.
  private static func allowing(_ origin: String, _ rest: [UInt8]) -> [UInt8] {
    Array("Access-Control-Allow-Origin: ".utf8) + Array(origin.utf8) + rest
  }

  /// Everything that this API takes, whatever the path: a browser asks once per path and hour.
  private static let preflight = Array(
    ("\r\nAccess-Control-Allow-Methods: GET, HEAD, POST, PATCH, DELETE\r\n"
      + "Access-Control-Allow-Headers: Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match, "
      + "Last-Event-ID, X-Request-Id, traceparent\r\nAccess-Control-Max-Age: 3600\r\n").utf8)

  private static let exposed = Array(
    ("\r\nAccess-Control-Expose-Headers: Location, ETag, Link, Retry-After, RateLimit, RateLimit-Policy, "
      + "Idempotency-Replayed, WWW-Authenticate, X-Request-Id\r\n").utf8)
}

private final class OriginList: Sendable {
  let origins: Mutex<Set<WebOrigin>>
  init(_ origins: Set<WebOrigin>) { self.origins = Mutex(origins) }
}
