import Testing

@testable import SeatcastClient

@Suite("ServerAddress")
struct ServerAddressTests {
  @Test("URLs name scheme, host and port")
  func parses() throws {
    #expect(try ServerAddress("https://tickets.example").description == "https://tickets.example")
    #expect(try ServerAddress("wss://tickets.example:444/").authority == "tickets.example:444")
    let local = try ServerAddress("http://[::1]:3000")
    #expect(local.host == "::1" && local.port == 3_000 && !local.isSecure && local.isLoopback)
    #expect(try ServerAddress("http://127.0.0.1").isLoopback && ServerAddress("ws://localhost:1").isLoopback)
    #expect(try !ServerAddress("http://127.evil.example").isLoopback)
  }

  @Test(
    "What is no server's URL is refused in words",
    arguments: [
      "", "tickets.example", "ftp://a", "http://", "http://a/b", "http://a:0", "http://a:x", "http://a b",
      "http://u@a", "http://[::1", "http://a?x", "http://a:70000",
    ])
  func refuses(url: String) {
    #expect(throws: ClientError.self) { try ServerAddress(url) }
  }
}
