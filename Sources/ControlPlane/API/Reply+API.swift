// The shapes of answers. Each carries the fields that every answer of this API has, so that none can be
// forgotten. Pure; any thread.

extension Reply {
  /// What an answer carries and whether it may be kept: all answers of one kind have the same first fields.
  enum Kind: Int, CaseIterable {
    case json, cacheableJSON, problem, eventStream, csv, jsonLines, text
    case empty, cacheableEmpty

    fileprivate var contentType: String? {
      switch self {
      case .json, .cacheableJSON: "application/json"
      case .problem: "application/problem+json"
      case .eventStream: "text/event-stream"
      case .csv: "text/csv; charset=utf-8; header=present"
      case .jsonLines: "application/jsonl"
      case .text: "text/plain; charset=utf-8"
      case .empty, .cacheableEmpty: nil
      }
    }

    /// Nothing is kept unless it is said; what may be kept is asked for again each time.
    fileprivate var caching: String {
      switch self {
      case .cacheableJSON, .cacheableEmpty: "no-cache"
      case .json, .problem, .eventStream, .csv, .jsonLines, .text, .empty: "no-store"
      }
    }
  }

  /// The lines of each kind, made once.
  private static let commonLines = Kind.allCases.map { kind in
    var lines = FieldLines()
    if let contentType = kind.contentType { lines.append("content-type", contentType) }
    lines.append("cache-control", kind.caching)
    // Nothing here is a page: it loads nothing, and nobody may frame it.
    lines.append("content-security-policy", "default-src 'none'; frame-ancestors 'none'")
    return lines
  }

  /// Bytes of the fields that are added later, of limits (UserRateFields) and `location`, so that the lines are not copied
  /// once more for them.
  private static let roomForMore = 200

  /// An answer with the fields of its kind and then `fields`.
  static func common(status: Int, _ kind: Kind, fields: FieldLines = [], body: [UInt8] = []) -> Reply {
    Reply(
      status: status, fieldLines: FieldLines(commonLines[kind.rawValue], fields, room: roomForMore),
      body: body)
  }

  static func json(
    _ value: some JSONWritable, status: Int = 200, _ kind: Kind = .json, fields: FieldLines = []
  ) -> Reply {
    var writer = JSONWriter()
    value.write(to: &writer)
    return common(status: status, kind, fields: fields, body: writer.bytes)
  }

  /// - Parameter body: finished JSON.
  static func json(_ body: [UInt8], status: Int = 200, fields: FieldLines = []) -> Reply {
    common(status: status, .json, fields: fields, body: body)
  }

  /// 204.
  static func noContent(fields: FieldLines = []) -> Reply { common(status: 204, .empty, fields: fields) }

  /// 304 with the fields that a 200 would have had (RFC 9110, section 15.4.5).
  static func notModified(fields: FieldLines) -> Reply {
    common(status: 304, .cacheableEmpty, fields: fields)
  }
}
