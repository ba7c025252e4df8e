import FoundationEssentials
import Testing

@testable import ControlPlane

@Suite("Problem")
struct ProblemTests {
  private struct Document: Decodable {
    struct FieldError: Decodable, Equatable {
      var pointer: String
      var detail: String
    }
    var type: String
    var title: String
    var status: Int
    var detail: String
    var available: Int?
    var errors: [FieldError]?
  }

  @Test("A reply is a problem document with every standard member", arguments: ProblemType.allCases)
  func documents(type: ProblemType) throws {
    let reply = Problem(type, "Words with \"quotes\".").reply
    let document = try JSONDecoder().decode(Document.self, from: Data(reply.body))
    #expect(document.type == "urn:seatcast:problem:\(type.rawValue)")
    #expect(document.title == type.title)
    #expect(document.status == reply.status && reply.status == type.status)
    #expect(document.detail == "Words with \"quotes\".")
    #expect(document.errors == nil)
    #expect(reply.fields.contains(.init(name: "content-type", value: "application/problem+json")))
    #expect(reply.fields.contains(.init(name: "cache-control", value: "no-store")))
  }

  @Test("Extension members and errors stand beside the standard ones")
  func extensions() throws {
    let problem = Problem(
      .soldOut, "x", members: [.init("available", .integer(3))],
      errors: [.init(pointer: .root.appending("a/b"), detail: "d")],
      fields: [.init(name: "retry-after", value: "1")])
    let document = try JSONDecoder().decode(Document.self, from: Data(problem.reply.body))
    #expect(document.available == 3)
    #expect(document.errors == [.init(pointer: "/a~1b", detail: "d")])
    #expect(problem.reply.fields.contains(.init(name: "retry-after", value: "1")))
  }

  @Test("Statuses are client or server errors, and names are words joined by hyphens")
  func table() {
    for type in ProblemType.allCases {
      #expect((400..<600).contains(type.status))
      #expect(type.rawValue.allSatisfy { $0 == "-" || ("a"..."z").contains($0) })
    }
    #expect(Set(ProblemType.allCases.map(\.title)).count == ProblemType.allCases.count)
  }
}
