import TestSupport
import Testing

@testable import SeatcastClient

@Suite("TLSSession")
struct TLSSessionTests {
  @Test("A file of authorities that is not there is told")
  func authorities() {
    #expect(throws: ClientError.self) { try TLSContext(authorities: "nowhere.pem") }
  }

  @Test("A session begins with a handshake message and refuses what is no TLS")
  func handshake() throws {
    let session = try TLSSession(TLSContext(authorities: nil), host: "tickets.example")
    #expect(try !session.handshake())
    var output: [UInt8] = []
    session.drain(into: &output)
    #expect(output.starts(with: [0x16, 0x03]))
    #expect(output.firstRange(of: Array("tickets.example".utf8)) != nil)
    try session.feed(Array("HTTP/1.1 400 Bad Request\r\n\r\n".utf8).span)
    #expect(throws: ClientError.self) { try session.handshake() }
  }
}
