import Testing

@testable import FanoutCore

@Suite("HTTP body reader")
struct HTTPBodyReaderTests {
  private static let start = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"

  private func body(_ chunks: String) -> String? { request(Self.start + chunks).map { text($0.body) } }
  private func status(_ chunks: String, _ limits: Limits = Limits()) -> Int? {
    refusal(of: Self.start + chunks, limits: limits)
  }

  @Test("Chunks are joined; their sizes are hexadecimal in either case")
  func chunks() {
    #expect(body("0\r\n\r\n") == "")
    #expect(body("3\r\nabc\r\n00a\r\n0123456789\r\n0\r\n\r\n") == "abc0123456789")
    #expect(body("A\r\n0123456789\r\n000\r\n\r\n") == "0123456789")
  }

  @Test("A chunk may hold what looks like a line end or a chunk")
  func opaque() {
    #expect(body("7\r\n\r\n0\r\n\r\n\r\n0\r\n\r\n") == "\r\n0\r\n\r\n")
  }

  @Test("Extensions and trailers are skipped")
  func skipped() {
    #expect(body("1;name=value;flag\r\nx\r\n0 ;\"quoted;\"\r\n\r\n") == "x")
    #expect(body("1\t;a\r\nx\r\n0\r\nChecksum: 1\r\nContent-Length: 5\r\n\r\n") == "x")
  }

  @Test(
    "A malformed size is 400",
    arguments: [
      "\r\n", "g\r\n", "0x1\r\n", "-1\r\n", "+1\r\n", " 1\r\n", "1 \r\n", "1 a\r\n", ";a\r\n", "1\n",
      "1,1\r\n",
    ])
  func wrongSize(line: String) {
    #expect(status(line) == 400)
  }

  @Test("A chunk that is longer or shorter than its size is 400")
  func wrongEnd() {
    #expect(status("3\r\nabcd\r\n") == 400)
    #expect(status("3\r\nab\r\n0\r\n") == 400)
    #expect(status("1\r\nx\n") == 400)
  }

  @Test("A wrong trailer is 400")
  func wrongTrailer() {
    #expect(status("0\r\nno colon\r\n\r\n") == 400)
    #expect(status("0\r\nA : b\r\n\r\n") == 400)
    #expect(status("0\r\n folded\r\n\r\n") == 400)
  }

  @Test("The sum of the sizes is bounded when a size is read, and cannot overflow")
  func bodyLimit() {
    var limits = Limits()
    limits.bodyBytes = 10
    #expect(status("5\r\n01234\r\n5\r\n01234\r\n0\r\n\r\n", limits) == nil)
    #expect(status("5\r\n01234\r\n6\r\n", limits) == 413)
    #expect(status("B\r\n", limits) == 413)
    #expect(status("7FFFFFFFFFFFFFFF\r\n") == 413)
    #expect(status("1\r\nx\r\n7FFFFFFFFFFFFFFF\r\n") == 413)
    #expect(status("FFFFFFFFFFFFFFFF\r\n") == 413)
    #expect(status("10000000000000000\r\n") == 413)
  }

  @Test("Extensions and trailers share the bound of a head")
  func overheadLimit() {
    let extended = "1;" + String(repeating: "x", count: 4_000) + "\r\nx\r\n"
    #expect(status(String(repeating: extended, count: 4)) == nil)
    #expect(status(String(repeating: extended, count: 5)) == 431)
    #expect(status("0\r\nA: " + String(repeating: "x", count: 17_000)) == 431)
    #expect(status("1;" + String(repeating: "x", count: 17_000)) == 431)
    #expect(status("0\r\n" + String(repeating: "A: b\r\n", count: 101)) == 431)
    #expect(status(String(repeating: "0", count: 20_000)) == 431)
    let padded = String(repeating: "0", count: 4_000) + "1\r\nx\r\n"
    #expect(status(String(repeating: padded, count: 5)) == 431)
  }
}
