import Testing

@testable import ControlPlane

@Suite("Documentation page")
struct DocumentationPageTests {
  private let page = String(decoding: DocumentationPage(version: "1.2.3").document, as: UTF8.self)

  @Test("It tells every operation, schema and message")
  func whole() {
    for operation in Operations.all {
      #expect(page.contains("<article id=\"\(operation.id)\">"))
      #expect(page.contains("<code>\(operation.method) \(operation.path)</code>"))
    }
    for schema in Schemas.rest { #expect(page.contains("<article id=\"schema-\(schema.name)\">")) }
    for message in Schemas.messages { #expect(page.contains("<article id=\"message-\(message.name)\">")) }
    #expect(page.contains("Version 1.2.3") && page.contains("<th>") && !page.contains("<th></th>"))
  }

  @Test("It needs no script, no inline style and no other host, and its links lead somewhere")
  func alone() {
    for word in ["<script", "style=", "<style", "http://", "https://", "javascript:"] {
      #expect(!page.contains(word), "\(word)")
    }
    for part in page.split(separator: "href=\"#").dropFirst() {
      let anchor = part.prefix { $0 != "\"" }
      #expect(page.contains("id=\"\(anchor)\""), "\(anchor)")
    }
  }
}
