import Testing

@testable import FanoutCore

@Suite("HTTP request line")
struct HTTPRequestLineTests {
  private func parse(_ line: String) throws(HTTPFailure) -> (
    method: String, target: String, minor: Int, host: String?
  ) {
    var buffer = bytes(line)
    let parsed = try HTTPRequestLine(parsing: 0..<buffer.count, of: &buffer)
    return (
      text([UInt8](buffer[parsed.method])), text([UInt8](buffer[parsed.target])), parsed.minorVersion,
      parsed.authority.map { text([UInt8](buffer[$0])) }
    )
  }

  @Test("Method, target and version are taken apart")
  func parts() throws {
    let line = try parse("PATCH /a/b%20c?d=[e]&f=|{} HTTP/1.1")
    #expect(line == ("PATCH", "/a/b%20c?d=[e]&f=|{}", 1, nil))
  }

  @Test("Any token is a method, and HTTP/1.0 and unknown minor versions are HTTP/1")
  func methodsAndVersions() throws {
    #expect(try parse("M-SEARCH~ / HTTP/1.1").method == "M-SEARCH~")
    #expect(try parse("GET / HTTP/1.0").minor == 0)
    #expect(try parse("GET / HTTP/1.7").minor == 7)
  }

  @Test(
    "Another major version is 505",
    arguments: ["GET / HTTP/2.0", "GET / HTTP/0.9", "PRI * HTTP/2.0", "GET / HTTP/3.0"])
  func otherVersions(line: String) {
    #expect(throws: HTTPFailure(status: 505, sentence: "This server speaks HTTP/1.1.")) { try parse(line) }
  }

  @Test(
    "A malformed line is 400",
    arguments: [
      "", " ", "GET", "GET /", "GET  HTTP/1.1", "GET / ", " GET / HTTP/1.1", "GET / HTTP/1.1 ",
      "GET  / HTTP/1.1",
      "GET /a b HTTP/1.1", "GET\t/\tHTTP/1.1", "G(T / HTTP/1.1", "GET / http/1.1", "GET / HTTP/11",
      "GET / HTTP/1.10", "GET / HTTP/1.x", "GET / HTPP/1.1", "GET /# HTTP/1.1", "GET /<a> HTTP/1.1",
      "GET /\" HTTP/1.1", "GET /\u{E9} HTTP/1.1", "GET path HTTP/1.1", "GET * HTTP/1.1",
      "OPTIONS ** HTTP/1.1",
      "CONNECT / HTTP/1.1", "CONNECT http://host:80/ HTTP/1.1", "CONNECT host:http HTTP/1.1",
      "GET ftp://host/ HTTP/1.1", "GET http:///path HTTP/1.1",
      "GET http://user@host/ HTTP/1.1", "GET http://?x HTTP/1.1", "options * HTTP/1.1",
      "GET http://a:b:c/ HTTP/1.1", "GET http://[::1/ HTTP/1.1", "GET http://[zz]/ HTTP/1.1",
      "GET http://]/ HTTP/1.1", "GET http://a[b/ HTTP/1.1", "GET http://[::1]x/ HTTP/1.1",
      "GET http://a%zz/ HTTP/1.1", "GET http://1.2.3.4:http/ HTTP/1.1", "GET http://:80/ HTTP/1.1",
    ])
  func malformed(line: String) {
    do {
      let parsed = try parse(line)
      Issue.record("accepted as \(parsed)")
    } catch {
      #expect(error.status == 400)
    }
  }

  @Test("OPTIONS may ask for the server as a whole")
  func asterisk() throws {
    #expect(try parse("OPTIONS * HTTP/1.1").target == "*")
  }

  @Test(
    "A target in absolute-form is reduced to its path and query",
    arguments: [
      ("http://host/a?b", "/a?b", "host"), ("HTTPS://host:80/a", "/a", "host:80"),
      ("http://host", "/", "host"),
      ("http://[::1]:3000?a/b", "/?a/b", "[::1]:3000"), ("http://host/", "/", "host"),
    ])
  func absoluteForm(target: String, path: String, host: String) throws {
    let line = try parse("GET \(target) HTTP/1.1")
    #expect(line.target == path)
    #expect(line.host == host)
    var buffer = bytes("GET \(target) HTTP/1.1")
    let parsed = try HTTPRequestLine(parsing: 0..<buffer.count, of: &buffer)
    #expect(parsed.isSecure == target.lowercased().hasPrefix("https:"))
  }

  @Test("CONNECT is understood and not implemented", arguments: ["host:80", "[::1]:443", "host"])
  func connect(target: String) {
    do {
      Issue.record("accepted as \(try parse("CONNECT \(target) HTTP/1.1"))")
    } catch {
      #expect(error.status == 501)
    }
  }
}
