// What the control plane takes in and gives back. It has never seen a connection: a request is its bytes with ranges,
// an answer is bytes, and the way back is a ticket that only the executable understands.

/// A whole HTTP request: its head as it was received, flat ranges into it, and its decoded body. Passing it on copies
/// no bytes.
public struct Request: Sendable {
  /// The request line and the fields.
  public var bytes: [UInt8]
  /// As sent; methods are case-sensitive (RFC 9110, section 9.1).
  public var method: Range<Int>
  /// Percent-encoded, without the query; starts with `/` (or is `*` for OPTIONS).
  public var path: Range<Int>
  /// Percent-encoded, without the `?`; nil without one.
  public var query: Range<Int>?
  /// In order of arrival: the name of field i at 2i, in any case, and its value at 2i + 1.
  public var fields: [Range<Int>]
  public var body: [UInt8]
  /// Whom limits are counted for when nobody is logged in.
  public var client: ClientAddress
  public var ticket: ReplyTicket

  public init(
    bytes: [UInt8], method: Range<Int>, path: Range<Int>, query: Range<Int>?, fields: [Range<Int>],
    body: [UInt8], client: ClientAddress, ticket: ReplyTicket
  ) {
    (self.bytes, self.method, self.path, self.query) = (bytes, method, path, query)
    (self.fields, self.body, self.client, self.ticket) = (fields, body, client, ticket)
  }

  func isMethod(_ name: String) -> Bool { bytes.matches(method, name) }

  /// How often a field stands in a request, and its value when that is once.
  enum Occurrence {
    case absent
    case once(Range<Int>)
    case repeated
  }

  /// - Parameter name: in lower case.
  func occurrence(of name: String) -> Occurrence {
    var found: Range<Int>?
    for index in stride(from: 0, to: fields.count, by: 2)
    where bytes.equals(fields[index], lowercased: name) {
      if found != nil { return .repeated }
      found = fields[index + 1]
    }
    return found.map(Occurrence.once) ?? .absent
  }

  /// The values of all fields of this name, in order of arrival.
  /// - Parameter name: in lower case.
  func values(of name: String) -> [ArraySlice<UInt8>] {
    var values: [ArraySlice<UInt8>] = []
    for index in stride(from: 0, to: fields.count, by: 2)
    where bytes.equals(fields[index], lowercased: name) {
      values.append(bytes[fields[index + 1]])
    }
    return values
  }
}

/// The network address of a client: an IPv6 address, or an IPv4 address mapped into one (RFC 4291, section 2.5.5.2).
public struct ClientAddress: Hashable, Sendable {
  /// The first and the last eight bytes, in network order.
  public let upper: UInt64
  public let lower: UInt64
  public init(upper: UInt64, lower: UInt64) { (self.upper, self.lower) = (upper, lower) }
}

/// The way back to whoever asked: two words that this plane carries and never reads.
public struct ReplyTicket: Hashable, Sendable {
  public let high: UInt64
  public let low: UInt64
  public init(high: UInt64, low: UInt64) { (self.high, self.low) = (high, low) }
}

/// The answer to a request. `Date`, `Content-Length` and `Connection` are added where it is sent.
public struct Reply: Sendable {
  public var status: Int
  /// Sent as they are.
  public var fieldLines: FieldLines
  public var body: [UInt8]
  /// When set, the asker becomes a watcher of this event and `body` is empty (`text/event-stream`).
  public var stream: Stream?

  public struct Stream: Sendable {
    public var event: EventID
    public var resume: Resume
    /// `Principal.connectionKey`; nil: an anonymous viewer.
    public var client: UInt64?
    /// `Principal.key`.
    public var key: UInt32
    /// When the asker's token ends, and with it the stream; nil: never.
    public var expiresAt: Instant?
    /// False once the asker was logged out or the key of the token was removed. To be asked when the stream has started: a log-out closes only streams
    /// that have. Any thread.
    public var isStillValid: @Sendable () -> Bool
    public init(
      event: EventID, resume: Resume, client: UInt64?, key: UInt32 = 0, expiresAt: Instant?,
      isStillValid: @escaping @Sendable () -> Bool
    ) {
      (self.event, self.resume, self.client) = (event, resume, client)
      (self.key, self.expiresAt, self.isStillValid) = (key, expiresAt, isStillValid)
    }

    /// Where the asker wants to go on, by `Last-Event-ID`.
    public enum Resume: Sendable, Equatable {
      /// It was not sent.
      case none
      /// Everything after this `seq`.
      case after(UInt64)
      /// It is of another epoch, or no position at all.
      case elsewhere
    }
  }

  public init(status: Int, fieldLines: FieldLines = [], body: [UInt8] = [], stream: Stream? = nil) {
    (self.status, self.fieldLines, self.body, self.stream) = (status, fieldLines, body, stream)
  }
}

/// Takes answers back. Called on worker, hashing and ledger threads; must not block for long.
public protocol ReplySink: Sendable {
  /// Each ticket is answered exactly once.
  func deliver(_ replies: [(ticket: ReplyTicket, reply: Reply)])
}
