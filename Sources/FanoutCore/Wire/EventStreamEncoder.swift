// Server-sent events (HTML standard, section 9.2): UTF-8 blocks of `field: value` lines, each ended by an empty line.
// A text must not hold CR or LF: the notices and session texts of this server are single lines. Pure; no thread.

enum EventStreamEncoder {
  /// Appends a notice. Its id, `idPrefix` and `seq` in decimal, is what the client sends back as `Last-Event-ID`.
  static func append(seq: UInt64, idPrefix: [UInt8] = [], text: [UInt8], to output: inout [UInt8]) {
    output.append(utf8: "id: ")
    output.append(contentsOf: idPrefix)
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

  /// Appends the event `end`, after which the server ends the stream for good. Without data clients would drop it.
  static func appendEnd(reason: String, to output: inout [UInt8]) {
    output.append(utf8: "event: end\n")
    append(text: reason.isEmpty ? [UInt8]("end".utf8) : [UInt8](reason.utf8), to: &output)
  }

  /// Appends how long the client is to wait before it comes back when the stream breaks off.
  static func appendRetry(milliseconds: UInt64, to output: inout [UInt8]) {
    output.append(utf8: "retry: ")
    output.appendDecimal(milliseconds)
    output.append(utf8: "\n\n")
  }

  /// Appends a comment, which clients skip: it keeps the connection alive through proxies.
  static func appendKeepAlive(to output: inout [UInt8]) {
    output.append(utf8: ":\n\n")
  }
}
