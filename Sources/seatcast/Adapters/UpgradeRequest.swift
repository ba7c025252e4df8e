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

  let target: Target
  /// From `?token=`, else `Authorization: Bearer`, else the subprotocol `bearer.<JWT>`; nil when none of them
  /// has one. Never to be logged.
  let token: String?
  /// What to answer with; nil: none that is spoken here was offered.
  let chosenSubprotocol: String?
  /// As sent, percent-decoded.
  let since: String?
  let epoch: String?

  init(_ head: HTTPRequestHead) {
    target = Self.target(head.path)
    let query = QueryString(head.query)
    since = query["since"]
    epoch = query["epoch"]
    let protocols = head.listItems("Sec-WebSocket-Protocol")
    chosenSubprotocol = protocols.first { $0 == Self.subprotocol }
    let offered = protocols.first { $0.hasPrefix("bearer.") }.map { String($0.dropFirst("bearer.".count)) }
    let field = head.first("Authorization").flatMap(BearerCredentials.token)
    token = [query["token"], field, offered].lazy.compactMap(\.self).first { !$0.isEmpty }
  }

  /// An id is decimal, positive and in its one canonical form.
  private static func target(_ path: String) -> Target {
    if path == "/ws" || path == "/ws/" { return .session }
    let prefix = "/ws/events/"
    guard path.utf8.starts(with: prefix.utf8) else { return .elsewhere }
    let digits = path.utf8.dropFirst(prefix.utf8.count)
    let isCanonical = digits.first != UInt8(ascii: "0") && digits.allSatisfy { $0 &- UInt8(ascii: "0") < 10 }
    guard isCanonical, let id = Int64(Substring(digits)) else { return .malformedEvent }
    return .event(EventID(id))
  }
}

/// Names and values of a query (`a=1&b=2`), percent-decoded. Of several with one name the first counts.
struct QueryString {
  private let pairs: [(name: String, value: String)]

  init(_ query: String?) {
    pairs = (query ?? "").utf8.split(separator: UInt8(ascii: "&")).map { part in
      let sides = part.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
      return (Self.decoded(sides[0]), sides.count > 1 ? Self.decoded(sides[1]) : "")
    }
  }

  subscript(name: String) -> String? { pairs.first { $0.name == name }?.value }

  /// Percent signs that start no escape stay as they are, and so does `+` (RFC 3986, section 2).
  private static func decoded(_ text: Substring.UTF8View) -> String {
    guard text.contains(UInt8(ascii: "%")) else { return String(Substring(text)) }
    var bytes: [UInt8] = []
    var rest = text[...]
    while let byte = rest.popFirst() {
      if byte == UInt8(ascii: "%"), rest.count >= 2, let escape = hexByte(rest.prefix(2)) {
        bytes.append(escape)
        rest.removeFirst(2)
      } else {
        bytes.append(byte)
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  private static func hexByte(_ digits: Substring.UTF8View.SubSequence) -> UInt8? {
    var value: UInt8 = 0
    for digit in digits {
      switch digit {
      case UInt8(ascii: "0")...UInt8(ascii: "9"): value = value << 4 | (digit - UInt8(ascii: "0"))
      case UInt8(ascii: "a")...UInt8(ascii: "f"): value = value << 4 | (digit - UInt8(ascii: "a") + 10)
      case UInt8(ascii: "A")...UInt8(ascii: "F"): value = value << 4 | (digit - UInt8(ascii: "A") + 10)
      default: return nil
      }
    }
    return value
  }
}
