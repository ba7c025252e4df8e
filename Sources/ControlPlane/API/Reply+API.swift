// The shapes of answers. Each carries the fields that every answer of this API has, so that none can be
// forgotten. Pure; any thread.

extension Reply {
  /// Nothing here is a page: nothing may be framed, sniffed, or loaded from it.
  private static let securityFields: [Request.Field] = [
    .init(name: "x-content-type-options", value: "nosniff"),
    .init(name: "referrer-policy", value: "no-referrer"),
    .init(name: "content-security-policy", value: "default-src 'none'; frame-ancestors 'none'"),
    .init(name: "cross-origin-resource-policy", value: "same-origin"),
  ]

  /// `caching`: what may be kept; nothing unless it is said.
  static func common(
    status: Int, contentType: String?, caching: String = "no-store", fields: [Request.Field] = [],
    body: [UInt8] = []
  ) -> Reply {
    var all = contentType.map { [Request.Field(name: "content-type", value: $0)] } ?? []
    all.append(.init(name: "cache-control", value: caching))
    return Reply(status: status, fields: all + fields + securityFields, body: body)
  }

  static func json(
    _ value: some JSONWritable, status: Int = 200, caching: String = "no-store",
    fields: [Request.Field] = []
  ) -> Reply {
    var writer = JSONWriter()
    value.write(to: &writer)
    return common(
      status: status, contentType: "application/json", caching: caching, fields: fields, body: writer.bytes)
  }

  /// 204.
  static func noContent(fields: [Request.Field] = []) -> Reply {
    common(status: 204, contentType: nil, fields: fields)
  }

  /// 304 with the fields that a 200 would have had (RFC 9110, section 15.4.5).
  static func notModified(caching: String, fields: [Request.Field]) -> Reply {
    common(status: 304, contentType: nil, caching: caching, fields: fields)
  }
}
