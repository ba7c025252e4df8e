// Paths and queries (RFC 3986), read strictly: a broken escape is an error, not text, and no parameter stands twice.
// The one parser of queries, for REST, event streams and upgrades. Pure; any thread.

enum PercentEncoding {
  /// Nil when an escape is broken or the result is not UTF-8.
  static func decode(_ text: some Collection<UInt8>, plusIsSpace: Bool = false) -> String? {
    decodedBytes(text, plusIsSpace: plusIsSpace).flatMap { String(validating: $0, as: UTF8.self) }
  }

  /// Every byte but the unreserved ones (RFC 3986, section 2.3) as an escape.
  static func encode(_ text: String) -> String {
    let bytes = text.utf8.flatMap { byte -> [UInt8] in
      let isLetter = (byte | 0x20) >= UInt8(ascii: "a") && (byte | 0x20) <= UInt8(ascii: "z")
      let isPlain = isLetter || byte.isDigit || "-._~".utf8.contains(byte)
      return isPlain ? [byte] : [UInt8(ascii: "%")] + Array(hex([byte]).utf8)
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Nil when an escape is broken.
  static func decodedBytes(_ text: some Collection<UInt8>, plusIsSpace: Bool = false) -> [UInt8]? {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(text.count)
    var rest = text.makeIterator()
    while let byte = rest.next() {
      switch byte {
      case UInt8(ascii: "%"):
        guard let high = rest.next()?.hexDigit, let low = rest.next()?.hexDigit else { return nil }
        bytes.append(high << 4 | low)
      case UInt8(ascii: "+") where plusIsSpace: bytes.append(UInt8(ascii: " "))
      default: bytes.append(byte)
      }
    }
    return bytes
  }
}

/// Why a query cannot be read. Nothing of a value is ever told.
public enum QueryFailure: Error, Sendable, Equatable {
  /// An escape is broken, or what is escaped is not UTF-8.
  case brokenEscape
  case repeated(name: String)
}

/// The parameters of a query, `name=value` joined by `&` (the form encoding of the WHATWG URL standard).
public struct Query: Sendable {
  private var values: [String: String] = [:]

  /// No parameters.
  init() {}

  /// - Parameter text: percent-encoded, without the `?`.
  public init(_ text: ArraySlice<UInt8>) throws(QueryFailure) {
    for pair in text.split(separator: UInt8(ascii: "&")) {
      let parts = pair.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
      guard let name = PercentEncoding.decode(parts[0], plusIsSpace: true),
        let value = PercentEncoding.decode(parts.count > 1 ? parts[1] : [], plusIsSpace: true)
      else { throw .brokenEscape }
      guard values.updateValue(value, forKey: name) == nil else { throw .repeated(name: name) }
    }
  }

  /// The value of a parameter; nil when it is absent.
  public func value(_ name: String) -> String? { values[name] }

  /// A whole number within `range`, in its one canonical form; nil when the parameter is absent.
  func number(_ name: String, in range: ClosedRange<UInt64>) throws(Problem) -> UInt64? {
    guard let text = value(name) else { return nil }
    guard let number = Decimal.parse(text.utf8), range.contains(number) else {
      throw Self.invalid(name, "must be a whole number from \(range.lowerBound) to \(range.upperBound)")
    }
    return number
  }

  static func invalid(_ name: String, _ detail: String) -> Problem {
    Problem(.invalidParameter, "\(name) \(detail).", members: [.init("parameter", .text(name))])
  }
}

extension Problem {
  init(_ failure: QueryFailure) {
    switch failure {
    case .brokenEscape: self.init(.invalidParameter, "The query has a broken percent escape.")
    case .repeated(let name) where name.utf8.count <= 64: self = Query.invalid(name, "must be given once")
    case .repeated: self.init(.invalidParameter, "A query parameter must be given once.")
    }
  }
}

/// A path of the routes table: literal segments, of which at most one is `{id}`.
struct PathPattern: Sendable {
  let text: String
  /// With the slash before each; nil for `{id}`.
  private let segments: [[UInt8]?]
  /// What stands before `{id}`, and behind it; the whole pattern, and nil, when it has none.
  private let before: [UInt8]
  private let behind: [UInt8]?

  init(_ text: String) {
    self.text = text
    let parts = text.split(separator: "{id}", maxSplits: 1, omittingEmptySubsequences: false)
    before = Array(parts[0].utf8)
    behind = parts.count > 1 ? Array(parts[1].utf8) : nil
    segments = text.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false).dropFirst()
      .map { $0.elementsEqual("{id}".utf8) ? nil : Array($0) }
  }

  /// What stands at `{id}`, still encoded (empty when the pattern has none); nil when the path is another one.
  /// - Parameters:
  ///   - path: a range of `bytes` whose escapes are whole.
  ///   - isPlain: whether it has no escapes, as nearly every path.
  func match(_ bytes: [UInt8], _ path: Range<Int>, isPlain: Bool = false) -> Range<Int>? {
    isPlain ? matchPlain(bytes, path) : matchEscaped(bytes, path)
  }

  private func matchPlain(_ bytes: [UInt8], _ path: Range<Int>) -> Range<Int>? {
    guard let behind else {
      guard path.count == before.count, Self.has(before, bytes, at: path.lowerBound) else { return nil }
      return path.lowerBound..<path.lowerBound
    }
    guard path.count > before.count + behind.count else { return nil }
    let capture = path.lowerBound + before.count..<path.upperBound - behind.count
    guard Self.has(before, bytes, at: path.lowerBound), Self.has(behind, bytes, at: capture.upperBound),
      !bytes[capture].contains(UInt8(ascii: "/"))
    else { return nil }
    return capture
  }

  /// Whether `text` stands at `start`; as many bytes are there.
  private static func has(_ text: [UInt8], _ bytes: [UInt8], at start: Int) -> Bool {
    let (own, other) = (bytes.span.extracting(start..<start + text.count), text.span)
    for index in own.indices where own[index] != other[index] { return false }
    return true
  }

  private func matchEscaped(_ bytes: [UInt8], _ path: Range<Int>) -> Range<Int>? {
    var (index, capture) = (path.lowerBound, path.lowerBound..<path.lowerBound)
    for segment in segments {
      guard index < path.upperBound, bytes[index] == UInt8(ascii: "/") else { return nil }
      index += 1
      let start = index
      if let segment {
        guard Self.take(segment, bytes, &index, path.upperBound) else { return nil }
      } else {
        while index < path.upperBound, bytes[index] != UInt8(ascii: "/") { index += 1 }
        guard index > start else { return nil }
        capture = start..<index
      }
    }
    return index == path.upperBound ? capture : nil
  }

  /// Moves `index` behind `segment`, of which any byte may be escaped; false: something else stands there.
  private static func take(_ segment: [UInt8], _ bytes: [UInt8], _ index: inout Int, _ end: Int) -> Bool {
    for expected in segment {
      guard index < end else { return false }
      if bytes[index] == expected, expected != UInt8(ascii: "%") {
        index += 1
      } else {
        guard bytes[index] == UInt8(ascii: "%"), index + 2 < end, let high = bytes[index + 1].hexDigit,
          let low = bytes[index + 2].hexDigit, high << 4 | low == expected
        else { return false }
        index += 3
      }
    }
    return true
  }

  /// Whether every escape of a path is whole and every segment is UTF-8 when it is decoded.
  static func isWellFormed(_ bytes: [UInt8], _ path: Range<Int>) -> Bool {
    guard bytes[path].contains(UInt8(ascii: "%")) else { return true }
    return bytes[path].split(separator: UInt8(ascii: "/")).allSatisfy { PercentEncoding.decode($0) != nil }
  }
}
