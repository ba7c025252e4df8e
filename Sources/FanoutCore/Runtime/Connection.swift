// What a loop keeps of one connection. The rolling pass does not read it: it works on the cohorts' arrays.
//
// Invariant: a connection is clear (its subscriptions stand in cohorts, and no bytes wait for its socket) or blocked
// (none of them does, and its socket is watched for writability). What only a blocked one needs exists while it is.
//
// Budget: 96 bytes, because there may be a million; the order of the fields leaves no holes (docs/OPERATING.md,
// "Memory"). `Connections` alone changes one.

/// One connection of a loop, at its slot.
struct Connection {
  let descriptor: Int32
  /// Tells this use of the slot from earlier ones.
  let generation: UInt32
  let peer: PeerAddress
  /// The kernel took less than it was offered; nothing is sent before the socket is writable again. Nil: clear.
  var backlog: Backlog?
  var phase: Phase
  /// What the socket is watched for.
  var interest: Interest = .readable

  /// Where a connection is in its life (drawn in Connections.swift). Each case carries what is needed in it.
  enum Phase {
    /// Accepted, perhaps on a reserved descriptor. The TLS handshake, if any, is under way, or no byte of a request has
    /// come; at `until` it is closed.
    case opening(until: UInt64, isReserved: Bool)
    case http(HTTPExchange)
    case webSocket(WebSocket)
    case eventStream(EventStream)
    /// What waits in the outbox is still sent, and input is ignored; then it lingers.
    case flushing(isReserved: Bool)
    /// Our direction is ended; input is read and dropped until the peer ends its own, or until this moment.
    case lingering(until: UInt64)
  }

  /// The state of an upgraded connection.
  struct WebSocket {
    let client: ClientTag
    /// The end of its admission, in milliseconds of the wall clock; `.max`: never. Once our close frame is sent: the end of
    /// the wait for the peer's, in the loop's milliseconds.
    var endsAt: Int64
    /// Input that waits for the connection's next turn, or until it has taken earlier answers.
    var ahead: [UInt8] = []
    var liveness: Liveness
    /// Whether the client was told that this admission ends soon.
    var isWarned = false
    /// By what it was admitted. Stands where there would be a hole.
    var credential: Credential
    var session: WebSocketSession
  }

  /// The state of a one-way stream of events.
  struct EventStream {
    let client: ClientTag
    /// The end of its admission, in the loop's milliseconds; `.max`: never.
    var endsAt: UInt64
    var liveness: Liveness
    /// By what it was admitted.
    let credential: Credential
  }

  var isBlocked: Bool { backlog != nil }
  /// The peer is gone; nothing is sent any more and the connection is closed soon.
  var isLost: Bool { backlog?.isLost ?? false }
  /// Bytes that wait for the socket.
  var waiting: Int { backlog?.outbox.count ?? 0 }

  /// Whether requests or messages are still taken from it.
  var takesInput: Bool {
    switch phase {
    case .opening, .http, .webSocket, .eventStream: true
    case .flushing, .lingering: false
    }
  }

  /// Whether our direction has ended.
  var isLingering: Bool { if case .lingering = phase { true } else { false } }

  /// Whether it has a reserved descriptor.
  var isReserved: Bool {
    switch phase {
    case .opening(_, let isReserved), .flushing(let isReserved): isReserved
    case .http(let exchange): exchange.isReserved
    case .webSocket, .eventStream, .lingering: false
    }
  }

  /// Whether nobody has authenticated its client.
  var isAnonymous: Bool {
    switch phase {
    case .webSocket(let socket): socket.client.isAnonymous
    case .eventStream(let stream): stream.client.isAnonymous
    case .opening, .http, .flushing, .lingering: true
    }
  }

  /// How notices are written for it.
  var dialect: Dialect {
    switch phase {
    case .eventStream: .eventStream
    case .webSocket(let socket) where socket.session.compression != .none: .standalone
    case .opening, .http, .webSocket, .flushing, .lingering: .webSocket
    }
  }

  /// Whether a compressed notice may refer to the one before it.
  var keepsWindow: Bool {
    if case .webSocket(let socket) = phase { socket.session.compression == .shared } else { false }
  }
}

/// What a connection has only while it is blocked. One loop's thread.
final class Backlog {
  var outbox = Outbox()
  /// When the kernel first took less than it was offered.
  let since: UInt64
  /// When the kernel last took bytes.
  var progressAt: UInt64
  var isLost = false

  init(since now: UInt64) { (since, progressAt) = (now, now) }
}

/// Bytes that wait for the socket, in order.
struct Outbox {
  private(set) var bytes: [UInt8] = []
  private(set) var sent = 0

  var isEmpty: Bool { bytes.isEmpty }
  var count: Int { bytes.count - sent }

  mutating func append(_ more: Span<UInt8>) { bytes.append(more) }

  /// Notes that the socket took `count` more bytes; gives the memory back when that was all.
  mutating func took(_ count: Int) {
    sent += count
    assert(sent <= bytes.count, "a socket takes no more than it was offered")
    if sent == bytes.count { self = Outbox() }
  }
}
