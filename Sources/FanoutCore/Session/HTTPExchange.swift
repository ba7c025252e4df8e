// The HTTP side of a connection: requests one after the other, each answered before the next is parsed, so that
// answers keep their order (RFC 9112, section 9.3). Input in, action out; no socket, no clock. One loop's thread.

/// The HTTP state of one connection; lives until the connection is upgraded, streams or closes.
final class HTTPExchange {
  enum Action {
    /// Nothing to do before more input comes.
    case none
    /// A whole request; `answered()` must follow before the next is given out.
    case request(HTTPRequest)
    /// Say `100 Continue`, then ask again.
    case sendContinue
    /// Answer with this and close.
    case fail(HTTPFailure)
    /// More was sent ahead than is kept: stop reading until `answered()`.
    case pauseReading
  }

  /// What the loop must know again when an upgrade was judged.
  struct Upgrade {
    let key: [UInt8]
    let deflate: PermessageDeflate?
    let client: PeerAddress
  }

  /// The number of the request being answered; nil when none is.
  private(set) var answering: UInt32?
  /// How the answer to that request is to be shaped; the loop adds its field lines.
  var context = ResponseContext()
  /// What is kept of that request; kept by the loop.
  var record = RequestRecord()
  /// The upgrade that request asks for, while it is being judged; kept by the loop.
  var upgrade: Upgrade?
  /// When the current head or body must be whole, or an idle connection ends; kept by the loop.
  var deadline: UInt64 = 0
  /// Whether the deadline is that of the current body; kept by the loop.
  var bodyClockRuns = false
  /// Whether the peer has finished sending.
  var inputEnded = false

  /// Whether the connection has a reserved descriptor: only privileged requests are answered, one each.
  let isReserved: Bool

  private var parser: HTTPRequestParser
  private var requests: UInt32 = 0
  /// Input that came behind a request, and how much of it has been parsed: what is left stays where it is, because to
  /// move it for each of many small requests would take quadratic time. Empty when nothing is left.
  private var ahead: [UInt8] = []
  private var aheadStart = 0
  private let readAheadLimit: Int

  init(limits: Limits, isReserved: Bool = false) {
    self.isReserved = isReserved
    parser = HTTPRequestParser(limits: limits)
    readAheadLimit = limits.readAheadBytes
  }

  /// Whether nothing of a next request has come and none is being answered.
  var isIdle: Bool { answering == nil && parser.isIdle && ahead.isEmpty }
  /// Whether no whole head has come of the next request, and none is being answered.
  var isWaitingForHead: Bool { answering == nil && !isInBody && ahead.isEmpty }
  /// Whether more came behind the request that is being answered.
  var hasMore: Bool { !ahead.isEmpty }
  /// Whether no request is being answered or has begun; whole ones may wait in `rest`.
  var isBetweenRequests: Bool { answering == nil && parser.isIdle }
  /// What came behind the last request and was not looked at.
  var rest: ArraySlice<UInt8> { ahead[aheadStart...] }
  /// Whether a head is whole and its body is not.
  var isInBody: Bool { answering == nil && parser.phase == .body }

  /// The head of a request that is refused before it is whole, as far as it was read.
  var incompleteHead: HTTPRequestHead? { parser.incompleteHead }

  /// Takes input that came from the socket.
  func take(_ bytes: Span<UInt8>) -> Action {
    guard answering == nil, ahead.isEmpty else {
      keep(bytes)
      guard answering == nil else { return ahead.count - aheadStart > readAheadLimit ? .pauseReading : .none }
      return resume()
    }
    let (action, consumed) = parse(bytes)
    keep(bytes.extracting(consumed..<bytes.count))
    return action
  }

  /// Goes on with input that came earlier.
  func resume() -> Action {
    guard answering == nil, !ahead.isEmpty else { return .none }
    var bytes: [UInt8] = []
    swap(&bytes, &ahead)
    let (action, consumed) = parse(bytes.span.extracting(aheadStart..<bytes.count))
    swap(&bytes, &ahead)
    aheadStart += consumed
    if aheadStart == ahead.count { dropAhead() }
    return action
  }

  /// The request given out last has been answered.
  func answered() { answering = nil }

  /// What came behind the last request: the first bytes of the protocol that the connection is upgraded to.
  func takeRest() -> [UInt8] {
    defer { dropAhead() }
    return Array(ahead[aheadStart...])
  }

  private func keep(_ bytes: Span<UInt8>) {
    if aheadStart > ahead.count / 2 {
      ahead.removeFirst(aheadStart)
      aheadStart = 0
    }
    ahead.append(bytes)
  }

  private func dropAhead() { (ahead, aheadStart) = ([], 0) }

  private func parse(_ bytes: Span<UInt8>) -> (Action, consumed: Int) {
    switch parser.parse(bytes) {
    case .needsMore: return (.none, bytes.count)
    case .failure(let failure): return (.fail(failure), bytes.count)
    case .continueExpected(let consumed): return (.sendContinue, consumed)
    case .request(let request, let consumed):
      requests &+= 1
      answering = requests
      bodyClockRuns = false
      context = ResponseContext(
        isHead: request.head.isMethod("HEAD"), keepsAlive: request.head.wantsKeepAlive,
        minorVersion: request.head.minorVersion)
      return (.request(request), consumed)
    }
  }
}
