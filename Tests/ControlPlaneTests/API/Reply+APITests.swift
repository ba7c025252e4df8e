import Testing

@testable import ControlPlane

@Suite("Reply+API")
struct ReplyAPITests {
  @Test("Every shape of answer says that it may not be framed and whether it may be kept, each once")
  func securityFields() {
    let replies = [
      Reply.noContent(), Reply.json(JSONText()), Reply.notModified(fields: []),
      Problem(.notFound, "x").reply, Reply.common(status: 200, .empty),
    ]
    for reply in replies {
      for name in ["content-security-policy", "cache-control"] {
        #expect(reply.fields.filter { $0.name == name }.count == 1, "\(name)")
      }
    }
  }

  @Test("Nothing may be kept unless it is said")
  func caching() {
    #expect(Reply.json(JSONText()).fields.contains(.init(name: "cache-control", value: "no-store")))
    #expect(
      Reply.json(JSONText(), .cacheableJSON).fields
        .contains(.init(name: "cache-control", value: "no-cache")))
  }

  @Test("JSON has its type and its body, 204 and 304 have neither")
  func bodies() {
    let json = Reply.json(JSONText(), status: 201)
    #expect(json.status == 201 && json.body == Array("{}".utf8))
    #expect(json.fields.contains(.init(name: "content-type", value: "application/json")))
    for reply in [Reply.noContent(), Reply.notModified(fields: [])] {
      #expect(reply.body.isEmpty && !reply.fields.contains { $0.name == "content-type" })
    }
  }

  private struct JSONText: JSONWritable {
    func write(to writer: inout JSONWriter) { writer.object { _ in } }
  }
}
