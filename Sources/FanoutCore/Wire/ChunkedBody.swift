// A body in chunks (RFC 9112, section 7.1). Extensions and trailers mean nothing to this server: they are
// checked for their grammar, counted against the bound of a head, and dropped.

struct ChunkedBody: Sendable {
  private enum Stage: Sendable { case size, data, dataEnd, trailers }

  private(set) var body: [UInt8] = []
  private var stage = Stage.size
  /// The line in progress: a size with its extensions, the end of a chunk, or a trailer.
  private var line: [UInt8] = []
  /// Bytes of the current chunk that are still to come.
  private var missing = 0
  /// Bytes of extensions and trailers so far.
  private var overhead = 0
  private var trailers = 0

  /// Whether the body is whole; otherwise all bytes were taken.
  mutating func read(
    _ bytes: Span<UInt8>, _ position: inout Int, _ bounds: HTTPBounds
  ) throws(HTTPFailure) -> Bool {
    while position < bytes.count {
      if stage == .data {
        takeData(bytes, &position)
        continue
      }
      guard let text = try takeLine(bytes, &position, bounds) else { return false }
      if stage == .trailers && text.isEmpty { return true }
      try judge(text, bounds)
      line.removeAll(keepingCapacity: true)
    }
    return false
  }

  private mutating func takeData(_ bytes: Span<UInt8>, _ position: inout Int) {
    let count = min(missing, bytes.count - position)
    body.append(bytes.extracting(position..<position + count))
    position += count
    missing -= count
    if missing == 0 { stage = .dataEnd }
  }

  private mutating func takeLine(
    _ bytes: Span<UInt8>, _ position: inout Int, _ bounds: HTTPBounds
  ) throws(HTTPFailure) -> Range<Int>? {
    // A size of 16 digits and its CRLF always fit.
    let room = max(0, Int(bounds.headBytes) - overhead)
    let limit = stage == .dataEnd ? 2 : stage == .size ? room + 18 : room + 2
    let tooLong =
      stage == .dataEnd
      ? HTTPFailure.badRequest("A chunk is longer than its size.")
      : HTTPFailure(status: 431, sentence: "The extensions and trailers of the body are too big.")
    return try HTTPLine.take(
      from: bytes, at: &position, into: &line, lineStart: 0, limit: limit, tooLong: tooLong)
  }

  private mutating func judge(_ text: Range<Int>, _ bounds: HTTPBounds) throws(HTTPFailure) {
    switch stage {
    case .size: try judgeSize(text, bounds)
    case .data: break
    case .dataEnd:
      guard text.isEmpty else { throw .badRequest("A chunk is longer than its size.") }
      stage = .size
    case .trailers:
      _ = try HTTPRequestHead.FieldRange(parsing: text, of: line)
      overhead += text.count
      trailers += 1
      guard trailers <= Int(bounds.headFields) else {
        throw HTTPFailure(status: 431, sentence: "The body has too many trailers.")
      }
    }
  }

  /// Hexadecimal digits, then nothing or extensions. The sum of all sizes is bounded before a byte is taken.
  private mutating func judgeSize(_ text: Range<Int>, _ bounds: HTTPBounds) throws(HTTPFailure) {
    let digits = line[text].prefix { Self.value(ofHex: $0) != nil }
    let rest = line[digits.endIndex..<text.upperBound].drop(while: HTTPByte.isBlank)
    guard !digits.isEmpty, rest.first == UInt8(ascii: ";") || digits.count == text.count else {
      throw .badRequest("A chunk must begin with its size.")
    }
    var size = 0
    for digit in digits {
      let (shifted, overflow) = size.multipliedReportingOverflow(by: 16)
      size = shifted + Int(Self.value(ofHex: digit) ?? 0)
      guard !overflow, size <= Int(bounds.bodyBytes) - body.count else { throw .bodyTooBig }
    }
    overhead += text.count - digits.count
    missing = size
    stage = size == 0 ? .trailers : .data
  }

  private static func value(ofHex digit: UInt8) -> UInt8? {
    switch digit {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
    default: nil
    }
  }
}
