import Testing

@testable import seatcast

@Suite("Web origins")
struct WebOriginTests {
  @Test(
    "An origin and the host that served it belong together",
    arguments: [
      ("http://127.0.0.1:3000", "127.0.0.1:3000"), ("http://example.org", "example.org"),
      ("http://example.org", "example.org:80"), ("https://example.org", "example.org"),
      ("https://example.org", "Example.ORG:443"), ("HTTP://EXAMPLE.org:80", "example.org"),
      ("http://[::1]:3000", "[::1]:3000"), ("http://[::1]", "[::1]"),
    ])
  func sameHost(origin: String, host: String) throws {
    #expect(try #require(WebOrigin(origin)).isServed(by: host))
  }

  @Test(
    "Another host or port is somebody else's",
    arguments: [
      ("http://127.0.0.1:3000", "127.0.0.1:3001"), ("http://localhost:3000", "127.0.0.1:3000"),
      ("http://example.org", "example.org.evil.example"), ("http://evil.example", "example.org"),
      ("http://example.org", "example.org:443"), ("http://example.org", ""),
      ("http://example.org", "exa mple.org"),
      ("http://example.org:81", "example.org"), ("http://[::1]:3000", "[::2]:3000"),
    ])
  func otherHost(origin: String, host: String) throws {
    #expect(try !#require(WebOrigin(origin)).isServed(by: host))
  }

  @Test(
    "What is no origin is nil",
    arguments: [
      "", "null", "example.org", "ftp://example.org", "http://", "http://a.example/", "http://a.example/path",
      "http://user@a.example", "http://a.example:", "http://a.example:65536", "http://a.example:+80",
      "http://a b.example", "http://a.example?x", "https//a.example", "*",
    ])
  func refused(text: String) {
    #expect(WebOrigin(text) == nil)
  }

  @Test("Origins compare without case and default port, but with the scheme")
  func comparison() {
    #expect(WebOrigin("https://A.example:443") == WebOrigin("https://a.example"))
    #expect(WebOrigin("http://a.example") != WebOrigin("https://a.example"))
    #expect(WebOrigin("http://a.example:443") != WebOrigin("https://a.example:443"))
  }
}
