// Paths and queries (RFC 3986), decoded once and strictly: a broken escape is an error, not text. Pure.

enum PercentEncoding {
  /// Nil when an escape is broken or the result is not UTF-8.
  static func decode(_ text: some StringProtocol, plusIsSpace: Bool = false) -> String? {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(text.utf8.count)
    var rest = text.utf8.makeIterator()
    while let byte = rest.next() {
      switch byte {
      case UInt8(ascii: "%"):
        guard let high = rest.next().flatMap(digit), let low = rest.next().flatMap(digit) else { return nil }
        bytes.append(high << 4 | low)
      case UInt8(ascii: "+") where plusIsSpace: bytes.append(UInt8(ascii: " "))
      default: bytes.append(byte)
      }
    }
    return String(validating: bytes, as: UTF8.self)
  }

  private static func digit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
    default: nil
    }
  }
}

/// The parameters of a query, `name=value` joined by `&` (the form encoding of the WHATWG URL standard).
struct Query {
  private var values: [String: [String]] = [:]

  /// Nil when an escape is broken.
  init?(_ text: String?) {
    for pair in (text ?? "").split(separator: "&") {
      let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard let name = PercentEncoding.decode(parts[0], plusIsSpace: true),
        let value = PercentEncoding.decode(parts.count > 1 ? parts[1] : "", plusIsSpace: true)
      else { return nil }
      values[name, default: []].append(value)
    }
  }

  /// The value of a parameter; nil when it is absent. Fails when it stands twice.
  func value(_ name: String) throws(Problem) -> String? {
    guard let all = values[name] else { return nil }
    guard all.count == 1 else { throw Self.invalid(name, "must stand once") }
    return all.first
  }

  /// A whole number within `range`; nil when the parameter is absent.
  func number(_ name: String, in range: ClosedRange<UInt64>) throws(Problem) -> UInt64? {
    guard let text = try value(name) else { return nil }
    guard let number = Decimal.parse(text.utf8), range.contains(number) else {
      throw Self.invalid(name, "must be a whole number from \(range.lowerBound) to \(range.upperBound)")
    }
    return number
  }

  static func invalid(_ name: String, _ detail: String) -> Problem {
    Problem(.invalidParameter, "\(name) \(detail).", members: [.init("parameter", .text(name))])
  }
}

/// A path of the routes table: literal segments, of which at most one is `{id}`.
struct PathPattern: Sendable {
  let text: String
  private let segments: [String]

  init(_ text: String) {
    self.text = text
    segments = text.split(separator: "/", omittingEmptySubsequences: false).dropFirst().map(String.init)
  }

  /// What stands at `{id}` (empty when the pattern has none); nil when the path is another one.
  func match(_ path: [String]) -> String? {
    guard path.count == segments.count else { return nil }
    var capture = ""
    for (segment, part) in zip(segments, path) {
      if segment == "{id}" {
        guard !part.isEmpty else { return nil }
        capture = part
      } else if segment != part {
        return nil
      }
    }
    return capture
  }
}
