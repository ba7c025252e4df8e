// What the core tells of a request that was answered, and how it names requests.

/// Tells a request apart from all others, for clients, for logs and between servers: the name that the client gave it in
/// `X-Request-Id`, or 16 hexadecimal digits that a loop makes.
public struct RequestID: Sendable, Equatable {
  /// Evenly spread, also when the client gave the name.
  public let number: UInt64
  /// The client's; nil: the number is the name.
  let given: [UInt8]?

  init(number: UInt64, given: [UInt8]? = nil) { (self.number, self.given) = (number, given) }

  /// Letters, digits and a few marks, at most 128 bytes.
  public var text: String {
    var bytes: [UInt8] = []
    append(to: &bytes)
    return String(decoding: bytes, as: UTF8.self)
  }

  func append(to bytes: inout [UInt8]) {
    if let given { return bytes.append(contentsOf: given) }
    for shift in stride(from: 60, through: 0, by: -4) {
      let digit = UInt8(truncatingIfNeeded: number >> UInt64(shift)) & 15
      bytes.append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
    }
  }
}

/// A request with its answer, which has been handed to the socket, or was lost.
public struct AnsweredRequest: Sendable {
  /// The status of a request whose connection ended before there was an answer. No answer has it; other servers log it so,
  /// too.
  public static let lost = 499

  /// As far as it was read when the request was refused; nil: not even its request line was.
  public let head: HTTPRequestHead?
  /// 101 for an upgrade to WebSocket, or `lost`.
  public let status: Int
  public let bodyBytes: Int
  /// From the end of the request to its answer; for a stream or an upgrade, to the head of the answer.
  public let nanoseconds: UInt64
  public let client: PeerAddress
  public let id: RequestID

  public init(
    head: HTTPRequestHead?, status: Int, bodyBytes: Int, nanoseconds: UInt64, client: PeerAddress,
    id: RequestID
  ) {
    (self.head, self.status, self.bodyBytes) = (head, status, bodyBytes)
    (self.nanoseconds, self.client, self.id) = (nanoseconds, client, id)
  }
}

/// How long requests of one kind took that had an answer of one class.
public struct RequestTimes: Sendable, Equatable {
  /// From `InboundSink.kind(of:)`.
  public let kind: Int
  /// 1 to 5: the first digit of the status.
  public let statusClass: Int
  public let times: Histogram

  public init(kind: Int, statusClass: Int, times: Histogram) {
    (self.kind, self.statusClass, self.times) = (kind, statusClass, times)
  }
}
