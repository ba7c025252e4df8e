import Testing

@testable import ControlPlane

@Suite("JSONValue")
struct JSONValueTests {
  @Test("A whole number is one also when it is written with a fraction of zero")
  func whole() {
    #expect(JSONValue.integer(7).whole == 7)
    #expect(JSONValue.number(7.0).whole == 7)
    #expect(JSONValue.number(7.5).whole == nil)
    #expect(JSONValue.number(1e300).whole == nil)
    #expect(JSONValue.string("7").whole == nil)
  }

  @Test("Accessors answer only for their own kind")
  func accessors() {
    #expect(JSONValue.string("a").text == "a")
    #expect(JSONValue.integer(1).text == nil)
    #expect(JSONValue.object(["a": .null]).members == ["a": .null])
    #expect(JSONValue.array([]).members == nil)
  }

  @Test("Pointers escape tilde and slash (RFC 6901)")
  func pointers() {
    #expect(JSONPointer.root.text.isEmpty)
    #expect(JSONPointer.root.appending("a/b").appending("m~n").appending("3").text == "/a~1b/m~0n/3")
  }
}
