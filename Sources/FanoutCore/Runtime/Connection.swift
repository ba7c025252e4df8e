// What a loop keeps of one connection. The pass never comes here: it works on the cohorts' arrays.
//
// Invariant: a connection is either clear (every live subscription of it stands in a cohort, and nothing waits for
// its socket) or blocked (none does, and its socket is watched for writability). What only a blocked one needs
// exists only while it is blocked.
//
// Budget: 96 bytes, because there may be a million of them; the order of the fields leaves no holes
// (docs/OPERATING.md, "Memory").

/// One connection of a loop, at its slot in the slab.
struct Connection {
  let descriptor: Int32
  /// Tells this use of the slot from earlier ones.
  let generation: UInt32
  let peer: PeerAddress
  /// The kernel took less than it was offered; nothing is sent before it is writable again. Nil: clear.
  var backlog: Backlog?
  var role: Role
  var interest: Interest = .readable
  /// End the connection when nothing waits for the socket any more.
  var endsWhenFlushed = false
  var subscriptionCount: UInt16 = 0
  /// The first of its subscriptions.
  var subscriptions = SubscriptionIndex.none
  /// Numbers what it asks other threads for.
  var requests: UInt32 = 0

  init(descriptor: Int32, peer: PeerAddress, generation: UInt32, role: Role) {
    (self.descriptor, self.peer, self.generation, self.role) = (descriptor, peer, generation, role)
  }

  enum Role {
    case http(HTTPExchange)
    case webSocket(Socket)
    /// A one-way stream of events.
    case eventStream(Liveness)
    /// Our direction is ended; what still comes in is read and dropped until this moment.
    case lingering(until: UInt64)
  }

  /// What is particular to a WebSocket.
  struct Socket {
    let client: ClientTag
    /// The end of its admission, and once a close handshake is under way the end of that: then it is given up. In
    /// the loop's milliseconds; `.max`: never.
    var endsAt: UInt64
    var session: WebSocketSession
    var liveness: Liveness
  }

  var isBlocked: Bool { backlog != nil }
  /// The peer is gone; nothing is sent any more and the connection is closed soon.
  var isLost: Bool { backlog?.isLost ?? false }
  /// Bytes that wait for the socket.
  var waiting: Int { backlog?.outbox.count ?? 0 }

  var dialect: Dialect {
    if case .eventStream = role { .eventStream } else { .webSocket }
  }
}

/// What a connection has only while it is blocked. One loop's thread.
final class Backlog {
  var outbox = Outbox()
  /// When the kernel last took bytes.
  var progressAt: UInt64
  var isLost = false

  init(since now: UInt64) { progressAt = now }
}

/// Bytes that wait for the socket, in order.
struct Outbox {
  private(set) var bytes: [UInt8] = []
  private(set) var sent = 0
  /// How many of them at most are notices that a resume missed.
  private var owed = 0

  var isEmpty: Bool { bytes.isEmpty }
  var count: Int { bytes.count - sent }
  /// Bytes that wait because the client asked for something without reading.
  var asked: Int { count - owed }

  mutating func append(_ more: Span<UInt8>) { bytes.append(more) }

  /// Says that the last `count` bytes appended are notices that a resume missed.
  mutating func owe(_ count: Int) { owed += count }

  /// Notes that the socket took `count` more bytes; gives the memory back when that was all.
  mutating func took(_ count: Int) {
    sent += count
    owed = min(owed, self.count)
    if sent == bytes.count { self = Outbox() }
  }
}
