// `/docs`: the API as a page for people, written from the same tables as `/openapi.json`. It needs no script and no other
// host; its looks are `/docs.css` of the executable. Made once, at start.

struct DocumentationPage {
  let version: String

  var document: [UInt8] {
    var page = Page()
    page.raw(
      """
      <!doctype html>
      <html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
      <title>seatcast API</title><link rel="stylesheet" href="/docs.css"></head><body>
      <header><h1>seatcast API</h1><p>
      """)
    page.text("Version \(version). \(OpenAPI.introduction)")
    page.raw(
      """
      </p><p>For programs: <a href="/openapi.json">openapi.json</a>,
      <a href="/asyncapi.json">asyncapi.json</a>.</p></header><nav><ul>
      """)
    for group in Operation.Group.allCases { page.link(group.rawValue) }
    page.link("Live messages")
    page.link("Schemas")
    page.raw("</ul></nav><main>\n")
    for group in Operation.Group.allCases { page.section(group) }
    page.messages()
    page.schemas()
    page.raw("</main></body></html>\n")
    return Array(page.html.utf8)
  }

  /// The text so far.
  private struct Page {
    var html = ""

    mutating func raw(_ html: String) { self.html += html }

    /// Everything that is not our own markup.
    mutating func text(_ text: String) {
      for character in text.unicodeScalars {
        switch character {
        case "&": html += "&amp;"
        case "<": html += "&lt;"
        case ">": html += "&gt;"
        case "\"": html += "&quot;"
        default: html.unicodeScalars.append(character)
        }
      }
    }

    mutating func element(_ name: String, _ text: String, _ attributes: String = "") {
      raw("<\(name)\(attributes)>")
      self.text(text)
      raw("</\(name)>\n")
    }

    mutating func link(_ title: String) {
      raw("<li><a href=\"#\(Self.anchor(title))\">")
      text(title)
      raw("</a></li>\n")
    }

    private static func anchor(_ title: String) -> String {
      title.lowercased().replacing(" ", with: "-")
    }

    mutating func heading(_ title: String) {
      element("h2", title, " id=\"\(Self.anchor(title))\"")
    }

    // MARK: Operations

    mutating func section(_ group: Operation.Group) {
      heading(group.rawValue)
      for operation in Operations.all where operation.group == group { write(operation) }
    }

    private mutating func write(_ operation: Operation) {
      raw("<article id=\"\(operation.id)\"><h3><code>")
      text("\(operation.method) \(operation.path)")
      raw("</code> ")
      text(operation.summary)
      raw("</h3>\n")
      element("p", [operation.details, "For \(operation.access.rawValue)."].joined(separator: " "))
      let parameters =
        (operation.pathParameter.map { [("path", $0)] } ?? []) + operation.query.map { ("query", $0) }
        + operation.requestFields.map { ("field", $0) }
      if !parameters.isEmpty {
        table(["parameter", "in", "meaning"], parameters.map { [$0.1.name, $0.0, $0.1.summary] })
      }
      if let body = operation.body { reference("Body: ", body.schema) }
      for success in operation.successes { write(success) }
      table(
        ["status", "problem"],
        operation.problems.map { status, types in
          [
            String(status),
            types.map { $0.replacing("urn:seatcast:problem:", with: "") }.joined(separator: ", "),
          ]
        })
      raw("</article>\n")
    }

    private mutating func write(_ success: Operation.Success) {
      switch success.content {
      case .json(let schema): reference("\(success.status): \(success.summary) ", schema)
      case .text(let type): element("p", "\(success.status): \(success.summary) \(type)")
      case .texts(let types):
        element("p", "\(success.status): \(success.summary) \(types.joined(separator: ", "))")
      case .none: element("p", "\(success.status): \(success.summary)")
      }
    }

    private mutating func reference(_ words: String, _ schema: String) {
      raw("<p>")
      text(words)
      raw("<a href=\"#schema-\(schema)\">")
      text(schema)
      raw("</a></p>\n")
    }

    private mutating func table(_ head: [String], _ rows: [[String]]) {
      raw("<table><thead><tr>")
      // A column without a name has no header, which would be one that says nothing.
      for cell in head { element(cell.isEmpty ? "td" : "th", cell) }
      raw("</tr></thead><tbody>\n")
      for row in rows {
        raw("<tr>")
        for cell in row { element("td", cell) }
        raw("</tr>")
      }
      raw("</tbody></table>\n")
    }

    // MARK: Messages and schemas

    mutating func messages() {
      heading("Live messages")
      element("p", "WebSocket at /ws and /ws/events/{eventId}; the server's also at /api/events/{id}/stream.")
      for message in Schemas.messages {
        raw("<article id=\"message-\(message.name)\"><h3><code>")
        text(message.type)
        raw("</code></h3>\n")
        element("p", "From the \(message.isFromClient ? "client" : "server"). \(message.summary)")
        members(message.json)
        raw("</article>\n")
      }
    }

    mutating func schemas() {
      heading("Schemas")
      for schema in Schemas.rest {
        raw("<article id=\"schema-\(schema.name)\">")
        element("h3", schema.name)
        members(schema.json)
        raw("</article>\n")
      }
    }

    /// The members of an object's schema, the required ones first.
    private mutating func members(_ schema: String) {
      guard let schema = try? StrictJSON.parse(Array(schema.utf8)).members,
        let properties = schema["properties"]?.members
      else { return }
      var required: Set<String> = []
      if case .array(let names) = schema["required"] { required = Set(names.compactMap(\.text)) }
      let names = properties.keys.sorted {
        (required.contains($0) ? 0 : 1, $0) < (required.contains($1) ? 0 : 1, $1)
      }
      table(
        ["member", "value", ""],
        names.map { name in
          [name, Self.kind(properties[name] ?? .null), required.contains(name) ? "always" : ""]
        })
    }

    /// What a member may be, in words.
    private static func kind(_ schema: JSONValue) -> String {
      let members = schema.members ?? [:]
      var words: [String] = []
      switch members["type"] {
      case .string(let type): words.append(type)
      case .array(let types): words.append(types.compactMap(\.text).joined(separator: " or "))
      default: break
      }
      if members["format"]?.text == "date-time" { words.append("(time)") }
      if let constant = members["const"]?.text { words.append("\"\(constant)\"") }
      if case .array(let values) = members["enum"] {
        words.append(values.map { $0.text ?? "null" }.joined(separator: ", "))
      }
      if let reference = members["$ref"]?.text {
        words.append(String(reference.split(separator: "/").last ?? ""))
      }
      if let least = members["minimum"]?.whole { words.append("from \(least)") }
      if let most = members["maximum"]?.whole { words.append("to \(most)") }
      if let note = members["description"]?.text { words.append("– \(note)") }
      return words.joined(separator: " ")
    }
  }
}
