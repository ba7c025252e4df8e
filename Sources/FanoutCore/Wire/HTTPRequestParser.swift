// HTTP/1.1 requests out of bytes that arrive in any pieces (RFC 9112).
// Invariant: the outcome depends on the bytes alone, never on where they were split; each byte is looked at a
// bounded number of times. Buffers exist only while a request is incomplete. No clock: whoever reads asks
// for the `phase` and keeps the deadlines.

extension HTTPBounds {
  init(_ limits: Limits) {
    self.init(
      requestLineBytes: UInt32(clamping: limits.requestLineBytes),
      headBytes: UInt32(clamping: limits.headBytes), bodyBytes: UInt32(clamping: limits.bodyBytes),
      headFields: UInt32(clamping: limits.headFields))
  }
}

struct HTTPRequestParser: Sendable {
  enum Step: Sendable {
    /// All bytes were taken.
    case needsMore
    /// The head is complete and the client waits for `100 Continue` before it sends the body. Said once.
    case continueExpected(consumed: Int)
    /// A whole request; the bytes after `consumed` belong to what comes next.
    case request(HTTPRequest, consumed: Int)
    /// Nothing more can be read from this connection; every later call says the same.
    case failure(HTTPFailure)
  }

  enum Phase: Sendable, Equatable {
    /// Between requests.
    case idle
    /// A head has begun.
    case head
    /// A head is complete, its body is not.
    case body
  }

  /// What is known of an incomplete request.
  private struct Progress: Sendable {
    var reader = HTTPHeadReader()
    /// Of the request whose body is awaited, or that failed; of the latter perhaps only its beginning.
    var head: HTTPRequestHead?
    var body = HTTPBodyReader(length: nil)
    var failure: HTTPFailure?
  }

  private let bounds: HTTPBounds
  /// At most one. An array is the smallest box there is: an idle connection pays 8 bytes for it.
  private var progress: [Progress] = []

  init(limits: Limits) { bounds = HTTPBounds(limits) }

  /// True between requests: nothing is buffered.
  var isIdle: Bool { phase == .idle }

  var phase: Phase {
    if progress.isEmpty { return .idle }
    return progress[0].head != nil && progress[0].failure == nil
      ? .body : progress[0].reader.isIdle ? .idle : .head
  }

  /// The head of a request that is not whole or that failed, as far as it was read; nil: not even its request line was.
  var incompleteHead: HTTPRequestHead? { progress.first.flatMap { $0.head ?? $0.reader.incomplete } }

  /// Takes bytes up to the end of the next request. Call it again with what is left until it needs more.
  mutating func parse(_ bytes: Span<UInt8>) -> Step {
    // Moved out and back, so that its arrays have one owner and are never copied.
    var current = progress.popLast() ?? Progress()
    do throws(HTTPFailure) {
      if let failure = current.failure { throw failure }
      let step = try advance(&current, bytes)
      if case .request = step { progress = [] } else { progress.append(current) }
      return step
    } catch {
      progress = [Progress(head: current.head ?? current.reader.incomplete, failure: error)]
      return .failure(error)
    }
  }

  private func advance(_ current: inout Progress, _ bytes: Span<UInt8>) throws(HTTPFailure) -> Step {
    var position = 0
    if current.head == nil {
      guard let head = try current.reader.read(bytes, &position, bounds) else { return .needsMore }
      current.head = head
      let framing = try HTTPFraming(of: head, bodyBytes: Int(bounds.bodyBytes))
      switch framing.body {
      case .none: return .request(HTTPRequest(head: head, body: []), consumed: position)
      case .length(let count): current.body = HTTPBodyReader(length: count)
      case .chunked: current.body = HTTPBodyReader(length: nil)
      }
      if framing.expectsContinue { return .continueExpected(consumed: position) }
    }
    guard let head = current.head, try current.body.read(bytes, &position, bounds) else { return .needsMore }
    return .request(HTTPRequest(head: head, body: current.body.content), consumed: position)
  }
}
