// What the wire's suites share: a generator that a seed fixes, readers that feed bytes in pieces, and a small
// client-side frame writer that shares no code with the server's encoder.

@testable import FanoutCore

/// SplitMix64: the same numbers on every run.
struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64
  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
    return z ^ z >> 31
  }

  mutating func bytes(_ count: Int) -> [UInt8] {
    (0..<count).map { _ in UInt8(truncatingIfNeeded: next()) }
  }
}

func bytes(_ text: String) -> [UInt8] { [UInt8](text.utf8) }
func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

/// How an input is cut: pieces of these lengths, the last one repeated until the end.
struct Cut: Sendable {
  let lengths: [Int]
  static let whole = Cut(lengths: [.max])
  static let everyByte = Cut(lengths: [1])
  static func at(_ index: Int) -> Cut { Cut(lengths: [index, .max]) }

  /// The pieces' ranges; a length of 0 yields one empty piece.
  func ranges(of count: Int) -> [Range<Int>] {
    var ranges: [Range<Int>] = []
    var (start, index) = (0, 0)
    while start < count {
      let length = lengths[min(index, lengths.count - 1)]
      let end = length > count - start ? count : start + length
      ranges.append(start..<end)
      (start, index) = (end, index + 1)
    }
    return ranges
  }
}

// MARK: HTTP

/// What a parser made of an input, comparable.
enum HTTPOutcome: Equatable, CustomStringConvertible {
  case request(method: String, target: String, minor: Int, fields: [String], body: [UInt8])
  case goOn
  case failure(HTTPFailure)

  var description: String {
    switch self {
    case .request(let method, let target, let minor, let fields, let body):
      "\(method) \(target) 1.\(minor) \(fields) \(text(body))"
    case .goOn: "continue"
    case .failure(let failure): "\(failure.status) \(failure.sentence)"
    }
  }
}

/// Feeds `input` cut into pieces until the end or a failure.
func requests(
  in input: [UInt8], cut: Cut = .whole, limits: Limits = Limits()
) -> (outcomes: [HTTPOutcome], parser: HTTPRequestParser) {
  var parser = HTTPRequestParser(limits: limits)
  var outcomes: [HTTPOutcome] = []
  for range in cut.ranges(of: input.count) {
    var start = range.lowerBound
    feeding: while true {
      switch parser.parse(input.span.extracting(start..<range.upperBound)) {
      case .needsMore: break feeding
      case .continueExpected(let consumed):
        outcomes.append(.goOn)
        start += consumed
      case .request(let request, let consumed):
        outcomes.append(summary(request))
        start += consumed
      case .failure(let failure):
        outcomes.append(.failure(failure))
        return (outcomes, parser)
      }
    }
  }
  return (outcomes, parser)
}

func summary(_ request: HTTPRequest) -> HTTPOutcome {
  let head = request.head
  return .request(
    method: head.method, target: head.target, minor: head.minorVersion,
    fields: stride(from: 0, to: head.fields.count, by: 2).map { index in
      head.string(head.fields[index]) + ": " + head.string(head.fields[index + 1])
    }, body: request.body)
}

extension HTTPResponse {
  /// The field lines taken apart again.
  var fields: [(name: String, value: String)] {
    text(fieldLines).split(separator: "\r\n").map { line in
      let parts = line.split(separator: ":", maxSplits: 1)
      return (String(parts[0]), String(parts[1].dropFirst()))
    }
  }
}

/// The status with which `text` is refused, or nil.
func refusal(of text: String, limits: Limits = Limits()) -> Int? {
  guard case .failure(let failure) = requests(in: bytes(text), limits: limits).outcomes.last else {
    return nil
  }
  return failure.status
}

/// The only request in `text`; nil when it is refused or incomplete.
func request(_ text: String) -> HTTPRequest? {
  var parser = HTTPRequestParser(limits: Limits())
  guard case .request(let request, _) = parser.parse(bytes(text).span) else { return nil }
  return request
}

/// The head of a request with these field lines.
func requestHead(_ lines: String..., start: String = "GET / HTTP/1.1") -> HTTPRequestHead? {
  request(([start, "Host: example"] + lines).joined(separator: "\r\n") + "\r\n\r\n")?.head
}

// MARK: WebSocket

enum ClientFrame {
  /// A masked frame as a client writes it. `length` states another length form than the shortest one:
  /// 7, 16 or 64 bits.
  static func bytes(
    _ opcode: UInt8, _ payload: [UInt8], fin: Bool = true, mask: [UInt8] = [0x37, 0xFA, 0x21, 0x3D],
    lengthBits: Int? = nil, reserved: UInt8 = 0
  ) -> [UInt8] {
    var frame = [(fin ? 0x80 : 0) | reserved << 4 | opcode]
    let bits = lengthBits ?? (payload.count < 126 ? 7 : payload.count < 65_536 ? 16 : 64)
    switch bits {
    case 7: frame.append(0x80 | UInt8(payload.count))
    case 16: frame += [0x80 | 126] + bigEndian(payload.count, 2)
    default: frame += [0x80 | 127] + bigEndian(payload.count, 8)
    }
    frame += mask
    for (index, byte) in payload.enumerated() { frame.append(byte ^ mask[index % 4]) }
    return frame
  }

  static func bigEndian(_ number: Int, _ count: Int) -> [UInt8] {
    (0..<count).reversed().map { UInt8(truncatingIfNeeded: number >> ($0 * 8)) }
  }
}

enum WebSocketOutcome: Equatable {
  case event(WebSocketEvent)
  case failure(CloseCode, String)
}

/// Feeds `input` cut into pieces until the end or a failure.
func messages(
  in input: [UInt8], cut: Cut = .whole, maximumMessage: Int = 1 << 20, acceptsBinary: Bool = true
) -> (outcomes: [WebSocketOutcome], decoder: WebSocketDecoder) {
  var decoder = WebSocketDecoder(maximumMessage: maximumMessage, acceptsBinary: acceptsBinary)
  var outcomes: [WebSocketOutcome] = []
  for range in cut.ranges(of: input.count) {
    var start = range.lowerBound
    feeding: while true {
      switch decoder.decode(input.span.extracting(start..<range.upperBound)) {
      case .needsMore: break feeding
      case .event(let event, let consumed):
        outcomes.append(.event(event))
        start += consumed
      case .failure(let code, let reason):
        outcomes.append(.failure(code, reason))
        return (outcomes, decoder)
      }
    }
  }
  return (outcomes, decoder)
}

extension WebSocketDecoder {
  /// `decode` of an array: a span cannot stand in an expectation.
  mutating func decode(all bytes: [UInt8]) -> Step { decode(bytes.span) }
}
