// The one way in which lines are taken from the wire: ended by CRLF (a lone CR or LF is refused, RFC 9112,
// section 2.2, because two readers that disagree about line ends can be played off against each other),
// without control bytes, and never longer than allowed.

enum HTTPLine {
  /// Moves bytes from `bytes` to `buffer` up to and including the line end.
  /// - Parameter lineStart: where the line begins in `buffer`.
  /// - Parameter limit: bytes that the line may take with its CRLF; reaching it without a line end throws `tooLong`.
  /// - Returns: the line without its CRLF, as a range of `buffer`; nil when all bytes were taken and it goes on.
  static func take(
    from bytes: Span<UInt8>, at position: inout Int, into buffer: inout [UInt8], lineStart: Int, limit: Int,
    tooLong: HTTPFailure
  ) throws(HTTPFailure) -> Range<Int>? {
    let allowed = limit - (buffer.count - lineStart)
    let stop = min(bytes.count, position + allowed)
    let afterReturn = buffer.count > lineStart && buffer[buffer.count - 1] == HTTPByte.carriageReturn
    let (end, isWhole) = try scan(bytes, from: position, to: stop, afterReturn: afterReturn)
    buffer.append(bytes.extracting(position..<end))
    position = end
    if isWhole { return lineStart..<buffer.count - 2 }
    if buffer.count - lineStart >= limit { throw tooLong }
    return nil
  }

  /// - Returns: the index after the line's end and true, or `stop` and false.
  private static func scan(
    _ bytes: Span<UInt8>, from start: Int, to stop: Int, afterReturn: Bool
  ) throws(HTTPFailure) -> (Int, Bool) {
    var afterReturn = afterReturn
    var index = start
    while index < stop {
      if !afterReturn { index = skipText(bytes, from: index, to: stop) }
      if index == stop { break }
      let byte = bytes[index]
      index += 1
      if afterReturn {
        guard byte == HTTPByte.lineFeed else { throw .badRequest("A CR must be followed by LF.") }
        return (index, true)
      }
      if HTTPByte.isText(byte) { continue }
      guard byte == HTTPByte.carriageReturn else { throw .badRequest("A line holds a control character.") }
      afterReturn = true
    }
    return (index, false)
  }

  /// Eight at a time: the index of the first byte that may need a look.
  private static func skipText(_ bytes: Span<UInt8>, from start: Int, to stop: Int) -> Int {
    var index = start
    while index + 8 <= stop {
      let text = HTTPByte.textBytes(of: bytes.word(at: index))
      index += text
      if text < 8 { return index }
    }
    return index
  }
}

/// One field line (RFC 9112, section 5): no white space before the colon, no folding.
enum HTTPFieldLine {
  /// - Parameter line: a range of `buffer`, without its line end.
  /// - Returns: the name, and the value without the blanks around it.
  static func parse(
    _ line: Range<Int>, of buffer: [UInt8]
  ) throws(HTTPFailure) -> (name: Range<Int>, value: Range<Int>) {
    let (bytes, token) = (buffer.span, ASCIISet.token)
    var colon = line.lowerBound
    while colon < line.upperBound, token.contains(bytes[colon]) { colon += 1 }
    guard colon > line.lowerBound, colon < line.upperBound, bytes[colon] == UInt8(ascii: ":") else {
      throw buffer[line].contains(UInt8(ascii: ":"))
        ? .badRequest("A field name is not a token, or a line is folded.")
        : .badRequest("A field line has no colon.")
    }
    return (line.lowerBound..<colon, buffer.trimmingBlanks(colon + 1..<line.upperBound))
  }
}

extension HTTPFieldLine {
  /// Appends a finished line. False: the name is no token, the value holds control bytes, or the field is one that the
  /// encoder adds itself; then nothing is appended.
  static func append(_ name: String, _ value: String, to lines: inout [UInt8]) -> Bool {
    guard !name.isEmpty, !ownFields.contains(name.lowercased()) else { return false }
    for byte in name.utf8 where !ASCIISet.token.contains(byte) { return false }
    for byte in value.utf8 where !HTTPByte.isText(byte) { return false }
    lines.append(utf8: name)
    lines.append(utf8: ": ")
    lines.append(utf8: value)
    lines.append(utf8: "\r\n")
    return true
  }

  private static let ownFields: Set = ["date", "connection", "content-length", "transfer-encoding"]
}
