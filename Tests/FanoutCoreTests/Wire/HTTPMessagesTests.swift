import Testing

@testable import FanoutCore

@Suite("HTTP messages")
struct HTTPMessagesTests {
  @Test("A target is a path and what follows the first question mark")
  func target() throws {
    let cases: [(String, String, String?)] = [
      ("/a/b", "/a/b", nil), ("/a?", "/a", ""), ("/a?b=c?d", "/a", "b=c?d"), ("/?", "/", ""),
      ("/%2F?x=%20", "/%2F", "x=%20"),
    ]
    for (target, path, query) in cases {
      let head = try #require(requestHead(start: "GET \(target) HTTP/1.1"))
      #expect(head.target == target && head.path == path && head.query == query)
    }
  }

  @Test("Names are found whatever their case; absent ones are nil and empty")
  func lookup() throws {
    let head = try #require(requestHead("X-Name: 1", "x-nAME: 2"))
    #expect(head.first("x-name") == "1")
    #expect(head.all("X-NAME") == ["1", "2"])
    #expect(head.first("x-nam") == nil && head.all("y").isEmpty)
  }

  @Test("Only letters have a lower case")
  func lowercase() {
    #expect((0...255).filter { asciiLowercased($0) != $0 } == Array(65...90))
    #expect(asciiLowercased(UInt8(ascii: "Z")) == UInt8(ascii: "z"))
  }
}
