import Testing

@testable import SeatcastClient

@Suite("HTTPResponseReader")
struct HTTPResponseReaderTests {
  /// Reads `text` in pieces of `size` bytes.
  private func read(_ text: String, by size: Int, isHead: Bool = false) throws -> HTTPResponseMessage? {
    var reader = HTTPResponseReader(isHead: isHead)
    let bytes = Array(text.utf8)
    for start in stride(from: 0, to: bytes.count, by: size) {
      var position = 0
      let piece = Array(bytes[start..<min(start + size, bytes.count)])
      if let answer = try reader.read(piece.span, &position) { return answer }
    }
    return reader.end()
  }

  @Test("An answer is the same however it is split", arguments: [1, 2, 3, 7, 1_000])
  func splits(size: Int) throws {
    let plain = try #require(
      try read("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-A: b \r\n\r\nhello", by: size))
    #expect(plain.status == 200 && plain.body == Array("hello".utf8) && plain.field("x-a") == "b")
    #expect(plain.keepsAlive)
    let chunked = try #require(
      try read(
        "HTTP/1.1 103 Early\r\nA: b\r\n\r\nHTTP/1.1 201\r\nTransfer-Encoding: chunked\r\n\r\n"
          + "2\r\nhe\r\n3;x=y\r\nllo\r\n0\r\nT: v\r\n\r\n", by: size))
    #expect(chunked.status == 201 && chunked.body == Array("hello".utf8))
    let open = try #require(try read("HTTP/1.0 200 OK\r\n\r\nhello", by: size))
    #expect(open.body == Array("hello".utf8) && !open.keepsAlive)
  }

  @Test("Answers without a body end with their head")
  func bodiless() throws {
    #expect(try read("HTTP/1.1 204 No Content\r\n\r\n", by: 9)?.status == 204)
    #expect(
      try read("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\n", by: 9, isHead: true)?
        .keepsAlive == false)
    #expect(try read("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel", by: 9) == nil)
  }

  @Test(
    "What is no answer of HTTP/1.1, or says its length twice, is refused",
    arguments: [
      "HTTP/2 200 OK\r\n\r\n", "HTTP/1.1 20 OK\r\n\r\n", "HTTP/1.1 099 X\r\n\r\n", "GET / HTTP/1.1\r\n\r\n",
      "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", "HTTP/1.1 200 OK\nA: b\n\n",
      "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
      "HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n", "HTTP/1.1 200 OK\r\n folded\r\n\r\n",
    ])
  func refuses(text: String) {
    #expect(throws: HTTPFailure.self) { try read(text, by: 1_000) }
  }

  @Test("A head that never ends is refused")
  func endless() {
    let head = "HTTP/1.1 200 OK\r\n" + String(repeating: "A: b\r\n", count: 300)
    #expect(throws: HTTPFailure.self) { try read(head, by: 100) }
  }
}
