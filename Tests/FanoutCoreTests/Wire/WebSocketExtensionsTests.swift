import Testing

@testable import FanoutCore

@Suite("WebSocket extensions")
struct WebSocketExtensionsTests {
  private func offers(_ fields: String...) throws -> [ExtensionOffer]? {
    let lines = fields.map { "Sec-WebSocket-Extensions: \($0)" }.joined(separator: "\r\n")
    let head = try #require(request("GET / HTTP/1.1\r\nHost: a\r\n\(lines)\r\n\r\n")).head
    return ExtensionOffer.read(head)
  }

  private func offer(_ name: String, _ parameters: (String, String?)...) -> ExtensionOffer {
    ExtensionOffer(name: name, parameters: parameters.map { .init(name: $0.0, value: $0.1) })
  }

  @Test("Offers of all fields come in order, with their parameters (RFC 6455, section 9.1)")
  func reads() throws {
    #expect(try offers("foo") == [offer("foo")])
    #expect(
      try offers("foo; a; b=1, bar", "baz;c = \"x\\y\"")
        == [offer("foo", ("a", nil), ("b", "1")), offer("bar"), offer("baz", ("c", "xy"))])
    #expect(try offers(" , foo ,, bar,") == [offer("foo"), offer("bar")])
    #expect(try offers("foo\t;\ta=\"1\"\t") == [offer("foo", ("a", "1"))])
    #expect(try offers("") == [])
    #expect(ExtensionOffer.read(try #require(requestHead("Foo: bar"))) == [])
  }

  @Test("What is no list of extensions is known as such")
  func malformed() throws {
    for field in [
      "foo bar", "foo;", "foo; =1", "foo; a=", "foo; a=\"", "foo; a=\"x", "foo; a=\"\"", "foo; a=\"x y\"",
      "foo; a=\"x\\", "foo; a=1 2", ";foo", "=", "foo, ;", "f\"oo\"", "foo; a=\"1,2\"", "foo/bar",
      "foo; a==1",
    ] {
      #expect(try offers(field) == nil, "\(field)")
      #expect(try offers("good", field) == nil, "\(field)")
    }
  }
}
