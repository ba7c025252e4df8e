// A server's answers to HTTP/1.1 requests, read by `Content-Length`. It shares no code with the server.

/// Reads answers out of bytes that come in any pieces.
struct HTTPAnswers {
  struct Answer: Equatable {
    var status: Int
    var head: String
    var body: String
  }

  private var bytes: [UInt8] = []
  private var start = 0

  /// Bytes that are no whole answer yet.
  var rest: ArraySlice<UInt8> { bytes[start...] }

  /// Takes bytes and returns the answers that are whole now.
  mutating func take(_ more: [UInt8]) -> [Answer] {
    bytes += more
    var answers: [Answer] = []
    while let answer = next() { answers.append(answer) }
    bytes.removeFirst(start)
    start = 0
    return answers
  }

  /// Whole answers at the front of `bytes`.
  static func read(_ bytes: [UInt8]) -> [Answer] {
    var answers = HTTPAnswers()
    return answers.take(bytes)
  }

  private mutating func next() -> Answer? {
    guard let stop = Self.endOfHead(bytes[start...]) else { return nil }
    let head = String(decoding: bytes[start..<stop], as: UTF8.self)
    let status = head.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
    let length = Self.contentLength(head)
    guard bytes.count - stop >= length else { return nil }
    start = stop + length
    return Answer(
      status: status, head: head, body: String(decoding: bytes[stop..<start], as: UTF8.self))
  }

  /// Where the head ends, behind its empty line.
  static func endOfHead(_ bytes: ArraySlice<UInt8>) -> Int? {
    var index = bytes.startIndex
    while index + 4 <= bytes.endIndex {
      if bytes[index] == 13, bytes[index + 1] == 10, bytes[index + 2] == 13, bytes[index + 3] == 10 {
        return index + 4
      }
      index += 1
    }
    return nil
  }

  private static func contentLength(_ head: String) -> Int {
    for line in head.split(separator: "\r\n") where line.lowercased().hasPrefix("content-length: ") {
      return Int(line.dropFirst(16)) ?? 0
    }
    return 0
  }
}
