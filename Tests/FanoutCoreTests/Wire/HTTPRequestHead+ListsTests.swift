import Testing

@testable import FanoutCore

@Suite("HTTP lists and keep-alive")
struct HTTPRequestHeadListsTests {
  @Test("Items are split at commas over all fields of a name, without blanks and empty items")
  func items() throws {
    let head = try #require(requestHead("List: a, b ,,\tc", "list:", "LIST: d"))
    #expect(head.listItems("list") == ["a", "b", "c", "d"])
    #expect(head.listItems("other").isEmpty)
  }

  @Test("An item matches as a whole and whatever its case")
  func contains() throws {
    let head = try #require(requestHead("Connection: keep-alive, Upgrade"))
    #expect(head.listContains("connection", "upgrade"))
    #expect(head.listContains("connection", "KEEP-ALIVE"))
    #expect(!head.listContains("connection", "keep"))
    #expect(!head.listContains("upgrade", "upgrade"))
  }

  @Test("HTTP/1.1 stays open unless told to close, HTTP/1.0 closes unless told to stay")
  func keepAlive() throws {
    func wants(_ version: String, _ fields: String) throws -> Bool {
      try #require(request("GET / HTTP/\(version)\r\nHost: a\r\n\(fields)\r\n")).head.wantsKeepAlive
    }
    #expect(try wants("1.1", ""))
    #expect(try wants("1.1", "Connection: upgrade\r\n"))
    #expect(try !wants("1.1", "Connection: Close\r\n"))
    #expect(try !wants("1.1", "Connection: keep-alive\r\nConnection: close\r\n"))
    #expect(try !wants("1.0", ""))
    #expect(try wants("1.0", "Connection: Keep-Alive\r\n"))
    #expect(try !wants("1.0", "Connection: keep-alive, close\r\n"))
  }
}
