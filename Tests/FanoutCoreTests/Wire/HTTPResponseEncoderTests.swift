import Testing

@testable import FanoutCore

@Suite("HTTP response encoder")
struct HTTPResponseEncoderTests {
  private func encode(_ response: HTTPResponse, _ context: ResponseContext = ResponseContext()) -> String {
    var output = bytes("before|")
    HTTPResponseEncoder.append(response, context: context, date: bytes("NOW"), to: &output)
    return text(output)
  }

  @Test("An answer is a status line, Date, its fields, its length and its body, appended")
  func whole() {
    let response = HTTPResponse(status: 200, fields: [("Content-Type", "text/plain")], body: bytes("hello"))
    #expect(
      encode(response)
        == "before|HTTP/1.1 200 OK\r\nDate: NOW\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello"
    )
  }

  @Test("Lines of every answer and of this one follow its own fields")
  func furtherLines() {
    var output: [UInt8] = []
    HTTPResponseEncoder.append(
      HTTPResponse(status: 204, fields: [("A", "1")]),
      context: ResponseContext(fieldLines: bytes("C: 3\r\n")), common: bytes("B: 2\r\n"),
      date: bytes("NOW"), to: &output)
    #expect(text(output) == "HTTP/1.1 204 No Content\r\nDate: NOW\r\nA: 1\r\nB: 2\r\nC: 3\r\n\r\n")
  }

  @Test("An answer with common lines of its own has them instead of those of every answer and of its origin")
  func ownCommonLines() {
    var response = HTTPResponse(status: 204, fields: [("A", "1")])
    response.commonLines = bytes("D: 4\r\n")
    var output: [UInt8] = []
    HTTPResponseEncoder.append(
      response, context: ResponseContext(fieldLines: bytes("C: 3\r\n")), common: bytes("B: 2\r\n"),
      date: bytes("NOW"), to: &output)
    #expect(text(output) == "HTTP/1.1 204 No Content\r\nDate: NOW\r\nA: 1\r\nD: 4\r\n\r\n")
  }

  @Test("An empty body has a length of 0")
  func empty() {
    #expect(encode(HTTPResponse(status: 404)).hasSuffix("Content-Length: 0\r\n\r\n"))
  }

  @Test("The answer to HEAD has the length and no body")
  func head() {
    let answer = encode(HTTPResponse(status: 200, body: bytes("hello")), ResponseContext(isHead: true))
    #expect(answer.hasSuffix("Content-Length: 5\r\n\r\n"))
  }

  @Test("204 and 304 have neither length nor body", arguments: [204, 304])
  func bodiless(status: Int) {
    let answer = encode(HTTPResponse(status: status, body: bytes("hello")))
    #expect(!answer.contains("Content-Length") && answer.hasSuffix("\r\n\r\n"))
  }

  @Test("Connection says close, or keep-alive to HTTP/1.0, and nothing else")
  func connection() {
    let response = HTTPResponse(status: 200)
    #expect(!encode(response).contains("Connection"))
    #expect(encode(response, ResponseContext(keepsAlive: false)).contains("\r\nConnection: close\r\n"))
    #expect(encode(response, ResponseContext(minorVersion: 0)).contains("\r\nConnection: keep-alive\r\n"))
    let upgrade = HTTPResponse(status: 426, fields: [("Upgrade", "websocket")])
    #expect(encode(upgrade).contains("\r\nConnection: Upgrade\r\n"))
    #expect(
      encode(upgrade, ResponseContext(keepsAlive: false)).contains("\r\nConnection: Upgrade, close\r\n"))
  }

  @Test("An event stream has no length and ends with its connection")
  func stream() {
    let start = StreamStart(topic: TopicID(1), resume: .none, client: ClientTag(id: 1))
    let answer = encode(
      HTTPResponse(status: 200, fields: [("Content-Type", "text/event-stream")], stream: start))
    #expect(!answer.contains("Content-Length") && answer.contains("\r\nConnection: close\r\n"))
    #expect(answer.hasSuffix("\r\n\r\n"))
  }

  @Test(
    "A field that would split the answer is dropped",
    arguments: [
      ("X", "a\r\nSet-Cookie: b"), ("X", "a\n"), ("X", "a\u{0}"), ("X\r\nY", "a"), ("X Y", "a"), ("", "a"),
      ("X:", "a"),
    ])
  func splitting(name: String, value: String) {
    let answer = encode(HTTPResponse(status: 200, fields: [(name, value), ("Kept", "yes")]))
    #expect(
      answer == "before|HTTP/1.1 200 OK\r\nDate: NOW\r\nKept: yes\r\nContent-Length: 0\r\n\r\n")
  }

  @Test(
    "The encoder's own fields cannot be given",
    arguments: ["content-length", "Transfer-Encoding", "CONNECTION", "Date"])
  func ownFields(name: String) {
    let answer = encode(HTTPResponse(status: 200, fields: [(name, "99")]))
    #expect(!answer.contains("99"))
  }

  @Test("Finished lines are sent as they are")
  func finishedLines() {
    let response = HTTPResponse(status: 201, fieldLines: bytes("a: b\r\nc: d\r\n"))
    #expect(
      encode(response)
        == "before|HTTP/1.1 201 Created\r\nDate: NOW\r\na: b\r\nc: d\r\nContent-Length: 0\r\n\r\n")
  }

  @Test("A status that is none becomes 500")
  func wrongStatus() {
    #expect(encode(HTTPResponse(status: -1)).hasPrefix("before|HTTP/1.1 500 Internal Server Error\r\n"))
    #expect(encode(HTTPResponse(status: 1000)).hasPrefix("before|HTTP/1.1 500 "))
    #expect(encode(HTTPResponse(status: 700)).hasPrefix("before|HTTP/1.1 700 \r\n"))
  }

  @Test("A status without a phrase keeps its space")
  func noPhrase() {
    #expect(encode(HTTPResponse(status: 299)).hasPrefix("before|HTTP/1.1 299 \r\n"))
  }

  @Test("The interim answer is complete")
  func interim() {
    #expect(text(HTTPResponseEncoder.continueBytes) == "HTTP/1.1 100 Continue\r\n\r\n")
  }
}
