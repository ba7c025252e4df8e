// HTTP/1.1 message syntax (RFC 9112), rule by rule, on a whole loop: bytes in, answers out. Each title begins with the
// section whose rule it holds; docs/CONFORMANCE.md lists them.
import Testing

@testable import FanoutCore
@testable import FanoutTestSupport

@Suite("RFC 9112") struct RFC9112Tests {
  // MARK: 2 Message

  @Test("2.2: a lone CR and a lone LF end no line, in the request line, in fields and between them")
  func lineEnds() {
    for text in [
      "GET /small HTTP/1.1\nHost: here\r\n\r\n", "GET /small HTTP/1.1\rHost: here\r\n\r\n",
      "GET /small HTTP/1.1\r\nHost: here\n\r\n", "GET /small HTTP/1.1\r\nHost: here\r\nA: b\rC: d\r\n\r\n",
      "GET /small HTTP/1.1\r\nHost: here\r\n\n", "GET /small HTTP/1.1\r\nHost: here\r\n\r\r\n",
    ] {
      #expect(finalRefusal(of: text) == 400, "\(text.debugDescription)")
    }
  }

  @Test("2.2: empty lines before a request line are skipped, a few of them")
  func emptyLines() {
    #expect(Conversation().statuses("\r\n" + ask()) == [200])
    #expect(finalRefusal(of: String(repeating: "\r\n", count: 20) + ask()) == 400)
  }

  @Test("2.2: white space between the request line and the first field is refused")
  func spaceBeforeFields() {
    for space in [" ", "\t", "  X: y", "\tHost: here"] {
      #expect(finalRefusal(of: "GET /small HTTP/1.1\r\n\(space)\r\nHost: here\r\n\r\n") == 400, "'\(space)'")
    }
  }

  @Test("2.2: bytes that are no characters of any encoding are read as bytes")
  func opaqueBytes() {
    let conversation = Conversation()
    conversation.socket.write(Array("GET /small HTTP/1.1\r\nHost: here\r\nX: ".utf8) + [0xE9, 0xFF, 0x80])
    #expect(conversation.statuses("\r\n\r\n") == [200])
    for byte in [UInt8(0), 1, 8, 0x0B, 0x1F, 0x7F] {
      let other = Conversation()
      other.socket.write(Array("GET /small HTTP/1.1\r\nHost: here\r\nX: a".utf8) + [byte])
      #expect(other.statuses("b\r\n\r\n") == [400], "byte \(byte)")
    }
  }

  @Test("2.3: the version is HTTP/ and two digits, in capitals; a higher minor version is answered with ours")
  func versions() {
    #expect(Conversation().say(ask(version: "1.9")).first?.head.hasPrefix("HTTP/1.1 200 ") == true)
    for version in ["HTTP/2.0", "HTTP/3.0", "HTTP/0.9"] {
      #expect(finalRefusal(of: "GET /small \(version)\r\nHost: here\r\n\r\n") == 505, "\(version)")
    }
    for version in ["http/1.1", "HTTP/1", "HTTP/1.", "HTTP/1.10", "HTTP/01.1", "HTTP 1.1", "HTP/1.1", ""] {
      #expect(finalRefusal(of: "GET /small \(version)\r\nHost: here\r\n\r\n") == 400, "\(version)")
    }
    #expect(finalRefusal(of: "GET /small\r\n") == 400)
  }

  // MARK: 3 Request line

  @Test("3: a request line has one space between its parts and nothing around them")
  func requestLine() {
    for line in [
      "GET  /small HTTP/1.1", "GET /small  HTTP/1.1", " GET /small HTTP/1.1", "GET /small HTTP/1.1 ",
      "GET\t/small HTTP/1.1", "GET /sm all HTTP/1.1", "GET HTTP/1.1", "/small HTTP/1.1", "GET",
    ] {
      #expect(finalRefusal(of: line + "\r\nHost: here\r\n\r\n") == 400, "\(line)")
    }
  }

  @Test("3: a request line that is too long is 414, and the server reads no further than its limit")
  func longLine() {
    #expect(finalRefusal(of: ask("/" + String(repeating: "a", count: 9_000))) == 414)
    #expect(finalRefusal(of: String(repeating: "A", count: 9_000)) == 414)
  }

  @Test(
    "3.1: the method is a case-sensitive token; one that HTTP does not have is 501 and the connection goes on"
  )
  func methods() {
    let conversation = Conversation()
    #expect(
      conversation.statuses(ask(method: "get") + ask(method: "BREW") + ask(method: "M~1")) == [501, 501, 501])
    #expect(conversation.statuses(ask()) == [200])
    for method in ["GE T", "G(ET", "GÉT", "G\u{7F}T", "\"GET\"", ""] {
      #expect(finalRefusal(of: ask(method: method)) == 400, "\(method)")
    }
  }

  @Test("3.2: a request without Host, with two, or with one that is no host is 400")
  func host() {
    #expect(finalRefusal(of: "GET /small HTTP/1.1\r\n\r\n") == 400)
    #expect(finalRefusal(of: ask("/small", "Host: here")) == 400)
    #expect(finalRefusal(of: ask("/small", "host: elsewhere")) == 400)
    for host in [
      "a b", "user@here", "here/path", "here?x", "here:port", "[::1", "::1", ":80", "a,b:c", "a\\b",
    ] {
      #expect(finalRefusal(of: "GET /small HTTP/1.1\r\nHost: \(host)\r\n\r\n") == 400, "\(host)")
    }
    for host in ["here", "here:3000", "127.0.0.1:80", "[::1]:80", "a-b.example", "%41", ""] {
      #expect(Conversation().statuses("GET /small HTTP/1.1\r\nHost: \(host)\r\n\r\n") == [200], "\(host)")
    }
    #expect(Conversation().statuses("GET /small HTTP/1.0\r\n\r\n") == [200])
    #expect(finalRefusal(of: "GET /small HTTP/1.0\r\nHost: a b\r\n\r\n") == 400)
  }

  @Test(
    "3.2.1: origin-form is an absolute path and perhaps a query; a fragment, a space or a bare byte is 400")
  func originForm() {
    let conversation = Conversation()
    #expect(conversation.statuses(ask("/a/b;c=d?e=f&g=%20/?") + ask("//x") + ask("/?")) == [200, 200, 200])
    #expect(conversation.understood == ["/a/b;c=d?e=f&g=%20/?", "//x", "/?"])
    for target in ["small", "/a#b", "/a\"b", "/a<b>", "/\u{E9}", "?x", "#", ".."] {
      #expect(finalRefusal(of: ask(target)) == 400, "\(target)")
    }
  }

  @Test("3.2.2: absolute-form is taken from any client, and its authority counts instead of the Host field")
  func absoluteForm() {
    let conversation = Conversation()
    #expect(
      conversation.statuses(ask("http://there:81/a?b") + ask("HTTP://there") + ask("http://there?q")) == [
        200, 200, 200,
      ])
    #expect(conversation.understood == ["/a?b", "/", "/?q"])
    #expect(request("GET http://there:81/a HTTP/1.1\r\nHost: here\r\n\r\n")?.head.first("host") == "there:81")
    #expect(
      finalRefusal(of: "GET http://there/ HTTP/1.1\r\n\r\n") == 400, "a Host field is needed all the same")
    for target in [
      "http://", "http:///a", "http://user@there/", "ftp://there/", "http:/there", "http://a b/",
    ] {
      #expect(finalRefusal(of: ask(target)) == 400, "\(target)")
    }
  }

  @Test("3.2.3: authority-form belongs to CONNECT, which a server that is no proxy does not implement")
  func authorityForm() {
    #expect(finalRefusal(of: ask("here:80", method: "CONNECT")) == 501)
    #expect(finalRefusal(of: ask("here:80")) == 400)
    #expect(finalRefusal(of: ask("/small", method: "CONNECT")) == 400)
  }

  @Test("3.2.4: asterisk-form belongs to OPTIONS")
  func asteriskForm() {
    let conversation = Conversation()
    #expect(conversation.statuses(ask("*", method: "OPTIONS")) == [200])
    #expect(conversation.understood == ["*"])
    for method in ["GET", "POST", "HEAD"] { #expect(finalRefusal(of: ask("*", method: method)) == 400) }
    #expect(finalRefusal(of: ask("*a", method: "OPTIONS")) == 400)
  }

  // MARK: 5 Fields

  @Test("5.1: white space before a field's colon is 400, that around its value is no part of it")
  func colon() {
    for line in [
      "Name : v", "Name\t: v", ": v", "Name", "Na me: v", "N\u{E4}me: v", "Name(x): v", " Name: v",
    ] {
      #expect(finalRefusal(of: ask("/small", line)) == 400, "\(line)")
    }
    let text = "GET / HTTP/1.1\r\nHost: here\r\nA:b\r\nC: \t d e \t\r\nF:\r\n\r\n"
    let head = request(text)?.head
    #expect(head?.first("a") == "b" && head?.first("c") == "d e" && head?.first("f") == "")
  }

  @Test("5.2: a folded line is 400")
  func folding() {
    for fold in [" more", "\tmore", " ", "\t"] {
      #expect(finalRefusal(of: ask("/small", "X: one", fold)) == 400)
      #expect(finalRefusal(of: ask("/small", "Content-Length:", fold + "5")) == 400)
    }
  }

  @Test("RFC 6585, 5: a head that is too big, or of too many fields, is 431")
  func bigHead() {
    #expect(finalRefusal(of: ask("/small", "X: " + String(repeating: "x", count: 20_000))) == 431)
    #expect(
      finalRefusal(of: "GET /small HTTP/1.1\r\nHost: here\r\n" + String(repeating: "A: b\r\n", count: 101))
        == 431)
  }

  // MARK: 6 Body

  private func post(_ fields: String..., body: String, version: String = "1.1") -> String {
    "POST /small HTTP/\(version)\r\nHost: here\r\n" + fields.map { $0 + "\r\n" }.joined() + "\r\n" + body
  }

  @Test(
    "6.1: Transfer-Encoding and Content-Length together are 400, in either order, and nothing behind them is read"
  )
  func bothLengths() {
    let chunks = "0\r\n\r\n"
    #expect(finalRefusal(of: post("Transfer-Encoding: chunked", "Content-Length: 5", body: chunks)) == 400)
    #expect(finalRefusal(of: post("Content-Length: 5", "Transfer-Encoding: chunked", body: chunks)) == 400)
    #expect(finalRefusal(of: post("Content-Length: 5", "Transfer-Encoding: identity", body: "abcde")) == 400)
    #expect(finalRefusal(of: post("content-length: 0", "TRANSFER-ENCODING: chunked", body: chunks)) == 400)
  }

  @Test("6.1: a transfer coding that is not understood before a last chunked is 501")
  func unknownCoding() {
    for coding in ["gzip, chunked", "identity, chunked", "x, chunked"] {
      #expect(finalRefusal(of: post("Transfer-Encoding: \(coding)", body: "0\r\n\r\n")) == 501, "\(coding)")
    }
    #expect(
      finalRefusal(of: post("Transfer-Encoding: gzip", "Transfer-Encoding: chunked", body: "0\r\n\r\n"))
        == 501)
  }

  @Test("6.1: an HTTP/1.0 request with Transfer-Encoding has faulty framing")
  func oldCoding() {
    #expect(finalRefusal(of: post("Transfer-Encoding: chunked", body: "0\r\n\r\n", version: "1.0")) == 400)
    let text = post("Transfer-Encoding: chunked", "Content-Length: 5", body: "0\r\n\r\n", version: "1.0")
    #expect(finalRefusal(of: text) == 400)
  }

  @Test("6.2: a Content-Length is digits and nothing else")
  func lengths() {
    for length in ["", "-1", "+1", "0x5", "5,5", "5 5", "1e3", "5.0", "\"5\"", "five", "\u{0665}"] {
      #expect(finalRefusal(of: post("Content-Length: \(length)", body: "abcde")) == 400, "'\(length)'")
    }
    let conversation = Conversation()
    #expect(conversation.statuses(post("Content-Length: \t005 ", body: "abcde")) == [200])
    #expect(conversation.bodies == ["abcde"])
  }

  @Test("6.3: chunked that is not the last coding, or comes twice, is 400")
  func chunkedNotLast() {
    for coding in [
      "chunked, gzip", "gzip", "identity", "chunked, chunked", "chunked, identity", "", ",", "xchunked",
      "chunked;x=y", "\"chunked\"", "chunked\u{A0}",
    ] {
      #expect(finalRefusal(of: post("Transfer-Encoding: \(coding)", body: "0\r\n\r\n")) == 400, "'\(coding)'")
    }
    #expect(
      finalRefusal(of: post("Transfer-Encoding: chunked", "Transfer-Encoding: chunked", body: "0\r\n\r\n"))
        == 400)
    for coding in ["chunked", "Chunked", " ,chunked, "] {
      #expect(
        Conversation().statuses(post("Transfer-Encoding: \(coding)", body: "1\r\na\r\n0\r\n\r\n")) == [200],
        "'\(coding)'")
    }
  }

  @Test("6.3: lengths that differ are 400; the same one twice is one")
  func differingLengths() {
    #expect(finalRefusal(of: post("Content-Length: 5", "Content-Length: 6", body: "abcdef")) == 400)
    #expect(finalRefusal(of: post("Content-Length: 6", "Content-Length: 5", body: "abcdef")) == 400)
    #expect(Conversation().statuses(post("Content-Length: 5", "Content-Length: 5", body: "abcde")) == [200])
  }

  @Test("6.3: without either field there is no body, whatever the method")
  func noBody() {
    let conversation = Conversation()
    #expect(conversation.statuses(post(body: "") + ask("/next")) == [200, 200])
    #expect(conversation.bodies == ["", ""])
  }

  @Test("6.3: answers to HEAD, and 204 and 304, have no body")
  func bodilessAnswers() {
    let conversation = Conversation()
    conversation.socket.write(ask("/size/100", method: "HEAD"))
    conversation.rig.settle(4)
    let text = String(decoding: conversation.socket.read(), as: UTF8.self)
    #expect(text.hasSuffix("\r\n\r\n") && text.contains("Content-Length: 100\r\n"))
    for status in [204, 304] {
      var bytes: [UInt8] = []
      HTTPResponseEncoder.append(
        HTTPResponse(status: status, body: [1, 2, 3]), context: ResponseContext(), date: [], to: &bytes)
      #expect(bytes.suffix(4).elementsEqual("\r\n\r\n".utf8))
      #expect(!String(decoding: bytes, as: UTF8.self).contains("Content-Length"))
    }
  }

  @Test("RFC 9110, 15.5.14: a body that is too big is 413 before it is read, and the connection ends")
  func bigBody() {
    for length in ["70000", "9223372036854775808", String(repeating: "9", count: 300)] {
      #expect(finalRefusal(of: post("Content-Length: \(length)", body: "")) == 413)
    }
    #expect(finalRefusal(of: post("Transfer-Encoding: chunked", body: "11171\r\n")) == 413)
  }

  // MARK: 7 Transfer codings

  private func chunked(_ chunks: String) -> String { post("Transfer-Encoding: chunked", body: chunks) }

  @Test("7.1: chunks are put together, and what follows the last one is the next request")
  func chunks() {
    let conversation = Conversation()
    let text = chunked("3\r\nabc\r\n00A\r\n0123456789\r\n0\r\n\r\n") + ask("/next")
    #expect(conversation.statuses(text) == [200, 200])
    #expect(conversation.bodies == ["abc0123456789", ""])
  }

  @Test("7.1: a chunk size is hexadecimal digits, does not overflow, and ends where it says")
  func chunkSizes() {
    for size in ["", "g", "0x3", "+3", "-3", " 3", "3 ", "3,", "3\u{B}", "0 x"] {
      #expect(finalRefusal(of: chunked(size + "\r\nabc\r\n0\r\n\r\n")) == 400, "'\(size)'")
    }
    for size in ["FFFFFFFFFFFFFFFF", "10000000000000000", "7FFFFFFFFFFFFFFF", "FFFFFFFFFFFFFFFFFFFFFFFF3"] {
      #expect(finalRefusal(of: chunked(size + "\r\nabc\r\n0\r\n\r\n")) == 413, "\(size)")
    }
    for chunks in [
      "3\r\nabcd\r\n0\r\n\r\n", "3\r\nab\r\n0\r\n\r\n", "3\nabc\r\n0\r\n\r\n", "3\r\nabc\n0\r\n\r\n",
      "3\r\nabc0\r\n\r\n",
    ] {
      #expect(finalRefusal(of: chunked(chunks)) == 400, "\(chunks.debugDescription)")
    }
  }

  @Test("7.1.1: chunk extensions are ignored, and bounded")
  func extensions() {
    let conversation = Conversation()
    #expect(conversation.statuses(chunked("3;a\r\nabc\r\n3 ;b=\"c;d\"\r\ndef\r\n0;last\r\n\r\n")) == [200])
    #expect(conversation.bodies == ["abcdef"])
    #expect(finalRefusal(of: chunked("3;" + String(repeating: "x", count: 20_000))) == 431)
    #expect(finalRefusal(of: chunked("3;a\nb\r\nabc\r\n0\r\n\r\n")) == 400, "a bare LF ends no extension")
    #expect(finalRefusal(of: chunked("3;a\rb\r\nabc\r\n0\r\n\r\n")) == 400)
  }

  @Test("7.1.2: trailers are read by the grammar of fields, bounded, and never become fields of the request")
  func trailers() {
    let conversation = Conversation()
    let text = chunked(
      "1\r\na\r\n0\r\nHost: evil\r\nContent-Length: 9\r\nTransfer-Encoding: x\r\nDigest: y\r\n\r\n")
    #expect(conversation.statuses(text + ask("/next")) == [200, 200])
    #expect(conversation.bodies == ["a", ""])
    #expect(request(text)?.head.all("host") == ["here"] && request(text)?.head.first("digest") == nil)
    for trailer in ["no colon", "A : b", " folded", "A: b\n"] {
      #expect(finalRefusal(of: chunked("0\r\n\(trailer)\r\n\r\n")) == 400, "\(trailer.debugDescription)")
    }
    #expect(finalRefusal(of: chunked("0\r\n" + String(repeating: "A: b\r\n", count: 101))) == 431)
  }

  // MARK: 8 Incomplete messages

  @Test("8: a request whose connection ends before it is whole is not performed")
  func incomplete() {
    for text in [
      post("Content-Length: 10", body: "abc"), chunked("5\r\nabc"), chunked("3\r\nabc\r\n"),
      chunked("3\r\nabc\r\n0\r\n"),
      "GET /small HTTP/1.1\r\nHost: here\r\n",
    ] {
      let conversation = Conversation()
      conversation.socket.write(text)
      conversation.socket.end()
      #expect(conversation.statuses("") == [], "\(text.debugDescription)")
      #expect(conversation.isOver && conversation.understood.isEmpty)
    }
  }

  // MARK: 9 Connections

  @Test("9.3: HTTP/1.1 persists unless it says close, HTTP/1.0 ends unless it says keep-alive")
  func persistence() {
    for (text, ends) in [
      (ask(), false), (ask("/small", "Connection: close"), true),
      (ask("/small", "Connection: x, CLOSE"), true),
      (ask("/small", "Connection: x", "Connection: close"), true),
      (ask("/small", "Connection: keep-alive"), false),
      (ask(version: "1.0"), true), (ask("/small", "Connection: keep-alive", version: "1.0"), false),
      (ask("/small", "Connection: keep-alive, close", version: "1.0"), true),
    ] {
      let conversation = Conversation()
      let answers = conversation.say(text)
      #expect(answers.map(\.status) == [200])
      #expect(conversation.isOver == ends, "\(text)")
      #expect(answers.first?.head.contains("Connection: close\r\n") == ends, "\(text)")
    }
  }

  @Test("9.3.2: pipelined requests are answered in their order")
  func pipelining() {
    let conversation = Conversation()
    let answers = conversation.say((1...20).map { ask("/size/\($0)") }.joined())
    #expect(answers.map { $0.body.utf8.count } == Array(1...20))
  }

  @Test("9.6: after close nothing more is understood, and the server ends its direction before it closes")
  func close() {
    let conversation = Conversation()
    #expect(conversation.statuses(ask("/last", "Connection: close") + ask("/behind")) == [200])
    #expect(conversation.understood == ["/last"])
    // The peer may still be sending: the socket is closed only when it has ended, or after a time.
    #expect(conversation.socket.isEnded && conversation.socket.isOpen)
    conversation.socket.end()
    conversation.rig.settle(2)
    #expect(conversation.socket.closing == .orderly)
  }

  @Test(
    "9.5: a head, a body or a next request that does not come in time ends the connection, with 408 when it has begun"
  )
  func timeouts() {
    let begun = Conversation()
    begun.socket.write("GET /small HTTP/1.1\r\nHo")
    begun.rig.pass(11_000)
    #expect(begun.statuses("") == [408] && begun.isOver)
    let idle = Conversation()
    #expect(idle.statuses(ask()) == [200])
    idle.rig.pass(80_000)
    #expect(idle.statuses("") == [] && idle.isOver)
    let body = Conversation()
    body.socket.write(post("Content-Length: 9", body: "abc"))
    body.rig.pass(31_000)
    #expect(body.statuses("") == [408] && body.isOver)
  }

  // MARK: 11 Security

  @Test("11.1: an answer cannot be split by a field that was made of what somebody sent")
  func splitting() {
    for value in ["a\r\nSet-Cookie: x", "a\nb", "a\rb", "a\u{0}b"] {
      let response = HTTPResponse(status: 200, fields: [("X-Echo", value)])
      #expect(response.fieldLines.isEmpty, "\(value.debugDescription)")
    }
  }

  @Test(
    "11.2: whatever two readers could understand in two ways is refused, and what stands behind it is never understood",
    arguments: [
      "Transfer-Encoding : chunked", "Transfer-Encoding:\u{B}chunked", "Transfer-Encoding: chunked\u{B}",
      "X: y\nTransfer-Encoding: chunked", "Transfer-Encoding: xchunked", "Transfer-Encoding: chunk",
      "Transfer-Encoding: chunked, identity", "Transfer-Encoding\u{0}: chunked",
      "Transfer-Encoding\r: chunked",
      " Transfer-Encoding: chunked", "Transfer-Encoding:\r\n chunked",
      "Content-Length: 5\r\nContent-Length: 7",
      "Content-Length: 5\r\nTransfer-Encoding: chunked", "Content-Length : 5", "Content-Length: 5;x",
      "Content-Length: 5, 7", "Content-Length: \u{660}", "Content-Length\t: 5", "\tContent-Length: 5",
    ])
  func smuggling(fields: String) {
    let text = post(fields, body: "0\r\n\r\n") + ask("/smuggled")
    let conversation = Conversation()
    let statuses = conversation.statuses(text)
    #expect(statuses.count == 1 && [400, 501].contains(statuses.first), "\(statuses)")
    #expect(conversation.isOver && conversation.understood.isEmpty)
  }
}
