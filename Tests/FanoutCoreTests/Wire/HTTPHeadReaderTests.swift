import Testing

@testable import FanoutCore

@Suite("HTTP head reader")
struct HTTPHeadReaderTests {
  @Test("Fields come in order of arrival, with their names as sent")
  func fields() throws {
    let head = try #require(requestHead("b: 2", "A: 1", "b: 3"))
    #expect(head.fields.map { head.string($0) } == ["Host", "example", "b", "2", "A", "1", "b", "3"])
    #expect(head.all("B") == ["2", "3"])
    #expect(head.first("a") == "1")
  }

  @Test("An HTTP/1.1 request has exactly one Host, an HTTP/1.0 request at most one")
  func hosts() {
    #expect(refusal(of: "GET / HTTP/1.1\r\n\r\n") == 400)
    #expect(refusal(of: "GET / HTTP/1.1\r\nHost: a\r\nhost: a\r\n\r\n") == 400)
    #expect(refusal(of: "GET / HTTP/1.0\r\nHost: a\r\nHost: a\r\n\r\n") == 400)
    #expect(request("GET / HTTP/1.0\r\n\r\n") != nil)
    #expect(request("GET / HTTP/1.1\r\nHost:\r\n\r\n") != nil)
  }

  @Test(
    "A Host field must be a host",
    arguments: [
      "a/b", "a b", "user@a", "a\"b", "a?b", "a,b@c", "a:b:c", "[::1", "[zz]", "]", "a[b", "[::1]x", "a%zz",
      "1.2.3.4:http", ":80",
    ])
  func wrongHost(host: String) {
    #expect(refusal(of: "GET / HTTP/1.1\r\nHost: \(host)\r\n\r\n") == 400)
  }

  @Test(
    "Names, addresses and ports are hosts", arguments: ["a.b-c.example:3000", "[::1]:80", "127.0.0.1", ""])
  func host(host: String) {
    #expect(request("GET / HTTP/1.1\r\nHost: \(host)\r\n\r\n")?.head.first("host") == host)
  }

  @Test("The authority of an absolute-form target overrules the Host field")
  func absoluteForm() throws {
    let parsed = try #require(request("GET http://real:80?q=1 HTTP/1.1\r\nHost: other\r\nX: y\r\n\r\n"))
    #expect(parsed.head.first("host") == "real:80")
    #expect(parsed.head.target == "/?q=1")
    #expect(parsed.head.path == "/")
    #expect(parsed.head.query == "q=1")
    #expect(parsed.head.first("x") == "y")
  }

  @Test("Four empty lines before a request are tolerated, five are not")
  func emptyLines() {
    let rest = "GET / HTTP/1.1\r\nHost: a\r\n\r\n"
    #expect(request(String(repeating: "\r\n", count: 4) + rest) != nil)
    #expect(refusal(of: String(repeating: "\r\n", count: 5) + rest) == 400)
  }

  @Test("A folded field line is refused", arguments: [" b", "\tb", " "])
  func folding(line: String) {
    #expect(refusal(of: "GET / HTTP/1.1\r\nHost: a\r\nX: a\r\n\(line)\r\n\r\n") == 400)
  }

  @Test("A request line may fill the head's limit and leaves no room for fields")
  func lineFillsHead() {
    var limits = Limits()
    (limits.requestLineBytes, limits.headBytes) = (20, 21)
    #expect(refusal(of: "GET http://a?1234567 HTTP/1.1\r\nHost: a\r\n\r\n", limits: limits) == 414)
    #expect(refusal(of: "GET http://a?b HTTP/1.1\r\nH", limits: limits) == 414)
    #expect(refusal(of: "GET /123456 HTTP/1.1\r\nHost: a\r\n\r\n", limits: limits) == 431)
    #expect(refusal(of: "GET /123456 HTTP/1.1\r\n", limits: limits) == nil)
    (limits.requestLineBytes, limits.headBytes) = (24, 25)
    #expect(refusal(of: "GET http://a?bc HTTP/1.1\r\nH", limits: limits) == 431)
  }
}
