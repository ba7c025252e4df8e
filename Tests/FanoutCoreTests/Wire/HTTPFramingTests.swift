import Testing

@testable import FanoutCore

@Suite("HTTP framing")
struct HTTPFramingTests {
  private func framing(_ lines: String..., version: String = "1.1") throws -> HTTPFraming {
    let input = (["POST / HTTP/\(version)", "Host: a"] + lines).joined(separator: "\r\n") + "\r\n\r\n"
    var (reader, position) = (HTTPHeadReader(), 0)
    let head = try reader.read(bytes(input).span, &position, HTTPBounds(Limits()))
    return try HTTPFraming(of: #require(head), bodyBytes: 100)
  }

  private func status(_ lines: String..., version: String = "1.1") -> Int? {
    let input = (["POST / HTTP/\(version)", "Host: a"] + lines).joined(separator: "\r\n") + "\r\n\r\n"
    return refusal(of: input)
  }

  @Test("Without a length there is no body")
  func none() throws {
    #expect(try framing().body == .none)
    #expect(try framing("Content-Length: 0").body == .none)
    #expect(try framing("Content-Length: 0000").body == .none)
  }

  @Test("A length is decimal digits, and the same length twice is one")
  func length() throws {
    #expect(try framing("Content-Length: 42").body == .length(42))
    #expect(try framing("Content-Length: 7", "content-length: 7").body == .length(7))
    #expect(try framing("Content-Length: 100").body == .length(100))
    #expect(throws: HTTPFailure.bodyTooBig) { try framing("Content-Length: 101") }
  }

  @Test(
    "A malformed length is 400",
    arguments: ["", "+1", "-1", "1 1", "1,1", "0x10", "1.0", "a", "\u{661}", "\"1\""])
  func wrongLength(value: String) {
    #expect(status("Content-Length: \(value)") == 400)
  }

  @Test("Lengths that differ are 400, also when their numbers are equal")
  func differing() {
    #expect(status("Content-Length: 1", "Content-Length: 2") == 400)
    #expect(status("Content-Length: 1", "Content-Length: 01") == 400)
  }

  @Test("A length beyond any integer is 413")
  func overflow() {
    #expect(status("Content-Length: 9223372036854775808") == 413)
    #expect(status("Content-Length: 18446744073709551617") == 413)
    #expect(status("Content-Length: " + String(repeating: "9", count: 400)) == 413)
  }

  @Test("Chunked is the only coding, once and alone")
  func codings() throws {
    #expect(try framing("Transfer-Encoding: chunked").body == .chunked)
    #expect(try framing("Transfer-Encoding: , Chunked ,").body == .chunked)
    #expect(status("Transfer-Encoding: gzip, chunked") == 501)
    #expect(status("Transfer-Encoding: chunked, gzip") == 400)
    #expect(status("Transfer-Encoding: gzip") == 400)
    #expect(status("Transfer-Encoding: xchunked") == 400)
    #expect(status("Transfer-Encoding: chunked;q=1") == 400)
    #expect(status("Transfer-Encoding: chunked, chunked") == 400)
    #expect(status("Transfer-Encoding: chunked", "Transfer-Encoding: chunked") == 400)
    #expect(status("Transfer-Encoding:") == 400)
    #expect(status("Transfer-Encoding: chunked", version: "1.0") == 400)
  }

  @Test("Length and chunks together are refused, in either order")
  func both() {
    #expect(status("Content-Length: 5", "Transfer-Encoding: chunked") == 400)
    #expect(status("Transfer-Encoding: chunked", "Content-Length: 5") == 400)
  }

  @Test("100-continue is the only expectation")
  func expectations() throws {
    #expect(try framing("Expect: 100-Continue", "Content-Length: 1").expectsContinue)
    #expect(try framing("Expect: 100-continue").expectsContinue == false)
    #expect(try framing("Expect: 100-continue", "Content-Length: 1", version: "1.0").expectsContinue == false)
    #expect(status("Expect: a-miracle") == 417)
    #expect(status("Expect: 100-continue, a-miracle") == 417)
  }
}
