// What a loop keeps of one connection. The pass never comes here: it works on the cohorts' arrays.
//
// Invariant: a connection is either clear (every live subscription of it stands in a cohort, and nothing waits in
// its outbox) or blocked (none does, and its socket is watched for writability).

/// One connection of a loop, at its slot in the slab.
struct Connection {
  let descriptor: Int32
  let peer: String
  /// Tells this use of the slot from earlier ones.
  let generation: UInt32
  var role: Role
  var interest: Interest = .readable
  var outbox = Outbox()
  /// The kernel took less than it was offered; nothing is sent before it is writable again.
  var isBlocked = false
  /// The peer is gone; nothing is sent any more and the connection is closed soon.
  var isLost = false
  /// End the connection when the outbox is empty.
  var endsWhenFlushed = false
  /// When the kernel last took bytes of a blocked connection.
  var progressAt: UInt64 = 0
  /// The first of its subscriptions.
  var subscriptions = SubscriptionIndex.none
  var subscriptionCount = 0
  /// Numbers what it asks other threads for.
  var requests: UInt32 = 0

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
    var session: WebSocketSession
    var liveness: Liveness
    let visitor: Visitor
    /// The end of its admission, in the loop's milliseconds; `.max`: never.
    let expiresAt: UInt64
    /// While a close handshake is under way: when it is given up.
    var closeBy = UInt64.max
  }

  var dialect: Dialect {
    if case .eventStream = role { .eventStream } else { .webSocket }
  }
}

/// Bytes that wait for the socket, in order. Empty (and without memory) on almost every connection.
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
