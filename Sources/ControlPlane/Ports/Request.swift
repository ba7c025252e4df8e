// What the control plane takes in and gives back. It has never seen a socket: a request is a value, and the
// way back is a ticket that only the executable understands.

/// A whole HTTP request as a value.
public struct Request: Sendable {
  /// As sent; methods are case-sensitive (RFC 9110, section 9.1).
  public var method: String
  /// Percent-encoded, without the query; starts with `/` (or is `*` for OPTIONS).
  public var path: String
  /// Percent-encoded, without the `?`.
  public var query: String?
  /// Names in lower case, in order of arrival.
  public var fields: [Field]
  public var body: [UInt8]
  public var ticket: ReplyTicket

  public struct Field: Sendable, Equatable {
    public var name: String
    public var value: String
    public init(name: String, value: String) { (self.name, self.value) = (name, value) }
  }

  public init(
    method: String, path: String, query: String? = nil, fields: [Field] = [], body: [UInt8] = [],
    ticket: ReplyTicket
  ) {
    self.method = method
    self.path = path
    self.query = query
    self.fields = fields
    self.body = body
    self.ticket = ticket
  }

  /// The value of the first field of this (lower-case) name.
  public func first(_ name: String) -> String? { fields.first { $0.name == name }?.value }
}

/// The way back to whoever asked: two words that this plane carries and never reads.
public struct ReplyTicket: Hashable, Sendable {
  public let high: UInt64
  public let low: UInt64
  public init(high: UInt64, low: UInt64) { (self.high, self.low) = (high, low) }
}

/// The answer to a request. `Date`, `Content-Length` and `Connection` are added where bytes are made.
public struct Reply: Sendable {
  public var status: Int
  public var fields: [Request.Field]
  public var body: [UInt8]
  /// When set, the asker becomes a watcher of this event and `body` is empty (`text/event-stream`).
  public var stream: Stream?

  public struct Stream: Sendable, Equatable {
    public var event: EventID
    /// `Last-Event-ID`, when it was sent and is a number.
    public var after: UInt64?
    /// `Principal.connectionKey`
    public var client: UInt64
    public init(event: EventID, after: UInt64?, client: UInt64) {
      (self.event, self.after, self.client) = (event, after, client)
    }
  }

  public init(status: Int, fields: [Request.Field] = [], body: [UInt8] = [], stream: Stream? = nil) {
    (self.status, self.fields, self.body, self.stream) = (status, fields, body, stream)
  }
}

/// Takes answers back. Called on worker, hashing and ledger threads; must not block for long.
public protocol ReplySink: Sendable {
  /// Each ticket is answered exactly once.
  func deliver(_ replies: [(ticket: ReplyTicket, reply: Reply)])
}
