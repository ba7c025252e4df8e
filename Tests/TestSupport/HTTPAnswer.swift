// One HTTP answer as it stood on the wire, and the incremental reading of it (RFC 9112), independent of
// the server's own parser.

/// Status, fields and body of one answer.
public struct HTTPAnswer: Sendable {
  public var status: Int
  public var reason: String
  /// In the order of the wire, names as the server spelled them.
  public var fields: [(name: String, value: String)]
  public var body: [UInt8] = []

  public init(status: Int, reason: String, fields: [(name: String, value: String)], body: [UInt8] = []) {
    (self.status, self.reason, self.fields, self.body) = (status, reason, fields, body)
  }

  /// The first field of that name, whatever its case.
  public func field(_ name: String) -> String? {
    fields.first { $0.name.lowercased() == name.lowercased() }?.value
  }

  public var text: String { String(decoding: body, as: UTF8.self) }

  /// The body as JSON; throws with the text when it is none.
  public func json() throws -> JSON { try JSON(parsing: body) }

  /// The last part of a problem document's `type` (RFC 9457): "sold-out" of ".../sold-out".
  public func problem() throws -> String {
    guard field("Content-Type")?.hasPrefix("application/problem+json") == true else {
      throw TestFailure("\(status) is no problem document: \(field("Content-Type") ?? "no type") \(text)")
    }
    guard let type = try json()["type"]?.string else { throw TestFailure("a problem without type: \(text)") }
    return String(type.split(whereSeparator: { $0 == "/" || $0 == ":" || $0 == "#" }).last ?? "")
  }
}

extension HTTPAnswer {
  /// Parses a head that ends before its empty line.
  init(head: [UInt8]) throws {
    guard let text = String(validating: head, as: UTF8.self) else { throw TestFailure("a head in bad UTF-8") }
    var lines = text.split(separator: "\r\n", omittingEmptySubsequences: false)
    guard !text.replacing("\r\n", with: "").contains(where: { $0 == "\r" || $0 == "\n" || $0 == "\r\n" })
    else {
      throw TestFailure("a bare CR or LF in a head: \(text.debugDescription)")
    }
    let statusLine = lines.removeFirst().split(separator: " ", maxSplits: 2, omittingEmptySubsequences: false)
    guard statusLine.count == 3, statusLine[0] == "HTTP/1.1", statusLine[1].count == 3,
      let status = Int(statusLine[1])
    else { throw TestFailure("no status line: \(text.prefix(200).debugDescription)") }
    let fields = try lines.map { line -> (name: String, value: String) in
      guard let colon = line.firstIndex(of: ":"), colon != line.startIndex else {
        throw TestFailure("no header field: \(line)")
      }
      let value = line[line.index(after: colon)...].drop { $0 == " " || $0 == "\t" }
      return (String(line[..<colon]), String(value))
    }
    self.init(status: status, reason: String(statusLine[2]), fields: fields)
  }

  /// The index behind the empty line that ends a head, or nil when it has not arrived.
  static func endOfHead(in bytes: [UInt8]) -> Int? {
    let end = Array("\r\n\r\n".utf8)
    guard bytes.count >= end.count else { return nil }
    for start in 0...(bytes.count - end.count) where bytes[start] == end[0] {
      if Array(bytes[start..<start + end.count]) == end { return start + end.count }
    }
    return nil
  }
}
