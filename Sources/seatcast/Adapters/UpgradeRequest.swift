// A request for a WebSocket, read: which event, by whom, from where on (docs/WIRE_PROTOCOL.md, "Connecting").
// Pure; nothing is judged here but form.
import ControlPlane
import FanoutCore

struct UpgradeRequest {
  enum Target: Equatable {
    /// `/ws`.
    case session
    /// `/ws/events/{id}`.
    case event(EventID)
    /// `/ws/events/` and something that is no id.
    case malformedEvent
    /// Any other path: no WebSocket lives there.
    case elsewhere
  }

  /// The one subprotocol that is spoken.
  static let subprotocol = "seatcast.v1"

  /// The place from which a client wants to go on.
  enum Since: Equatable {
    case absent
    case seq(UInt64)
    /// No `seq` in its one canonical form.
    case malformed
  }

  let target: Target
  /// From `?token=`, else `Authorization: Bearer`, else the subprotocol `bearer.<JWT>`; nil when none of them
  /// has one. Never to be logged.
  let token: [UInt8]?
  /// From `?connect=`: a one-use token, which is taken instead of the other. Never to be logged.
  let connectionToken: [UInt8]?
  /// What to answer with; nil: none that is spoken here was offered.
  let chosenSubprotocol: String?
  let since: Since
  /// Percent-decoded.
  let epoch: String?
  /// Why the query is refused, for the reason of a close frame; nil: it is well-formed.
  let queryFault: String?

  init(_ head: HTTPRequestHead) {
    target = Self.target(head.bytes[head.pathRange])
    let query: Query?
    (query, queryFault) = Self.query(head)
    since =
      switch query?.value("since") {
      case nil: .absent
      case let text?: UInt64(seq: text).map(Since.seq) ?? .malformed
      }
    epoch = query?.value("epoch")
    connectionToken = query?.value("connect").map { Array($0.utf8) }
    let protocols = head.listItems("Sec-WebSocket-Protocol")
    chosenSubprotocol = protocols.first { $0 == Self.subprotocol }
    let offered = protocols.first { $0.hasPrefix("bearer.") }.map { $0.dropFirst("bearer.".count) }
    let field = head.firstRange("authorization").flatMap { BearerCredentials.token(in: head.bytes, $0) }
    token = [
      query?.value("token").map { Array($0.utf8) }, field.map { Array(head.bytes[$0]) },
      offered.map { Array($0.utf8) },
    ].lazy.compactMap(\.self).first { !$0.isEmpty }
  }

  /// A name in the reason is one that a client could have meant; a long one is left out.
  private static func query(_ head: HTTPRequestHead) -> (Query?, fault: String?) {
    guard let range = head.queryRange else { return (nil, nil) }
    do throws(QueryFailure) {
      return (try Query(head.bytes[range]), nil)
    } catch {
      switch error {
      case .brokenEscape: return (nil, "Invalid percent escape in the query")
      case .repeated(let name) where name.utf8.count <= 32: return (nil, "Repeated query parameter \(name)")
      case .repeated: return (nil, "Repeated query parameter")
      }
    }
  }

  /// An id is decimal, positive and in its one canonical form.
  private static func target(_ path: ArraySlice<UInt8>) -> Target {
    if path.elementsEqual("/ws".utf8) || path.elementsEqual("/ws/".utf8) { return .session }
    let prefix = "/ws/events/"
    guard path.starts(with: prefix.utf8) else { return .elsewhere }
    return EventID(decimal: path.dropFirst(prefix.utf8.count)).map(Target.event) ?? .malformedEvent
  }
}
