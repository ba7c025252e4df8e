// An answer of HTTP/1.1 out of bytes that arrive in any pieces (RFC 9112), by the lines, fields and bodies that the
// server's own parser reads (Wire/). Invariant: the outcome depends on the bytes alone, never on where they were split.
// Pure; no thread.

/// A whole answer.
package struct HTTPResponseMessage: Sendable, Equatable {
  package let status: Int
  /// HTTP/1.`minorVersion`.
  let minorVersion: Int
  /// Names in lower case, in order of arrival.
  package let fields: [(name: String, value: String)]
  package var body: [UInt8]

  package static func == (one: Self, other: Self) -> Bool {
    one.status == other.status && one.body == other.body && one.fields.elementsEqual(other.fields, by: ==)
  }

  /// The value of the first field of this name, which must be in lower case.
  package func field(_ name: String) -> String? { fields.first { $0.name == name }?.value }

  /// Whether the connection may be used again (RFC 9112, section 9.3).
  var keepsAlive: Bool {
    let lists = fields.filter { $0.name == "connection" }.map { $0.value.lowercased() }
    let options = lists.joined(separator: ",").split(separator: ",").map { item in
      String(item.filter { $0 != " " })
    }
    return !options.contains("close") && (minorVersion >= 1 || options.contains("keep-alive"))
  }
}

struct HTTPResponseReader: Sendable {
  /// Of an answer; more is refused.
  static let bounds = HTTPBounds(
    requestLineBytes: 1_024, headBytes: 32 * 1_024, bodyBytes: 16 * 1_024 * 1_024, headFields: 200)
  /// Interim answers (RFC 9110, section 15.2) before the answer.
  private static let interimAnswers = 8

  /// The request was `HEAD`: there is no body.
  private let isHead: Bool
  private var line: [UInt8] = []
  private var headBytes = 0
  private var interim = 0
  private var head: HTTPResponseMessage?
  private var status: (code: Int, minorVersion: Int)?
  private var fields: [(name: String, value: String)] = []
  private var body: HTTPBodyReader?
  /// The body ends with the connection.
  private var isOpenEnded = false

  init(isHead: Bool = false) { self.isHead = isHead }

  /// Whether nothing of an answer has come.
  var isIdle: Bool { line.isEmpty && status == nil && head == nil }

  /// - Parameter position: where to begin in `bytes`; afterwards, where the answer ends.
  /// - Returns: the answer once it is whole; nil when all bytes were taken and it goes on.
  mutating func read(
    _ bytes: Span<UInt8>, _ position: inout Int
  ) throws(HTTPFailure) -> HTTPResponseMessage? {
    while head == nil {
      guard let text = try takeLine(bytes, &position) else { return nil }
      if let answer = try takeHeadLine(text) { return answer }
    }
    guard var answer = head else { return nil }
    if isOpenEnded {
      guard answer.body.count + bytes.count - position <= Int(Self.bounds.bodyBytes) else {
        throw .badRequest("The answer is too big.")
      }
      while position < bytes.count {
        answer.body.append(bytes[position])
        position += 1
      }
      head = answer
      return nil
    }
    guard try body?.read(bytes, &position, Self.bounds) ?? true else { return nil }
    answer.body = body?.content ?? []
    self = HTTPResponseReader(isHead: isHead)
    return answer
  }

  /// What an answer without a length is when its connection ends; nil: it is cut off.
  mutating func end() -> HTTPResponseMessage? {
    guard isOpenEnded else { return nil }
    defer { self = HTTPResponseReader(isHead: isHead) }
    return head
  }

  private mutating func takeLine(
    _ bytes: Span<UInt8>, _ position: inout Int
  ) throws(HTTPFailure) -> Range<Int>? {
    let limit =
      status == nil ? Int(Self.bounds.requestLineBytes) : Int(Self.bounds.headBytes) - headBytes
    let text = try HTTPLine.take(
      from: bytes, at: &position, into: &line, lineStart: 0, limit: limit,
      tooLong: .badRequest("The head of the answer is too big."))
    if let text { headBytes += text.count + 2 }
    return text
  }

  /// Takes a line of the head; gives the answer when it is whole with it.
  private mutating func takeHeadLine(_ text: Range<Int>) throws(HTTPFailure) -> HTTPResponseMessage? {
    defer { line.removeAll(keepingCapacity: true) }
    guard let (code, minorVersion) = status else {
      status = try Self.status(line[text])
      return nil
    }
    if !text.isEmpty {
      guard fields.count < Int(Self.bounds.headFields) else {
        throw .badRequest("The answer has too many fields.")
      }
      let (name, value) = try HTTPFieldLine.parse(text, of: line)
      fields.append(
        (
          String(decoding: line[name].map(asciiLowercased), as: UTF8.self),
          String(decoding: line[value], as: UTF8.self)
        ))
      return nil
    }
    let answer = HTTPResponseMessage(status: code, minorVersion: minorVersion, fields: fields, body: [])
    if code < 200, code != 101 { return try skipInterim() }
    return try begin(answer)
  }

  private mutating func skipInterim() throws(HTTPFailure) -> HTTPResponseMessage? {
    guard interim < Self.interimAnswers else { throw .badRequest("Too many interim answers.") }
    interim += 1
    (status, fields, headBytes) = (nil, [], 0)
    return nil
  }

  /// How long the body is (RFC 9112, section 6.3).
  private mutating func begin(_ answer: HTTPResponseMessage) throws(HTTPFailure) -> HTTPResponseMessage? {
    let codings = fields.filter { $0.name == "transfer-encoding" }
    let lengths = Set(fields.filter { $0.name == "content-length" }.map(\.value))
    guard codings.isEmpty || lengths.isEmpty, codings.count <= 1, lengths.count <= 1 else {
      throw .badRequest("The answer says its length twice.")
    }
    if isHead || HTTPStatus.isBodiless(answer.status) { return finish(answer) }
    if let coding = codings.first {
      guard coding.value.lowercased() == "chunked" else {
        throw .badRequest("The answer has a transfer coding other than chunked.")
      }
      body = HTTPBodyReader(length: nil)
    } else if let text = lengths.first {
      guard text.utf8.allSatisfy(HTTPByte.isDigit), let length = Int(text),
        length <= Int(Self.bounds.bodyBytes)
      else { throw .badRequest("The length of the answer is no number, or too big.") }
      if length == 0 { return finish(answer) }
      body = HTTPBodyReader(length: length)
    } else {
      isOpenEnded = true
    }
    head = answer
    return nil
  }

  private mutating func finish(_ answer: HTTPResponseMessage) -> HTTPResponseMessage {
    self = HTTPResponseReader(isHead: isHead)
    return answer
  }

  /// `HTTP/1.1 200 OK` (RFC 9112, section 4); the phrase means nothing.
  private static func status(_ line: ArraySlice<UInt8>) throws(HTTPFailure) -> (code: Int, minorVersion: Int)
  {
    let refusal = HTTPFailure.badRequest("The answer does not begin as one of HTTP/1.1.")
    guard line.count >= 12, line.starts(with: "HTTP/1.".utf8) else { throw refusal }
    let start = line.startIndex
    let minor = line[start + 7]
    let digits = line[(start + 9)..<(start + 12)]
    guard minor == UInt8(ascii: "0") || minor == UInt8(ascii: "1"), line[start + 8] == HTTPByte.space,
      digits.allSatisfy(HTTPByte.isDigit), line.count == 12 || line[start + 12] == HTTPByte.space
    else { throw refusal }
    let code = digits.reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) }
    guard code >= 100 else { throw refusal }
    return (code, Int(minor - UInt8(ascii: "0")))
  }
}
