// Keeps of each request what its answer is counted and named by, and counts it when it is answered: by the kind that the
// inbound sink gives it and by the class of the status. An upgrade is counted when its 101 is sent, so a WebSocket is no long
// request. One loop's thread.

/// What a connection keeps of the request that is being answered.
struct RequestRecord {
  /// Nanoseconds of the monotonic clock.
  var begunAt: UInt64 = 0
  var kind = 0
  var id = RequestID(number: 0)
  /// Kept only when the inbound sink wants to be told of answers.
  var head: HTTPRequestHead?
  var client: PeerAddress?
}

/// Names, times and counts the requests of one loop.
final class RequestRecords<IO: Transport> {
  private let io: IO
  private let counters: LoopCounters
  private let inbound: any InboundSink
  /// Read once, because the sink does not change its mind.
  private let keepsHeads: Bool
  let namesRequests: Bool
  /// The state of a splitmix64 generator: names are unique, and nothing depends on nobody guessing them.
  private var state: UInt64

  /// Bytes of a name that a client gives.
  static var longestName: Int { 128 }

  init(id: LoopID, io: IO, counters: LoopCounters, inbound: any InboundSink) {
    (self.io, self.counters, self.inbound) = (io, counters, inbound)
    (keepsHeads, namesRequests) = (inbound.wantsAnswers, inbound.namesRequests)
    state =
      UInt64(bitPattern: io.wallClock) &* 0xff51_afd7_ed55_8ccd ^ io.nanoseconds << 16
      ^ UInt64(id.rawValue) << 48
  }

  /// A whole request has come.
  func begin(_ head: HTTPRequestHead, _ exchange: HTTPExchange) {
    exchange.record.begunAt = io.nanoseconds
    exchange.record.kind = inbound.kind(of: head)
    guard namesRequests else { return }
    exchange.record.id = name(of: head)
    exchange.context.requestID = exchange.record.id
    if keepsHeads { exchange.record.head = head }
  }

  private func name(of head: HTTPRequestHead) -> RequestID {
    let given = head.namesItself ? Self.name(given: head.values("x-request-id"), head.bytes) : nil
    return RequestID(number: next(), given: given)
  }

  /// A name that a client gives counts when it is there once, is short, and can do no harm in a log line.
  static func name(given values: [Range<Int>], _ bytes: [UInt8]) -> [UInt8]? {
    guard values.count == 1, (1...longestName).contains(values[0].count) else { return nil }
    let name = bytes[values[0]]
    return name.allSatisfy(isNameByte) ? Array(name) : nil
  }

  private func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    return scattered64(state)
  }

  /// A problem tells the request's name.
  func named(_ response: HTTPResponse, _ exchange: HTTPExchange) -> HTTPResponse {
    namesRequests && response.status >= 400 ? inbound.named(response, exchange.record.id) : response
  }

  /// The connection ends, and nobody will have the answer. It is no answer, so its time is not counted.
  func lose(_ exchange: HTTPExchange, at client: PeerAddress) {
    guard keepsHeads else { return }
    let now = io.nanoseconds
    tell(
      exchange, status: AnsweredRequest.lost, bodyBytes: 0, time: now - min(now, exchange.record.begunAt),
      at: client)
  }

  /// The answer was handed to the socket.
  func end(_ exchange: HTTPExchange, status: Int, bodyBytes: Int, at client: @autoclosure () -> PeerAddress) {
    let now = io.nanoseconds
    let time = now - min(now, exchange.record.begunAt)
    count(exchange.record.kind, status, time)
    guard keepsHeads else { return }
    tell(exchange, status: status, bodyBytes: bodyBytes, time: time, at: client())
  }

  private func tell(
    _ exchange: HTTPExchange, status: Int, bodyBytes: Int, time: UInt64, at client: PeerAddress
  ) {
    inbound.answered(
      AnsweredRequest(
        head: exchange.record.head, status: status, bodyBytes: bodyBytes, nanoseconds: time,
        client: exchange.record.client ?? client, id: exchange.record.id))
    exchange.record.head = nil
  }

  /// A request is refused before it is whole: it has a name, what was read of its head, and neither a kind nor a time.
  func refuse(_ exchange: HTTPExchange) {
    let head = keepsHeads ? exchange.incompleteHead : nil
    exchange.record = RequestRecord(
      begunAt: io.nanoseconds, id: head.map(name) ?? RequestID(number: next()), head: head)
    if namesRequests { exchange.context.requestID = exchange.record.id }
  }

  private func count(_ kind: Int, _ status: Int, _ time: UInt64) {
    let row = kind * 5 + min(max(status / 100, 1), 5) - 1
    if row < counters.requestTimes.rows { counters.requestTimes.record(time, row: row) }
  }
}

/// The finisher of splitmix64 (S. Vigna): a permutation of all 64-bit numbers.
private func scattered64(_ value: UInt64) -> UInt64 {
  var value = (value ^ value >> 30) &* 0xbf58_476d_1ce4_e5b9
  value = (value ^ value >> 27) &* 0x94d0_49bb_1331_11eb
  return value ^ value >> 31
}

/// What a name may be made of.
private func isNameByte(_ byte: UInt8) -> Bool {
  switch byte {
  case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
    UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."),
    UInt8(ascii: ":"), UInt8(ascii: "/"), UInt8(ascii: "+"), UInt8(ascii: "="), UInt8(ascii: "@"),
    UInt8(ascii: "~"):
    true
  default: false
  }
}
