// HTTP/1.1 requests out of bytes that arrive in any pieces (RFC 9112).
// Invariant: the outcome depends on the bytes alone, never on where they were split; each byte is looked at a
// bounded number of times. Buffers exist only while a request is incomplete. No clock: whoever reads asks
// for the `phase` and keeps the deadlines.

/// The limits of a request (`Limits`), in the size that every connection can afford.
struct HTTPBounds: Sendable {
  let requestLineBytes: UInt32
  let headBytes: UInt32
  let bodyBytes: UInt32
  let headFields: UInt32

  init(_ limits: Limits) {
    requestLineBytes = UInt32(clamping: limits.requestLineBytes)
    headBytes = UInt32(clamping: limits.headBytes)
    bodyBytes = UInt32(clamping: limits.bodyBytes)
    headFields = UInt32(clamping: limits.headFields)
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

  private enum Body: Sendable {
    case length([UInt8], missing: Int)
    case chunked(ChunkedBody)
  }

  private let bounds: HTTPBounds
  private var reader = HTTPHeadReader()
  /// Of the request whose body is awaited.
  private var head: HTTPRequestHead?
  private var body: Body?
  private var failed: HTTPFailure?

  init(limits: Limits) { bounds = HTTPBounds(limits) }

  /// True between requests: nothing is buffered.
  var isIdle: Bool { phase == .idle }

  var phase: Phase { head != nil ? .body : reader.isIdle ? .idle : .head }

  /// Takes bytes up to the end of the next request. Call it again with what is left until it needs more.
  mutating func parse(_ bytes: Span<UInt8>) -> Step {
    if let failed { return .failure(failed) }
    do throws(HTTPFailure) {
      var position = 0
      if head == nil {
        guard let read = try reader.read(bytes, &position, bounds) else { return .needsMore }
        if let step = begin(read, consumed: position) { return step }
      }
      return try takeBody(bytes, &position)
    } catch {
      (failed, head, body, reader) = (error, nil, nil, HTTPHeadReader())
      return .failure(error)
    }
  }

  /// Starts the body; a step when the reader has to know something first.
  private mutating func begin(_ read: HTTPReadHead, consumed: Int) -> Step? {
    switch read.framing {
    case .none: return .request(HTTPRequest(head: read.head, body: []), consumed: consumed)
    case .length(let count, let expectsContinue):
      (head, body) = (read.head, .length([], missing: count))
      return expectsContinue ? .continueExpected(consumed: consumed) : nil
    case .chunked(let expectsContinue):
      (head, body) = (read.head, .chunked(ChunkedBody()))
      return expectsContinue ? .continueExpected(consumed: consumed) : nil
    }
  }

  private mutating func takeBody(_ bytes: Span<UInt8>, _ position: inout Int) throws(HTTPFailure) -> Step {
    // Taken out and put back, so that its array is never shared and never copied.
    guard let head, let progress = body.take() else { return .needsMore }
    switch progress {
    case .length(var content, var missing):
      let count = min(missing, bytes.count - position)
      content.append(bytes.extracting(position..<position + count))
      position += count
      missing -= count
      if missing == 0 { return finish(head, content, position) }
      body = .length(content, missing: missing)
    case .chunked(var chunks):
      if try chunks.read(bytes, &position, bounds) { return finish(head, chunks.body, position) }
      body = .chunked(chunks)
    }
    return .needsMore
  }

  private mutating func finish(_ head: HTTPRequestHead, _ content: [UInt8], _ consumed: Int) -> Step {
    self.head = nil
    return .request(HTTPRequest(head: head, body: content), consumed: consumed)
  }
}
