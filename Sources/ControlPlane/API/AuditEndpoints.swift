// The audit log over HTTP, for administrators: in pages as JSON, and for export as CSV or JSON lines, in larger pages
// that the same cursors link. Newest first, so that a page does not move while the log grows. Memory is bounded by the
// page.

struct AuditEndpoints: Sendable {
  let log: AuditLog

  private static let exportLimits: ClosedRange<UInt64> = 1...1_000

  /// `GET /api/audit?limit&cursor&q`
  func list(_ call: Call, _: Principal) throws(Problem) -> Reply? {
    let limit = try call.query.limit()
    if let search = try WordSearch(call.query) { return try list(call, limit, search) }
    let found = try read(call, limit)
    let page = Page(found, limit: limit, item: { $0 }) { .cursor(Self.cursor($0)) }
    return page.reply(path: "/api/audit", parameters: ["limit=\(limit)"])
  }

  private func list(_ call: Call, _ limit: Int, _ search: WordSearch) throws(Problem) -> Reply? {
    let before = try call.query.cursor(.audit).flatMap { Int64(exactly: $0) }
    let (found, last) = try call.read { reads throws(DomainError) in
      try search.find(
        limit: limit, after: before,
        { (before, most) throws(DomainError) in try reads.audit(before: before, limit: most) },
        place: \.id, texts: { [$0.action, $0.subject, $0.issuer, $0.address, $0.object, $0.detail] })
    }
    let page = Page(items: found, next: last.map { .cursor(Cursor.text(.audit, UInt64($0.magnitude))) })
    return page.reply(path: "/api/audit", parameters: ["limit=\(limit)", search.parameter])
  }

  /// `GET /api/audit/export?format&limit&cursor`: a page, and where to go on as `Link`.
  func export(_ call: Call, _ principal: Principal) throws(Problem) -> Reply? {
    let limit = try call.query.number("limit", in: Self.exportLimits).map { Int($0) } ?? 1_000
    let format = call.query.value("format") ?? "jsonl"
    guard let kind: Reply.Kind = ["csv": .csv, "jsonl": .jsonLines][format] else {
      throw Query.invalid("format", "must be csv or jsonl")
    }
    let found = try read(call, limit)
    var fields = FieldLines()
    if found.count > limit, let last = found.dropLast().last {
      fields.append(
        "link",
        "</api/audit/export?format=\(format)&limit=\(limit)&cursor=\(Self.cursor(last))>; rel=\"next\"")
    }
    if call.query.value("cursor") == nil {
      log.note(call.entry(.auditExport, principal, object: "/api/audit"))
    }
    let body = kind == .csv ? AuditText.csv(found.prefix(limit)) : AuditText.lines(found.prefix(limit))
    return .common(status: 200, kind, fields: fields, body: body)
  }

  private func read(_ call: Call, _ limit: Int) throws(Problem) -> [AuditRecord] {
    let before = try call.query.cursor(.audit).flatMap { Int64(exactly: $0) }
    return try call.read { reads throws(DomainError) in try reads.audit(before: before, limit: limit + 1) }
  }

  private static func cursor(_ record: AuditRecord) -> String {
    Cursor.text(.audit, UInt64(record.id.magnitude))
  }
}

extension Call {
  /// An entry of the audit log about this request.
  /// - Parameter detail: a JSON object without secrets; empty: none. Kept in one line: line breaks are never inside its
  ///   strings.
  func entry(
    _ action: AuditAction, _ principal: Principal, object: String?, detail: [UInt8] = []
  ) -> AuditEntry {
    let isKept = detail.count <= AuditEntry.detailBytes
    let line = detail.map { $0 < UInt8(ascii: " ") ? UInt8(ascii: " ") : $0 }
    let kept = isKept ? String(decoding: line, as: UTF8.self) : #"{"omitted":true}"#
    return AuditEntry(
      actor: .identity(principal.identity), address: request.client, action: action, object: object,
      detail: detail.isEmpty ? nil : kept)
  }

  /// A change of a booking, with an entry of the audit log when it is by an administrator or a service.
  func audited(
    _ action: AuditAction, _ caller: Caller, _ actor: BookingActor, _ command: LedgerCommand
  ) -> LedgerCommand {
    guard actor.role == .admin || actor.isService else { return command }
    let object = "/api/bookings/" + String(decoding: capture.prefix(16), as: UTF8.self)
    var entry = entry(action, caller.principal, object: object)
    if let service = caller.service { entry.actor = .service(service) }
    return .audited(entry, command)
  }
}

extension AuditRecord: JSONWritable {
  func write(to writer: inout JSONWriter) {
    writer.object { writer in
      writer.member("id", id)
      writer.member("at", at)
      writer.member("issuer", orNull: issuer)
      writer.member("subject", orNull: subject)
      writer.member("address", orNull: address)
      writer.member("action", action)
      writer.member("object", orNull: object)
      writer.name("detail")
      if let detail { writer.verbatim { $0 += detail.utf8 } } else { writer.null() }
    }
  }
}

enum AuditText {
  /// One JSON object per line.
  static func lines(_ records: some Sequence<AuditRecord>) -> [UInt8] {
    var text: [UInt8] = []
    for record in records {
      var writer = JSONWriter()
      record.write(to: &writer)
      text += writer.bytes
      text.append(UInt8(ascii: "\n"))
    }
    return text
  }

  /// RFC 4180, with names in the first line. Every page has them.
  static func csv(_ records: some Sequence<AuditRecord>) -> [UInt8] {
    var text = Array("id,at,issuer,subject,address,action,object,detail\r\n".utf8)
    for record in records {
      let values = [
        String(record.id), Timestamps.text(record.at), record.issuer, record.subject, record.address,
        record.action, record.object, record.detail,
      ]
      for (column, value) in values.enumerated() {
        if column > 0 { text.append(UInt8(ascii: ",")) }
        append(value ?? "", to: &text)
      }
      text += [UInt8(ascii: "\r"), UInt8(ascii: "\n")]
    }
    return text
  }

  /// In quotes where it must be. Spreadsheets take a text that begins with one of these for a formula; it gets an
  /// apostrophe, which they do not show. By bytes: a quote and a combining mark behind it are one Character.
  private static func append(_ value: String, to text: inout [UInt8]) {
    let (bytes, quote) = (value.utf8, UInt8(ascii: "\""))
    let isFormula = bytes.first.map { "=+-@\t\r".utf8.contains($0) } ?? false
    let isQuoted = bytes.contains { "\",\r\n".utf8.contains($0) }
    if isQuoted { text.append(quote) }
    if isFormula { text.append(UInt8(ascii: "'")) }
    for byte in bytes {
      if byte == quote { text.append(quote) }
      text.append(byte)
    }
    if isQuoted { text.append(quote) }
  }
}
