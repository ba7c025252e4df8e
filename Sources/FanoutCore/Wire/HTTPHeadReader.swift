// A request's head while it arrives (RFC 9112, sections 2, 3 and 5): line after line into one array, each line
// judged when it is whole, so that a wrong head never waits for its rest.

struct HTTPHeadReader: Sendable {
  /// Room for a usual head, in bytes, when that much has arrived in one piece.
  private static let firstCapacity = 1024
  /// Room for the names and values of a usual head.
  private static let usualFields = 2 * 12

  private var buffer: [UInt8] = []
  private var lineStart = 0
  private var emptyLines: UInt8 = 0
  private var requestLine: HTTPRequestLine?
  /// Names and values by turns.
  private var fields: [Range<Int>] = []
  private var known = HTTPKnownFields()
  /// Where the value of `Host` stands in `fields`, once it is known.
  private var hostPlace = 0

  var isIdle: Bool { buffer.isEmpty }

  /// What has come of a head that is not whole; nil: not even its request line.
  var incomplete: HTTPRequestHead? { requestLine.map(head) }

  /// - Returns: the head once its empty line has come; nil when all bytes were taken and it goes on.
  mutating func read(
    _ bytes: Span<UInt8>, _ position: inout Int, _ bounds: HTTPBounds
  ) throws(HTTPFailure) -> HTTPRequestHead? {
    if buffer.isEmpty { buffer.reserveCapacity(min(bytes.count, Self.firstCapacity)) }
    while position < bytes.count {
      guard let line = try takeLine(bytes, &position, bounds) else { return nil }
      if let requestLine {
        if line.isEmpty { return try finish(requestLine) }
        try takeField(line, bounds)
      } else if line.isEmpty {
        try skipEmptyLine()
      } else {
        requestLine = try HTTPRequestLine(parsing: line, of: &buffer)
      }
      lineStart = buffer.count
    }
    return nil
  }

  private mutating func takeLine(
    _ bytes: Span<UInt8>, _ position: inout Int, _ bounds: HTTPBounds
  ) throws(HTTPFailure) -> Range<Int>? {
    let isFirst = requestLine == nil
    let limit = isFirst ? Int(bounds.requestLineBytes) + 2 : Int(bounds.headBytes) - lineStart
    let tooLong = isFirst ? Self.longLine : Self.bigHead
    return try HTTPLine.take(
      from: bytes, at: &position, into: &buffer, lineStart: lineStart, limit: limit, tooLong: tooLong)
  }

  private static let longLine = HTTPFailure(status: 414, sentence: "The request line is too long.")
  private static let bigHead = HTTPFailure(status: 431, sentence: "The head of the request is too big.")

  private mutating func skipEmptyLine() throws(HTTPFailure) {
    guard emptyLines < Limits.emptyLinesBeforeRequest else {
      throw .badRequest("Too many empty lines before a request.")
    }
    emptyLines += 1
    buffer = []
  }

  private mutating func takeField(_ line: Range<Int>, _ bounds: HTTPBounds) throws(HTTPFailure) {
    guard fields.count < 2 * Int(bounds.headFields) else {
      throw HTTPFailure(status: 431, sentence: "The request has too many fields.")
    }
    if fields.isEmpty { fields.reserveCapacity(Self.usualFields) }
    let (name, value) = try HTTPFieldLine.parse(line, of: buffer)
    let field = HTTPKnownFields(naming: name, of: buffer)
    guard field != .host || !known.contains(.host) else { throw Self.oneHost }
    known.insert(field)
    fields.append(name)
    fields.append(value)
    if field == .host { hostPlace = fields.count - 1 }
  }

  private mutating func finish(_ line: HTTPRequestLine) throws(HTTPFailure) -> HTTPRequestHead {
    try settleHost(line)
    let head = head(line)
    self = HTTPHeadReader()
    return head
  }

  private func head(_ line: HTTPRequestLine) -> HTTPRequestHead {
    HTTPRequestHead(
      bytes: buffer, methodRange: line.method, targetRange: line.target, fields: fields,
      minorVersion: line.minorVersion, known: known, asksForTLS: line.isSecure)
  }

  /// RFC 9112, section 3.2: exactly one valid `Host` (an HTTP/1.0 request may have none); the authority of
  /// an absolute-form target takes its place.
  private mutating func settleHost(_ line: HTTPRequestLine) throws(HTTPFailure) {
    guard known.contains(.host) else {
      if line.minorVersion == 0 { return }
      throw Self.oneHost
    }
    let host = fields[hostPlace]
    // Without a host of its own the target is one of a server that has no name (section 3.2).
    guard host.isEmpty || HTTPAuthority.isValid(buffer.span.extracting(host)) else {
      throw .badRequest("The Host field is not a host.")
    }
    if let authority = line.authority { fields[hostPlace] = authority }
  }

  private static let oneHost = HTTPFailure.badRequest("There must be exactly one Host field.")
}
