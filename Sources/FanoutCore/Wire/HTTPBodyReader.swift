// A request's body while it arrives: by its length, or in chunks (RFC 9112, sections 6 and 7.1). Extensions and
// trailers mean nothing to this server: they are checked for their grammar, counted against the bound of a
// head, and dropped.

struct HTTPBodyReader: Sendable {
  private enum Stage: Sendable {
    /// A body of known length.
    case content
    case chunkSize, chunk, chunkEnd, trailers
  }

  private(set) var content: [UInt8] = []
  private var stage: Stage
  /// Bytes of the content or of the current chunk that are still to come.
  private var missing: Int
  /// The line in progress: a size with its extensions, the end of a chunk, or a trailer.
  private var line: [UInt8] = []
  /// Bytes of extensions and trailers so far.
  private var overhead = 0
  private var trailers = 0

  /// - Parameter length: bytes of the body; nil when it comes in chunks.
  init(length: Int?) {
    stage = length == nil ? .chunkSize : .content
    missing = length ?? 0
  }

  /// Whether the body is whole; otherwise all bytes were taken.
  mutating func read(
    _ bytes: Span<UInt8>, _ position: inout Int, _ bounds: HTTPBounds
  ) throws(HTTPFailure) -> Bool {
    while position < bytes.count {
      if stage == .content || stage == .chunk {
        takeContent(bytes, &position)
        if missing > 0 { return false }
        if stage == .content { return true }
        stage = .chunkEnd
      } else {
        guard let text = try takeLine(bytes, &position, bounds) else { return false }
        if stage == .trailers && text.isEmpty { return true }
        try judge(text, bounds)
        line.removeAll(keepingCapacity: true)
      }
    }
    return false
  }

  private mutating func takeContent(_ bytes: Span<UInt8>, _ position: inout Int) {
    let count = min(missing, bytes.count - position)
    if content.isEmpty { content.reserveCapacity(count) }
    content.append(bytes.extracting(position..<position + count))
    position += count
    missing -= count
  }

  private mutating func takeLine(
    _ bytes: Span<UInt8>, _ position: inout Int, _ bounds: HTTPBounds
  ) throws(HTTPFailure) -> Range<Int>? {
    let room = max(0, Int(bounds.headBytes) - overhead)
    // The 16 digits of the greatest size have a place of their own.
    let limit = stage == .chunkEnd ? 2 : stage == .chunkSize ? 16 + room + 2 : room + 2
    return try HTTPLine.take(
      from: bytes, at: &position, into: &line, lineStart: 0, limit: limit,
      tooLong: stage == .chunkEnd ? .chunkOverrun : .overheadTooBig)
  }

  private mutating func judge(_ text: Range<Int>, _ bounds: HTTPBounds) throws(HTTPFailure) {
    switch stage {
    case .content, .chunk: break
    case .chunkSize: try judgeSize(text, bounds)
    case .chunkEnd:
      guard text.isEmpty else { throw .chunkOverrun }
      stage = .chunkSize
    case .trailers: try judgeTrailer(text, bounds)
    }
  }

  /// Hexadecimal digits, then nothing or extensions. The sum of all sizes is bounded before a byte is taken.
  private mutating func judgeSize(_ text: Range<Int>, _ bounds: HTTPBounds) throws(HTTPFailure) {
    let digits = line[text].prefix { HTTPByte.hexValue($0) != nil }
    let rest = line[digits.endIndex..<text.upperBound].drop(while: HTTPByte.isBlank)
    guard !digits.isEmpty, rest.first == UInt8(ascii: ";") || digits.count == text.count else {
      throw .badRequest("A chunk must begin with its size.")
    }
    var size = 0
    for digit in digits {
      let (shifted, overflow) = size.multipliedReportingOverflow(by: 16)
      size = shifted + (HTTPByte.hexValue(digit) ?? 0)
      guard !overflow, size <= Int(bounds.bodyBytes) - content.count else { throw .bodyTooBig }
    }
    // Zeros that only lengthen the size count as well.
    overhead += text.count - min(digits.count, 16)
    missing = size
    stage = size == 0 ? .trailers : .chunk
  }

  private mutating func judgeTrailer(_ text: Range<Int>, _ bounds: HTTPBounds) throws(HTTPFailure) {
    trailers += 1
    guard trailers <= Int(bounds.headFields) else { throw .overheadTooBig }
    _ = try HTTPFieldLine.parse(text, of: line)
    overhead += text.count + 2
  }
}

extension HTTPFailure {
  static let bodyTooBig = HTTPFailure(status: 413, sentence: "The body of the request is too big.")
  fileprivate static let chunkOverrun = badRequest("A chunk is longer than its size.")
  fileprivate static let overheadTooBig = HTTPFailure(
    status: 431, sentence: "The chunk extensions and trailers of the body are too big.")
}
