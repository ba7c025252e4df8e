import Testing

@testable import ControlPlane

@Suite("EntityTags")
struct EntityTagsTests {
  private let tag = EventTag(version: 3, seq: 17)

  private func parse(_ text: String) -> EntityTags? { EntityTags.parse(Array(text.utf8)[...]) }

  private func request(_ values: String...) -> Request {
    Request(
      method: "GET", path: "/", fields: values.map { .init(name: "if-match", value: $0) },
      ticket: ReplyTicket(high: 0, low: 0))
  }

  @Test("An event's tag is strong and quoted")
  func field() {
    #expect(tag.field == "\"3.17\"")
  }

  @Test("Reads lists, weak tags, odd spaces and commas inside of quotes")
  func lists() {
    #expect(parse("*") == .any)
    #expect(parse("\"3.17\"") == .listed([.init(isWeak: false, text: "3.17")]))
    #expect(
      parse(" , \"a,b\" ,\tW/\"c\",,\"\" ")
        == .listed([
          .init(isWeak: false, text: "a,b"), .init(isWeak: true, text: "c"), .init(isWeak: false, text: ""),
        ]))
  }

  @Test(
    "Refuses what is not a list of tags",
    arguments: ["", " ", ",", "3.17", "\"a", "a\"", "w/\"a\"", "\"a\" \"b\"", "*, \"a\"", "\"a b\"", "W/a"])
  func malformed(text: String) {
    #expect(parse(text) == nil)
    let problem = #expect(throws: Problem.self) { try EntityTags("if-match", of: request(text)) }
    #expect(problem?.type == .invalidHeader)
  }

  @Test("Several fields are one list, and none is no condition")
  func fields() throws {
    #expect(try EntityTags("if-match", of: request()) == nil)
    let tags = try #require(try EntityTags("if-match", of: request("\"1.1\"", "\"3.17\"")))
    #expect(tags.strong == [EventTag(version: 1, seq: 1), tag])
  }

  @Test("If-None-Match overlooks weakness, If-Match does not")
  func comparison() throws {
    let weak = try #require(parse("W/\"3.17\""))
    #expect(weak.matchesWeakly(tag))
    #expect(weak.strong == [])
    #expect(try #require(parse("\"3.18\"")).matchesWeakly(tag) == false)
    #expect(EntityTags.any.matchesWeakly(tag))
    #expect(EntityTags.any.strong == nil)
    #expect(try #require(parse("\"foreign\"")).strong == [])
  }
}
