/// Server-sent events (HTML standard, section 9.2): UTF-8 blocks of `field: value` lines, each ended by an
/// empty line. A text must not hold CR or LF: the notices and session texts of this server are single lines.
enum EventStreamEncoder {
  /// Appends a notice: `id` is what the client sends back as `Last-Event-ID`.
  static func append(seq: UInt64, text: [UInt8], to output: inout [UInt8]) {
    output.append(utf8: "id: ")
    output.appendDecimal(seq)
    output.append(HTTPByte.lineFeed)
    append(text: text, to: &output)
  }

  /// Appends a session text, which has no place in the topic and so no `id`.
  static func append(text: [UInt8], to output: inout [UInt8]) {
    output.append(utf8: "data: ")
    output.append(contentsOf: text)
    output.append(utf8: "\n\n")
  }

  /// Appends a comment, which clients skip: it keeps the connection alive through proxies.
  static func appendKeepAlive(to output: inout [UInt8]) {
    output.append(utf8: ":\n\n")
  }
}
