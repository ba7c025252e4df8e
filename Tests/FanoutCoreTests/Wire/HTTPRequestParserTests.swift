import Testing

@testable import FanoutCore

@Suite("HTTP request parser")
struct HTTPRequestParserTests {
  /// Inputs of every shape; each is also fed cut at every place.
  static let inputs: [String] = [
    "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
    "\r\n\r\nGET /x?y=z HTTP/1.0\r\n\r\n",
    "POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhelloGET /b HTTP/1.1\r\nHost: b\r\n\r\n",
    "POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
      + "5;x=\"y\"\r\nhello\r\n1A\r\nabcdefghijklmnopqrstuvwxyz\r\n0\r\nTrailer: 1\r\n\r\nGET / HTTP/1.1\r\nHost: c\r\n\r\n",
    "POST /a HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\nok",
    "POST /a HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "GET http://user.example:80?q HTTP/1.1\r\nHost: other\r\n\r\n",
    "GET / HTTP/1.1\nHost: a\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: a\r\n folded\r\n\r\n",
    "GET / HTTP/1.1\r\nHost : a\r\n\r\n",
    "GET / HTTP/2.0\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello!\r\n",
    "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5 \r\nhello\r\n",
    "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999\r\n\r\n",
    "\u{16}\u{3}\u{1}\u{2}\u{0}\u{1}",
  ]

  @Test("An input cut at any place yields what the whole input yields", arguments: inputs)
  func splits(input: String) {
    let whole = requests(in: bytes(input)).outcomes
    #expect(!whole.isEmpty)
    #expect(requests(in: bytes(input), cut: .everyByte).outcomes == whole)
    for index in 0...input.utf8.count {
      #expect(requests(in: bytes(input), cut: .at(index)).outcomes == whole, "cut at \(index)")
    }
  }

  @Test("Requests that follow each other in one piece come one after the other")
  func pipelining() {
    let input = String(repeating: "GET /a HTTP/1.1\r\nHost: a\r\n\r\n", count: 3)
    let (all, parser) = requests(in: bytes(input))
    #expect(all.count == 3 && Set(all.map(\.description)).count == 1)
    #expect(parser.isIdle)
  }

  @Test("The phase is idle between requests, head from the first byte, body from the empty line on")
  func phases() {
    var parser = HTTPRequestParser(limits: Limits())
    func feed(_ text: String) { _ = parser.parse(bytes(text).span) }
    #expect(parser.phase == .idle)
    feed("P")
    #expect(parser.phase == .head && !parser.isIdle)
    feed("OST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r")
    #expect(parser.phase == .head)
    feed("\n")
    #expect(parser.phase == .body)
    feed("o")
    #expect(parser.phase == .body)
    feed("k")
    #expect(parser.phase == .idle && parser.isIdle)
    feed("\r\n")
    #expect(parser.isIdle, "an empty line before a request line begins nothing")
  }

  @Test("consumed points at the first byte after the request")
  func consumed() {
    let first = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc"
    var parser = HTTPRequestParser(limits: Limits())
    guard case .request(let request, let consumed) = parser.parse(bytes(first + "tail").span) else {
      Issue.record("no request")
      return
    }
    #expect(consumed == first.utf8.count)
    #expect(request.body == bytes("abc"))
  }

  @Test("100 Continue is asked for once, before the body, and only when a body is to come")
  func expectContinue() {
    let start = "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n"
    let withBody = requests(in: bytes(start + "Content-Length: 1\r\n\r\nx")).outcomes
    #expect(withBody.count == 2 && withBody.first == .goOn)
    #expect(requests(in: bytes(start + "Content-Length: 0\r\n\r\n")).outcomes.contains(.goOn) == false)
    #expect(requests(in: bytes(start + "\r\n")).outcomes.contains(.goOn) == false)
  }

  @Test("After a failure every call says the same")
  func staysFailed() {
    var parser = HTTPRequestParser(limits: Limits())
    for input in ["BAD\r\n", "GET / HTTP/1.1\r\nHost: a\r\n\r\n", ""] {
      guard case .failure(let failure) = parser.parse(bytes(input).span) else {
        Issue.record("not failed")
        return
      }
      #expect(failure.status == 400)
    }
  }

  @Test("A wrong line fails when it ends, not when the head ends")
  func failsEarly() {
    #expect(refusal(of: "GET / HTTP/9.9\r\n") == 505)
    #expect(refusal(of: "GET / HTTP/1.1\r\nNo colon\r\n") == 400)
    #expect(refusal(of: "\u{16}") == 400, "the first byte of TLS")
  }

  @Test("Each limit holds at its exact value, and one more is refused with its own status")
  func limits() {
    var limits = Limits()
    limits.requestLineBytes = 20
    limits.headBytes = 60
    limits.headFields = 3
    limits.bodyBytes = 10
    func status(_ text: String) -> Int? { refusal(of: text, limits: limits) }
    let host = "Host: a\r\n"
    #expect(status("GET /123456 HTTP/1.1\r\n" + host + "\r\n") == nil)
    #expect(status("GET /1234567 HTTP/1.1\r\n" + host + "\r\n") == 414)
    // 16 + 9 + 33 + 2 bytes are 60.
    let filler = String(repeating: "x", count: 28)
    #expect(status("GET / HTTP/1.1\r\n" + host + "A: \(filler)\r\n\r\n") == nil)
    #expect(status("GET / HTTP/1.1\r\n" + host + "A: \(filler)x\r\n\r\n") == 431)
    #expect(status("GET / HTTP/1.1\r\n" + host + "A:\r\nB:\r\n\r\n") == nil)
    #expect(status("GET / HTTP/1.1\r\n" + host + "A:\r\nB:\r\nC:\r\n\r\n") == 431)
    #expect(status("POST / HTTP/1.1\r\n" + host + "Content-Length: 10\r\n\r\n0123456789") == nil)
    #expect(status("POST / HTTP/1.1\r\n" + host + "Content-Length: 11\r\n\r\n") == 413)
  }

  @Test("A limit fails at its byte also when no line end ever comes")
  func limitsWithoutLineEnd() {
    #expect(refusal(of: String(repeating: "A", count: 8 * 1024 + 1)) == nil)
    #expect(refusal(of: String(repeating: "A", count: 8 * 1024 + 2)) == 414)
    let start = "GET / HTTP/1.1\r\nX: "
    #expect(refusal(of: start + String(repeating: "x", count: 16 * 1024)) == 431)
  }

  @Test("Random bytes never crash it and mean the same in pieces", arguments: 0..<200)
  func random(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    var input = bytes(Self.inputs[Int(seed) % Self.inputs.count])
    for _ in 0...generator.next() % 3 {
      let index = Int(generator.next() % UInt64(input.count))
      switch generator.next() % 3 {
      case 0: input[index] = UInt8(truncatingIfNeeded: generator.next())
      case 1: input.insert(UInt8(truncatingIfNeeded: generator.next()), at: index)
      default: if input.count > 1 { input.remove(at: index) }
      }
    }
    let cut = Cut(lengths: (0..<20).map { _ in Int(generator.next() % 9) } + [7])
    #expect(requests(in: input, cut: cut).outcomes == requests(in: input).outcomes)
  }
}
