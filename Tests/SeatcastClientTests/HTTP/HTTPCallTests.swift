import Testing

@testable import SeatcastClient

@Suite("HTTPCall")
struct HTTPCallTests {
  @Test("A request has its host, its fields and the length of its body")
  func bytes() throws {
    let call = HTTPCall("POST", "/a?b=c", fields: [("X-Y", "z")], body: Array("{}".utf8))
    let text = String(decoding: try call.bytes(to: ServerAddress("http://[::1]:3000")), as: UTF8.self)
    #expect(
      text == "POST /a?b=c HTTP/1.1\r\nHost: [::1]:3000\r\nX-Y: z\r\nContent-Type: application/json\r\n"
        + "Content-Length: 2\r\n\r\n{}")
    #expect(!call.isRepeatable && HTTPCall("GET", "/").isRepeatable)
    #expect(HTTPCall("POST", "/", fields: [("Idempotency-Key", "k")]).isRepeatable)
  }

  @Test("Nothing can be slipped into a request")
  func refuses() throws {
    let server = try ServerAddress("http://a")
    #expect(throws: ClientError.self) { try HTTPCall("GET", "/a b").bytes(to: server) }
    #expect(throws: ClientError.self) {
      try HTTPCall("GET", "/", fields: [("A", "b\r\nC: d")]).bytes(to: server)
    }
    #expect(throws: ClientError.self) {
      try HTTPCall("GET", "/", fields: [("Content-Length", "3")]).bytes(to: server)
    }
  }
}
